"""Tries right work done in other ways, to see how much room a tolerance leaves it.

Each right exemplar runs as written, in single precision, and with its sums added up in other orders, beside the styles
the exemplars themselves have (loops, `@`, `einsum`). All of it must be right, and ten times closer than the limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from assignments import arithmetic, margins
from assignments.exemplars import Exemplar
from assignments.judge import Judge
from assignments.mistakes import Trial
from assignments.script import Load, Probes, ProbesOutcome
from assignments.spec import Assignment

AS_WRITTEN = "as written"
WAYS = (AS_WRITTEN, *arithmetic.WAYS)


class Run(Protocol):
    """Runs an upload's functions as a student's and gives back what they returned.

    (assignment, files, probes) → how loading went, then each question's outcomes.
    """

    def __call__(
        self, assignment: Assignment, files: list[tuple[str, bytes]], probes: tuple[Probes, ...], /
    ) -> Iterator[Load | ProbesOutcome]:
        """Yield what comes back."""


@dataclass(frozen=True)
class Margin:
    """How many times some work is away from the limit of a tolerance, and which work it is."""

    times: float
    where: str

    def __str__(self) -> str:
        """Say both, in one line."""
        return f"{self.times:.2g} times ({self.where})"


@dataclass
class Calibration:
    """What was found of right work: the one that comes nearest to a limit, and what is wrong."""

    nearest: Margin | None = None  # None where nothing was off at all, or nothing is compared
    failures: list[str] = field(default_factory=list)


def calibrate(
    assignment: Assignment, samples: Sequence[Exemplar], run: Run, judge: Judge, pool: Executor
) -> Calibration:
    """Run the right exemplars of an assignment in every way.

    Args:
        assignment: what is asked.
        samples: its exemplars; only those that are right are run.
        run: runs an upload.
        judge: draws the cases, and knows what is right.
        pool: where several run at a time.
    """
    tries = [(sample, way) for sample in samples if sample.is_right for way in WAYS]
    results = pool.map(lambda tried: _trials(assignment, tried[0], tried[1], run, judge), tries)
    found = Calibration()
    for (sample, way), trials in zip(tries, results, strict=True):
        for question, trial in trials:
            _note(found, trial, f"{sample.name}, {way}, {question}")
    return found


def _trials(assignment: Assignment, sample: Exemplar, way: str, run: Run, judge: Judge) -> list[tuple[str, Trial]]:
    files = [(f"{assignment.slug}.py", in_way(assignment, sample.source or "", way).encode())]
    return [
        (outcome.question_id, judge.trial(outcome.question_id, outcome))
        for outcome in run(assignment, files, judge.probes())
        if isinstance(outcome, ProbesOutcome)
    ]


def in_way(assignment: Assignment, source: str, way: str) -> str:
    """Return a file's text with its functions working in another way."""
    if way == AS_WRITTEN:
        return source
    functions = [name for question in assignment.code_questions for name in question.functions]
    text = Path(arithmetic.__file__).read_text("utf-8")
    # In a namespace of its own, so that no name of the exemplar's is touched but those that are asked for.
    return (
        f"{source}\n\n_arithmetic = {{'__name__': 'arithmetic'}}\nexec({text!r}, _arithmetic)\n"
        f"_arithmetic['redo'](globals(), {functions!r}, {way!r})\n"
    )


def _note(found: Calibration, trial: Trial, where: str) -> None:
    """Take the check of one question that comes nearest to the limit into account."""
    distances = margins.distances(trial)
    if not distances:
        return
    at = max(distances, key=distances.__getitem__)
    where = f"{where}: {trial.checks[at].name}"
    margin = Margin(1 / distances[at] if distances[at] else math.inf, where)
    if distances[at] > 1:
        outcome = trial.outcomes[at]
        why = (
            f"{outcome.status} {outcome.error_type or ''}".strip() if math.isinf(distances[at]) else "beyond the limit"
        )
        message = outcome.message[:200]
        found.failures.append(f"right work is judged wrong: {where}: {why}{f' ({message})' if message else ''}")
    elif margin.times < margins.LEAST:
        found.failures.append(
            f"the tolerance is too narrow: {where}: right work is only {margin.times:.2g} times below the limit; "
            f"expected at least {margins.LEAST:g}: widen it, or draw other cases"
        )
    if distances[at] and (found.nearest is None or margin.times < found.nearest.times):
        found.nearest = margin
