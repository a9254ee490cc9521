"""What one outcome means for one check: right, or wrong and why.

Outcomes come from a box and are hostile data; expectations come from the reference. A finding's message is fit for a
hidden check: it holds no number of the inputs or of what was expected, and no text the student's code chose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from assignments import compare
from assignments.compare import Difference
from assignments.language import Check, Fault, Part, Tolerance
from assignments.render import clean
from assignments.script import Outcome, Status
from assignments.verdict import Verdict

VERDICTS = {
    Status.RAISED: Verdict.CRASHED,
    Status.MISSING: Verdict.MISSING,
    Status.UNREADABLE: Verdict.INVALID,
    Status.TIMED_OUT: Verdict.TIMED_OUT,
    Status.OUT_OF_MEMORY: Verdict.OUT_OF_MEMORY,
    Status.OUTPUT_LIMIT: Verdict.CRASHED,
    Status.PROCESS_LIMIT: Verdict.CRASHED,
    Status.NOT_ALLOWED: Verdict.CRASHED,
    Status.CRASHED: Verdict.CRASHED,
    Status.NOT_RUN: Verdict.SKIPPED,
    Status.GRADER_ERROR: Verdict.GRADER_ERROR,
}

CANNOT_BE_READ = "what came back has not the form that is asked for"


class JudgingError(Exception):
    """An assignment's own code failed or contradicts itself: the grader's fault, never the student's."""


@dataclass(frozen=True)
class Finding:
    """One check's meaning for one part of the question."""

    verdict: Verdict
    message: str = ""  # fits after "returned" for a difference, else a sentence by itself
    difference: Difference | None = None
    fault: str | None = None  # the mistake a property check named
    fits: tuple[str, ...] = ()  # the mistakes it may come from

    @property
    def is_right(self) -> bool:
        """Whether this check was passed: the only thing that earns."""
        return self.verdict is Verdict.PASSED

    @property
    def is_unjudged(self) -> bool:
        """Whether nothing can be said about the student's function: another question's fault, or it never ran."""
        return self.verdict is Verdict.SKIPPED


RIGHT = Finding(Verdict.PASSED)


def find(check: Check, part: Part, outcome: Outcome, expected: Outcome | None, tolerance: Tolerance) -> Finding:
    """Return what an outcome means for one "value" part.

    Args:
        check: what was played.
        part: which of the returned values is judged.
        outcome: what came back.
        expected: what the reference gave; None for a check judged by property.
        tolerance: the question's; the check's own goes before it.
    """
    if outcome.status is not Status.RETURNED:
        if outcome.rests_on is not None and outcome.status is not Status.GRADER_ERROR:
            return Finding(Verdict.SKIPPED)
        out_of_memory = outcome.status is Status.RAISED and outcome.error_type == "MemoryError"
        return Finding(Verdict.OUT_OF_MEMORY if out_of_memory else VERDICTS[outcome.status])
    if check.holds is not None:
        return _find_by_property(check, outcome.value)
    if expected is None:
        raise JudgingError(f"check {check.name} has neither an expectation nor a property")
    got, want = picked(outcome.value, expected.value, part)
    try:
        difference = compare.compare(got, want, check.tolerance or tolerance)
    except TypeError as error:
        raise JudgingError(f"check {check.name}: the reference's answer is no plain data: {error}") from error
    if difference is None:
        return RIGHT
    verdict = Verdict.INVALID if difference.kind is compare.Kind.UNREADABLE else Verdict.FAILED
    return Finding(verdict, difference.message, difference)


def picked(got: Any, want: Any, part: Part) -> tuple[Any, Any]:
    """Return a part's item of both values, or both whole where they do not have the same number of items."""
    if part.pick is None or not isinstance(want, tuple | list):
        return got, want
    has_items = isinstance(got, tuple | list) or (isinstance(got, np.ndarray) and got.ndim)
    if not has_items or len(got) != len(want):
        return got, want
    return got[part.pick], want[part.pick]


def _find_by_property(check: Check, value: Any) -> Finding:
    if check.holds is None:
        raise JudgingError(f"check {check.name} is not judged by property")
    if value is None:
        difference = Difference(compare.Kind.NOTHING, compare.NOTHING_RETURNED)
        return Finding(Verdict.FAILED, difference.message, difference)
    try:
        with np.errstate(all="ignore"):
            fault = check.holds(value)
    except Exception:  # noqa: BLE001 - whatever odd data does to an author's property, it is not a pass and not our error
        return Finding(Verdict.INVALID, CANNOT_BE_READ, Difference(compare.Kind.UNREADABLE, CANNOT_BE_READ))
    match fault:
        case None:
            return RIGHT
        case Fault():
            return Finding(Verdict.FAILED, clean(fault.message), fault=fault.mistake, fits=fault.fits)
        case _:
            return Finding(Verdict.FAILED, clean(str(fault)))
