"""The author's gate: proves an assignment's checks before a student meets them.

An assignment passes when its description and answers fit, the reference earns full marks and the starter none, every
exemplar gets exactly what it declares, every listed mistake is named, for many seeds and never under another's
name, and every small fault put into a right exemplar is noticed (or listed as equivalent, with a reason).

`grade` runs sample work as a student's is run, in the sandbox; `play` runs only functions of ours, in this process.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from assignments import definitions, exemplars, mutants, rehearsal
from assignments.catalog import CatalogError
from assignments.exemplars import Exemplar, ExemplarError
from assignments.mistakes import Play
from assignments.mutants import Equivalent, EquivalentError, Mutant
from assignments.spec import Assignment
from assignments.verdict import Report

SEEDS = 25
MUTANT_CPU_S = 2.0
"""A mutant may loop for ever; it need not take a student's whole allowance to be found out."""

AT_A_TIME = 2


class Grade(Protocol):
    """Grades one upload as a student's: (assignment, files, answers, seed) → report."""

    def __call__(
        self, assignment: Assignment, files: list[tuple[str, bytes]], answers: dict[str, str], seed: bytes, /
    ) -> Report:
        """Return the report a student would get."""


@dataclass(frozen=True)
class GateReport:
    """What the gate found for one assignment; `failures` holds a sentence for each thing that is wrong."""

    slug: str
    version: str
    questions: int
    checks: int  # of all code questions, in one draw
    mistakes: int
    seeds: int
    exemplars: int
    mutants: int
    mutants_caught: int
    mutants_equivalent: int
    duration_s: float
    failures: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether the assignment may be published."""
        return not self.failures

    @property
    def mutation_score(self) -> float:
        """Caught mutants as a fraction of those that are not equivalent; 1 where there are none."""
        counted = self.mutants - self.mutants_equivalent
        return self.mutants_caught / counted if counted else 1.0


def check(assignment: Assignment, *, grade: Grade, play: Play, seeds: int = SEEDS) -> GateReport:
    """Put one assignment through the gate.

    Args:
        assignment: as the catalogue reads it.
        grade: runs sample work in the sandbox; it may be called from two threads at a time.
        play: runs a script against functions of ours.
        seeds: draws for which the reference and every mistake are tried.

    Raises:
        Exception: whatever `grade` raises when the grader itself fails.
    """
    return _Gate(assignment, grade, play, seeds).report()


class _Gate:
    """One assignment on its way through."""

    def __init__(self, assignment: Assignment, grade: Grade, play: Play, seeds: int) -> None:
        self._assignment = assignment
        self._grade = grade
        self._play = play
        self._seeds = seeds
        self._failures: list[str] = []

    def report(self) -> GateReport:
        started = time.perf_counter()
        try:
            definitions.of(self._assignment)
            samples = exemplars.load(self._assignment)
            equivalents = mutants.load_equivalents(self._assignment.folder)
        except (CatalogError, ExemplarError, EquivalentError) as error:
            return self._result(started, failures=list(getattr(error, "problems", (str(error),))))

        rehearsed = rehearsal.rehearse(self._assignment, self._play, self._seeds)
        self._failures += rehearsed.failures
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            self._check_starter()
            self._failures += [problem for problems in pool.map(self._try_exemplar, samples) for problem in problems]
            self._failures += _unshown(rehearsed.named, samples)
            made = [
                mutant
                for sample in samples
                if sample.is_right and sample.source is not None
                for mutant in mutants.make_mutants(sample.name, sample.source)
            ]
            survivors = [mutant for mutant, alive in zip(made, pool.map(self._survives, made), strict=True) if alive]
        equivalent = self._sort_out(survivors, equivalents)
        return self._result(
            started,
            checks=rehearsed.checks,
            mistakes=len(rehearsed.named),
            exemplars=len(samples),
            mutants=len(made),
            mutants_caught=len(made) - len(survivors),
            mutants_equivalent=equivalent,
        )

    def _result(self, started: float, failures: Sequence[str] = (), **counts: int) -> GateReport:
        none = dict.fromkeys(("checks", "mistakes", "exemplars", "mutants", "mutants_caught", "mutants_equivalent"), 0)
        return GateReport(
            slug=self._assignment.slug,
            version=self._assignment.version,
            questions=len(self._assignment.questions),
            seeds=self._seeds,
            duration_s=round(time.perf_counter() - started, 3),
            failures=(*failures, *self._failures),
            **{**none, **counts},
        )

    def _seed(self, name: str) -> bytes:
        """Return the seed of one piece of sample work: always the same, and another one for each."""
        return hashlib.sha256(f"gate:{self._assignment.slug}:{name}".encode()).digest()

    def _check_starter(self) -> None:
        starter = self._assignment.starter
        if starter is None:
            return
        files = [(f"{self._assignment.slug}.py", starter.read_bytes())]
        report = self._grade(self._assignment, files, {}, self._seed("starter.py"))
        self._failures += [
            f"starter.py earns {result.score} points for {result.id}; expected none"
            for result in report.questions
            if result.score
        ]
        self._failures += [f"starter.py does not load cleanly: {note}" for note in report.notes]

    def _try_exemplar(self, sample: Exemplar) -> list[str]:
        report = self._grade(
            self._assignment, sample.files(self._assignment), dict(sample.answers), self._seed(sample.name)
        )
        return [f"exemplar {sample.name}: {difference}" for difference in sample.differences(report)]

    def _survives(self, mutant: Mutant) -> bool:
        limits = replace(self._assignment.limits, cpu_s=MUTANT_CPU_S, wall_s=2 * MUTANT_CPU_S)
        files = [(f"{self._assignment.slug}.py", mutant.source.encode())]
        report = self._grade(replace(self._assignment, limits=limits), files, {}, self._seed(str(mutant)))
        code = {question.id for question in self._assignment.code_questions}
        return all(result.score == result.max_score for result in report.questions if result.id in code)

    def _sort_out(self, survivors: Sequence[Mutant], equivalents: Sequence[Equivalent]) -> int:
        """Return how many survivors are listed as equivalent; complain about the others and about stale entries."""
        covered = [mutant for mutant in survivors if any(entry.covers(mutant) for entry in equivalents)]
        self._failures += [f"mutant not caught: {mutant}" for mutant in survivors if mutant not in covered]
        for entry in equivalents:
            reached = {mutant.change for mutant in covered if entry.covers(mutant)}
            self._failures += [
                f"equivalent.toml: {entry.exemplar}: `{entry.line}`: {change}: no such mutant survives; take it out"
                for change in entry.changes
                if change not in reached
            ]
        return len(covered)


def _unshown(named: Iterable[tuple[str, str]], samples: Sequence[Exemplar]) -> Iterator[str]:
    """Yield a complaint for each mistake that no exemplar declares."""
    shown = {(claim.question, claim.mistake) for sample in samples for claim in sample.claims}
    for question, mistake in sorted(set(named) - shown):
        yield f"question {question}: no exemplar shows mistake {mistake}; add one that declares it"


def as_json(report: GateReport) -> dict[str, Any]:
    """Return a report as plain data for JSON."""
    return {**asdict(report), "passed": report.passed, "mutation_score": round(report.mutation_score, 4)}


def render(report: GateReport) -> str:
    """Return a report as lines for a terminal."""
    state = "passed" if report.passed else f"FAILED, {len(report.failures)} findings"
    counted = report.mutants - report.mutants_equivalent
    return "\n".join(
        [
            f"{report.slug} {report.version}: {state} in {report.duration_s:.1f} s",
            f"  {report.questions} questions, {report.checks} checks, {report.exemplars} exemplars",
            f"  {report.mistakes} mistakes, told apart for {report.seeds} seeds",
            f"  mutants: {report.mutants_caught} of {counted} caught ({100 * report.mutation_score:.1f} %)",
            f"  {report.mutants_equivalent} more mutants are listed as equivalent",
            *(f"  - {failure}" for failure in report.failures),
        ]
    )
