"""Says in words what a curve shows: falls, stalls, rises, explodes, jumps, falls and then rises.

A curve comes from a student's code, so its values may be anything: `finite` makes of them what JSON, a database and a
drawing can carry. The words come from turning points. A turn counts only when the curve moved by a fair part of its
whole range since the last one (hysteresis), so that the jitter of a stochastic descent is no rise. Losses that fall
over decades are looked at on a logarithmic scale, as they are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

MAX_VALUES = 5_000
"""Longer curves are cut off there; no training that is asked for takes as many passes."""

DECADES_RATIO = 100.0  # largest by smallest value, from where a logarithmic scale shows more than a linear one
LARGEST = 1e300  # what is larger is not drawn: the room around it would overflow
_FLAT = 0.02  # a range below this part of the size is no movement
_TURN = 0.1  # part of the range that a turn takes on a linear scale
_TURN_OF_DECADES = 0.15  # and on a logarithmic one
_LARGE_TURN = 0.3  # turns below this are the unevenness of a curve that falls or rises on the whole
_EXPLODES = 100.0  # how many times its start a curve that ends at its height is then
_STILL = 0.02  # part of the range that the last quarter of a levelling curve may still move
_NOISE = 1e-9  # two losses this near each other are both as good as zero
_WELL_ABOVE = 2.0  # how many times the reference's end is a poor end


class Shape(StrEnum):
    """What a curve does, in one word or two."""

    NOTHING = "nothing"
    POINT = "one value"
    FALLS = "falls"
    STALLS = "stalls"
    RISES = "rises"
    EXPLODES = "explodes"
    JUMPS = "jumps"
    FALLS_THEN_RISES = "falls, then rises"
    RISES_THEN_FALLS = "rises, then falls"


@dataclass(frozen=True)
class Reading:
    """A curve's shape, and a sentence about it with its numbers."""

    shape: Shape
    sentence: str


Series = Sequence[float | None]


def finite(values: Iterable[Any]) -> list[float | None]:
    """Return numbers as JSON carries them, at most `MAX_VALUES`; what is not a finite number becomes None."""
    found: list[float | None] = []
    for value in values:
        if len(found) == MAX_VALUES:
            break
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        found.append(number if math.isfinite(number) else None)
    return found


def takes_decades(values: Iterable[float | None]) -> bool:
    """Return whether values lie so far apart, all above zero, that only a logarithmic scale shows them."""
    known = [value for value in values if value is not None]
    return bool(known) and min(known) > 0 and max(known) / min(known) >= DECADES_RATIO


def says(student: Series, reference: Series = (), x_label: str = "step") -> str:
    """Return one or two sentences on a student's curve, and how its end compares with the reference's."""
    ends = [series[-1] if series else None for series in (student, reference)]
    reading = read(student, x_label, is_short=_is_well_above(*ends))
    return " ".join(part for part in (reading.sentence, _compared(*ends)) if part)


def read(values: Series, x_label: str = "step", *, is_short: bool = False) -> Reading:
    """Return what a curve shows; `is_short` says that it ends well above where it could."""
    known = [value for value in values if value is not None]
    if not values:
        return Reading(Shape.NOTHING, "There is no curve: no values came back.")
    if not known:
        return Reading(Shape.EXPLODES, "None of its values is a finite number.")
    gap = next((at for at, value in enumerate(values, start=1) if value is None), None)
    if gap is not None:
        return Reading(Shape.EXPLODES, f"It explodes: value {gap} of {len(values)} is not a finite number.")
    if len(known) == 1:
        return Reading(Shape.POINT, f"It has one value, {_number(known[0])}.")
    return _moving(known, x_label, is_short=is_short)


def _moving(values: list[float], x_label: str, *, is_short: bool) -> Reading:
    first, last, low, high = values[0], values[-1], min(values), max(values)
    if low == high == 0:
        return Reading(Shape.STALLS, "It is 0 throughout.")
    if high / 2 - low / 2 <= _FLAT / 2 * max(abs(low), abs(high)):  # halves: the difference itself may overflow
        about = "" if low == high else "about "
        return Reading(Shape.STALLS, f"It stalls: it stays at {about}{_number(last)} throughout.")
    if first > 0 and last >= _EXPLODES * first and last >= high / 2:
        return Reading(Shape.EXPLODES, f"It explodes: from {_number(first)} to {_number(last)}.")
    in_decades = takes_decades(values)
    scaled = [math.log10(value) for value in values] if in_decades else [value / 2 for value in values]
    turns = _turns(scaled, _TURN_OF_DECADES if in_decades else _TURN)
    jumps = len(turns) - 2
    if jumps > 1:
        turns = _turns(scaled, _LARGE_TURN)
    manner = " unevenly," if jumps > len(turns) - 2 else ""
    ends = f"{manner} from {_number(first)} to {_number(last)}"
    peak = turns[1]
    match [scaled[b] > scaled[a] for a, b in pairwise(turns)]:
        case [False]:
            stays = ", and then stalls there" if is_short else ", and levels off"
            return Reading(Shape.FALLS, f"It falls{ends}{stays if _levels_off(scaled) else ''}.")
        case [True]:
            return Reading(Shape.RISES, f"It rises{ends}.")
        case [False, True]:
            where = f"to {_number(values[peak])} ({_place(peak, values, x_label)})"
            return Reading(Shape.FALLS_THEN_RISES, f"It falls {where}, then rises to {_number(last)}.")
        case [True, False]:
            where = f"to {_number(values[peak])} ({_place(peak, values, x_label)})"
            return Reading(Shape.RISES_THEN_FALLS, f"It rises {where}, then falls to {_number(last)}.")
    return Reading(Shape.JUMPS, f"It jumps up and down on its way from {_number(first)} to {_number(last)}.")


def _place(at: int, values: Sequence[float], x_label: str) -> str:
    """Return where a turn is: "epoch 7", but no "every fifth step 7", which would be another step."""
    return f"value {at + 1} of {len(values)}" if x_label.startswith("every ") else f"{x_label} {at + 1}"


def _turns(values: Sequence[float], part: float) -> list[int]:
    """Return the places of the first value, of every turning point that counts, and of where the last leg ends.

    A leg counts once it is as long as that part of the whole range.
    """
    enough = part * (max(values) - min(values))
    lowest = highest = peak = 0
    while values[highest] - values[lowest] < enough:
        peak += 1
        lowest = peak if values[peak] < values[lowest] else lowest
        highest = peak if values[peak] > values[highest] else highest
    is_rising = highest > lowest
    turns = [min(lowest, highest)]
    for at in range(peak + 1, len(values)):  # `peak` is the extreme of the leg under way
        ahead = values[at] - values[peak] if is_rising else values[peak] - values[at]
        if ahead > 0:
            peak = at
        elif -ahead >= enough:
            turns.append(peak)
            is_rising, peak = not is_rising, at
    return [*turns, peak]


def _levels_off(values: Sequence[float]) -> bool:
    tail = values[-max(2, len(values) // 4) :]
    return len(values) >= 8 and max(tail) - min(tail) <= _STILL * (max(values) - min(values))


def _is_well_above(own: float | None, other: float | None) -> bool:
    return own is not None and other is not None and other >= 0 and own > _WELL_ABOVE * other + _NOISE


def _compared(own: float | None, other: float | None) -> str:
    """Return how the end compares with the reference's, where both end on a number."""
    if own is None or other is None:
        return ""
    if math.isclose(own, other, rel_tol=_FLAT, abs_tol=_NOISE):
        return "The reference ends at the same value."
    return f"The reference ends {'well below, ' if _is_well_above(own, other) else ''}at {_number(other)}."


def _number(value: float) -> str:
    return f"{value:.3g}"
