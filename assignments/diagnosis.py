"""What a wrong result has to do with the right one, where no mistake is known: its sign, a factor, its order."""

from __future__ import annotations

from typing import Any

import numpy as np

from assignments.compare import Array, compare, numbers
from assignments.language import Tolerance

CLOSE = Tolerance(rtol=1e-6, atol=1e-9)


def diagnose(got: Any, want: Any, tolerance: Tolerance = CLOSE) -> str | None:
    """Return a sentence on how a wrong array relates to the right one, or None where nothing simple does.

    It tells a relation (sign, factor, order), never a value.
    """
    given, wanted = numbers(got), numbers(want)
    if isinstance(given, str) or isinstance(wanted, str) or not wanted.size or not np.any(wanted):
        return None
    with np.errstate(all="ignore"):
        given, wanted = given.astype(np.float64), wanted.astype(np.float64)
        if not (np.isfinite(given).all() and np.isfinite(wanted).all()):
            return None
        return _relation(given, wanted, tolerance)


def _relation(given: Array, wanted: Array, tolerance: Tolerance) -> str | None:
    def same(left: Array, right: Array) -> bool:
        return left.shape == right.shape and compare(left, right, tolerance) is None

    if given.shape != wanted.shape:
        if given.ndim == 2 and same(given.T, wanted):
            return "It is the transpose of what was expected."
        if given.size == wanted.size and same(given.reshape(wanted.shape), wanted):
            return "The values are right, only the shape is not."
        return None
    if not np.any(given):
        return "Everything that came back is 0." if wanted.size > 1 else None
    if same(given, -wanted):
        return "The sign is the wrong way round."
    for factor, words in _factors(wanted):
        for sign, turned in ((1.0, ""), (-1.0, ", and the sign is the wrong way round")):
            if same(given, sign * factor * wanted):
                return f"It is {words} what was expected{turned}."
    if wanted.ndim == 0 or wanted.size < 3:
        return None
    if wanted.ndim == 2 and same(given.T, wanted):
        return "It is the transpose of what was expected."
    if wanted.ndim and np.ptp(wanted) and (same(given[1:], wanted[:-1]) or same(given[:-1], wanted[1:])):
        return "The values are right, but one place too far along the first axis."
    if same(np.sort(given, axis=None), np.sort(wanted, axis=None)):
        return "The values are right, but in another order."
    offset = given - wanted
    if np.ptp(offset) <= tolerance.rtol * np.abs(wanted).max() + tolerance.atol:
        return "Every entry is off by the same amount."
    return None


def _factors(wanted: Array) -> list[tuple[float, str]]:
    factors = [(2.0, "2 times"), (0.5, "half of"), (4.0, "4 times"), (0.25, "a quarter of")]
    for size in dict.fromkeys((*wanted.shape, wanted.size)):
        if size > 2:
            factors += [(float(size), f"{size} times"), (1.0 / size, f"1/{size} of")]
    return factors
