"""Which attempt counts, and what grade it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from grader.policy import lateness

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Attempt:
    """One graded attempt."""

    submission_id: str
    number: int
    score: Decimal
    max_score: Decimal
    late_s: int


@dataclass(frozen=True)
class Standing:
    """What an attempt is worth: points, what lateness takes, and the rounded grade."""

    attempt: Attempt
    penalty: Decimal
    grade: Decimal


def rounded(points: Decimal) -> Decimal:
    """Return points as a grade: two decimals, half a cent up. The one place where points are rounded."""
    return points.quantize(_CENT, rounding=ROUND_HALF_UP)


def standing(attempt: Attempt, late_fraction_per_day: Decimal) -> Standing:
    """Return what one attempt is worth under the late policy."""
    taken = lateness.penalty(attempt.score, attempt.late_s, late_fraction_per_day)
    return Standing(attempt, taken, rounded(attempt.score - taken))


def counting(attempts: Sequence[Attempt], rule: str, late_fraction_per_day: Decimal) -> Standing | None:
    """Return the attempt that counts, or None while none is graded.

    `rule` "best": the highest grade after lateness, the earliest of equals; "last": the latest graded attempt.
    """
    standings = [standing(attempt, late_fraction_per_day) for attempt in attempts]
    if not standings:
        return None
    if rule == "last":
        return max(standings, key=lambda each: each.attempt.number)
    return max(standings, key=lambda each: (each.attempt.score - each.penalty, -each.attempt.number))
