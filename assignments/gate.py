"""The author's gate: proves an assignment's checks before a student meets them.

An assignment passes when its description and answers fit, the reference earns full marks and the starter none, every
exemplar gets exactly what it declares, every listed mistake is named, for many seeds and never under another's
name, right work keeps its distance to every tolerance however it adds up (`assignments.calibration`), every small
fault put into a right exemplar is noticed from as far (or listed as equivalent, with a reason), and the likeliest
wrong answers lose points and get a message worth reading.

`grade` and `run` do with sample work as with a student's, in the sandbox; `play` runs only functions of ours, in this
process.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from assignments import calibration, definitions, exemplars, gate_report, margins, mutants, rehearsal, wrong_answers
from assignments.calibration import Margin, Run
from assignments.catalog import CatalogError
from assignments.exemplars import Exemplar, ExemplarError, Grade
from assignments.gate_report import GateReport, as_json, render
from assignments.judge import Judge
from assignments.language import Code
from assignments.mistakes import Play
from assignments.mutants import Equivalent, EquivalentError, Mutant
from assignments.script import Load, Probes, ProbesOutcome, Status
from assignments.spec import Assignment, Limits
from assignments.wrong_answers import WrongAnswer, WrongAnswersError

__all__ = ["GateReport", "Grade", "Run", "as_json", "check", "render"]

SEEDS = 25
DRAWS = 4
"""Draws of the cases that right work and mutants are tried on, in turn: what the reference gives is kept for each."""

MUTANT_CPU_S = 2.0
"""A mutant may loop for ever; it need not take a student's whole allowance to be found out.

One that is listed as equivalent is known to end, and has the whole: a slow machine must not cut it off."""

LEAST_MUTANTS = 40
"""Fewer say little about the checks of an assignment with code."""

AT_A_TIME = 2


def check(assignment: Assignment, *, grade: Grade, run: Run, play: Play, seeds: int = SEEDS) -> GateReport:
    """Put one assignment through the gate.

    Args:
        assignment: as the catalogue reads it.
        grade: grades sample work in the sandbox; it may be called from two threads at a time.
        run: runs an upload's functions there; from two threads, too.
        play: runs a script against functions of ours.
        seeds: draws for which the reference and every mistake are tried.

    Raises:
        Exception: whatever `grade` and `run` raise when the grader itself fails.
    """
    return _Gate(assignment, grade, run, play, seeds).report()


@dataclass
class _Fates:
    """What became of the mutants."""

    made: int = 0
    survivors: list[Mutant] = field(default_factory=list)
    nearest: Margin | None = None


class _Gate:
    """One assignment on its way through."""

    def __init__(self, assignment: Assignment, grade: Grade, run: Run, play: Play, seeds: int) -> None:
        self._assignment = assignment
        self._grade = grade
        self._run = run
        self._play = play
        self._seeds = seeds
        self._failures: list[str] = []

    def report(self) -> GateReport:
        started = time.perf_counter()
        found: dict[str, Any] = gate_report.empty(self._assignment, self._seeds)
        try:
            definitions.of(self._assignment)
            samples = exemplars.load(self._assignment)
            equivalents = mutants.load_equivalents(self._assignment.folder)
            listed = wrong_answers.load(self._assignment)
        except (CatalogError, ExemplarError, EquivalentError, WrongAnswersError) as error:
            self._failures += list(getattr(error, "problems", (str(error),)))
        else:
            with ThreadPoolExecutor(AT_A_TIME) as pool:
                found |= self._try_everything(samples, equivalents, listed, pool)
        duration_s = round(time.perf_counter() - started, 3)
        return GateReport(**found, duration_s=duration_s, failures=tuple(self._failures))

    def _try_everything(
        self,
        samples: Sequence[Exemplar],
        equivalents: Sequence[Equivalent],
        listed: Sequence[WrongAnswer],
        pool: Executor,
    ) -> dict[str, Any]:
        rehearsed = rehearsal.rehearse(self._assignment, self._play, self._seeds)
        self._failures += rehearsed.failures
        found = {
            "checks": rehearsed.checks,
            "checks_by_property": rehearsed.checks_by_property,
            "mistakes": len(rehearsed.named),
            "exemplars": len(samples),
            "wrong_answers": len(listed),
        }
        if not rehearsed.can_judge:
            return found
        self._check_starter()
        self._failures += [problem for problems in pool.map(self._try_exemplar, samples) for problem in problems]
        self._failures += _unshown(rehearsed.named, samples)
        self._try_wrong_answers(listed, samples, pool)
        if not self._assignment.code_questions:
            return found
        judges = [self._judge(f"draw {number}") for number in range(DRAWS)]
        calibrated = calibration.calibrate(self._assignment, samples, self._run, judges[0], pool)
        self._failures += calibrated.failures
        fates = self._try_mutants(samples, equivalents, judges, pool)
        equivalent = self._sort_out(fates.survivors, equivalents)
        self._check_number(fates.made - equivalent)
        nearest = [margin for margin in (fates.nearest, rehearsed.nearest) if margin is not None]
        return found | {
            "mutants": fates.made,
            "mutants_caught": fates.made - len(fates.survivors),
            "mutants_equivalent": equivalent,
            "right_margin": calibrated.nearest,
            "wrong_margin": min(nearest, key=lambda margin: margin.times, default=None),
        }

    def _judge(self, name: str) -> Judge:
        return Judge(self._assignment, seed=self._seed(name), play=self._play)

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

    def _try_wrong_answers(self, listed: Sequence[WrongAnswer], samples: Sequence[Exemplar], pool: Executor) -> None:
        if not self._assignment.is_draft:
            self._failures += wrong_answers.missing(self._assignment, listed)
        try:
            reads = wrong_answers.read_all(self._assignment, listed, samples, self._grade, pool)
        except WrongAnswersError as error:
            self._failures.append(str(error))
        else:
            self._failures += [problem for read in reads for problem in read.problems()]

    # --- mutants ------------------------------------------------------------------------------------------------------

    def _try_mutants(
        self,
        samples: Sequence[Exemplar],
        equivalents: Sequence[Equivalent],
        judges: Sequence[Judge],
        pool: Executor,
    ) -> _Fates:
        made = [
            mutant
            for sample in samples
            if sample.is_right and sample.source is not None
            for mutant in mutants.make_mutants(sample.name, sample.source)
        ]
        fates = _Fates(len(made))
        taken = [judges[number % len(judges)] for number in range(len(made))]
        short = replace(self._assignment.limits, cpu_s=MUTANT_CPU_S, wall_s=2 * MUTANT_CPU_S)
        limits = [
            self._assignment.limits if any(entry.covers(mutant) for entry in equivalents) else short for mutant in made
        ]
        for mutant, distance in zip(made, pool.map(self._distance, made, taken, limits), strict=True):
            if distance is None:
                fates.survivors.append(mutant)
                continue
            margin = Margin(distance, f"mutant {mutant}")
            if distance < margins.LEAST:
                self._failures.append(
                    f"mutant caught by too little: {mutant}: only {distance:.2g} times beyond the limit; expected at "
                    f"least {margins.LEAST:g}: narrow the tolerance, or draw other cases"
                )
            if not math.isinf(distance) and (fates.nearest is None or distance < fates.nearest.times):
                fates.nearest = margin
        return fates

    def _distance(self, mutant: Mutant, judge: Judge, limits: Limits) -> float | None:
        """Return how far beyond a limit a mutant goes, at least; None when it earns all points."""
        files = [(f"{self._assignment.slug}.py", mutant.source.encode())]
        farthest: float | None = None
        load = Load(Status.RETURNED)
        # To stop at the first wrong question would cost the box it runs in, which is dearer than the other questions,
        # but for those that train at length.
        for probes in self._quick_and_slow(judge.probes()):
            if not probes or (farthest is not None and farthest >= margins.LEAST):
                continue
            for answer in self._run(replace(self._assignment, limits=limits), files, probes):
                if isinstance(answer, Load):
                    load = answer
                elif farthest is None or farthest < margins.LEAST:
                    distance = self._distance_of(answer, judge, load)
                    farthest = distance if farthest is None else max(farthest, distance or 0.0)
        return farthest

    def _quick_and_slow(self, probes: Sequence[Probes]) -> Iterator[tuple[Probes, ...]]:
        known = definitions.of(self._assignment).questions
        slow = {name for name, definition in known.items() if isinstance(definition, Code) and definition.is_slow}
        for is_slow in (False, True):
            yield tuple(each for each in probes if (each.question_id in slow) is is_slow)

    def _distance_of(self, answer: ProbesOutcome, judge: Judge, load: Load) -> float | None:
        trial = judge.trial(answer.question_id, answer)
        if not trial.is_right:
            return max(margins.distances(trial).values(), default=math.inf)
        result = judge.judge_code(answer.question_id, answer, load)
        # Its values are right: what it loses, it loses by its manners.
        return None if result.score == result.max_score else math.inf

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

    def _check_number(self, mutants_that_count: int) -> None:
        if mutants_that_count < LEAST_MUTANTS and not self._assignment.is_draft:
            self._failures.append(
                f"{mutants_that_count} mutants can be made of the right exemplars, those listed as equivalent left "
                f"out; expected at least {LEAST_MUTANTS}: add right exemplars in other styles"
            )


def _unshown(named: Iterable[tuple[str, str]], samples: Sequence[Exemplar]) -> Iterator[str]:
    """Yield a complaint for each mistake that no exemplar declares."""
    shown = {(claim.question, claim.mistake) for sample in samples for claim in sample.claims}
    for question, mistake in sorted(set(named) - shown):
        yield f"question {question}: no exemplar shows mistake {mistake}; add one that declares it"
