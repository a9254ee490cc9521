"""What wrong results have to do with the right ones, where no mistake is known: sign, factor, order, digits.

A relation is told, never a value. It must hold for every wrong result of a question, and for enough numbers, before it
is told at all: a single number may be twice another by chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assignments.compare import Array, numbers
from assignments.language import Tolerance

CLOSE = Tolerance(rtol=1e-6, atol=1e-9)

ENOUGH = 3
"""Numbers a relation has to hold for before it is told."""

NEAR = 1e-2
"""Results that differ by less than this, relatively, were rounded or approximated rather than computed otherwise."""

MOST = 100_000
"""Numbers in one result, right or wrong; a larger one is not looked at, as each relation would take its time."""

MOST_DECIMALS = 6

TURNED = ", and the sign is the wrong way round"


@dataclass(frozen=True)
class Result:
    """One wrong result beside the right one.

    Args:
        got: what came back.
        want: what the reference gives.
        tolerance: of the check.
        sizes: numbers of entries, rows or columns of what the function was given.
    """

    got: Any
    want: Any
    tolerance: Tolerance = CLOSE
    sizes: frozenset[int] = frozenset()


def diagnose(results: Sequence[Result]) -> str | None:
    """Return a sentence on how wrong results relate to the right ones, or None where nothing simple does."""
    pairs = [_read(result) for result in results]
    if not pairs or any(pair is None for pair in pairs):
        return None
    read = [pair for pair in pairs if pair is not None]
    if sum(wanted.size for _, wanted, _ in read) < ENOUGH:
        return None
    with np.errstate(all="ignore"):
        # The first relation that all results share; each gives its own in the order in which they are told. Mostly
        # there is none, and the first result or two tell that.
        shared: list[str] | None = None
        for one in read:
            found = list(_relations(*one))
            shared = found if shared is None else [words for words in shared if words in found]
            if not shared:
                return _same_offset(read) or _few_digits(read)
        return shared[0] if shared else None


def _read(result: Result) -> tuple[Array, Array, Result] | None:
    given, wanted = numbers(result.got), numbers(result.want)
    if isinstance(given, str) or isinstance(wanted, str) or not wanted.size or max(given.size, wanted.size) > MOST:
        return None
    given, wanted = given.astype(np.float64), wanted.astype(np.float64)
    return (given, wanted, result) if np.isfinite(given).all() and np.isfinite(wanted).all() else None


def _relations(given: Array, wanted: Array, result: Result) -> Iterator[str]:
    """Yield every relation that holds for one result, those first that say most."""
    rtol, atol = result.tolerance.rtol, result.tolerance.atol

    def same(left: Array, right: Array) -> bool:
        # As `compare` does it, without its words: a relation is tried some thirty times for every result.
        if left.shape != right.shape:
            return False
        return bool((np.abs(left - right) <= atol + rtol * np.abs(right)).all())

    if given.shape != wanted.shape:
        yield from _other_shape(given, wanted, same)
        return
    if not np.any(given):
        yield "Everything that came back is 0."
    if not np.any(wanted):
        return
    if same(given, -wanted):
        yield "The sign is the wrong way round."
    yield from _multiples(given, wanted, result.sizes, same)
    if wanted.ndim == 2 and same(given.T, wanted):
        yield "It is the transpose of what was expected."
    yield from _other_order(given, wanted, same)
    yield from _rounded(given, wanted, same)
    yield from _functions(given, wanted, same)


def _other_shape(given: Array, wanted: Array, same: Callable[[Array, Array], bool]) -> Iterator[str]:
    if given.ndim == 2 and same(given.T, wanted):
        yield "It is the transpose of what was expected."
    if given.size == wanted.size and same(given.reshape(wanted.shape), wanted):
        for remedy in (_remedy(given, wanted), ""):  # the same for every result, or none
            yield f"The values are right, only the shape is not.{remedy}"
    if wanted.ndim == 0 and given.size > 1:
        if same(given.sum(), wanted):
            yield "The terms are right, but they were not added up."
        if same(given.mean(), wanted):
            yield "The terms are right, but their mean was not taken."
    if given.ndim == wanted.ndim and given.ndim and given.shape[1:] == wanted.shape[1:]:
        count = min(len(given), len(wanted))
        what = "missing" if count == len(given) else "too many"
        if count and abs(len(given) - len(wanted)) == 1:
            if same(given[:count], wanted[:count]):
                yield f"The values are right, but one is {what} at the end."
            if same(given[-count:], wanted[-count:]):
                yield f"The values are right, but one is {what} at the start."


def _remedy(given: Array, wanted: Array) -> str:
    """Return how right values get the right shape, or ""."""
    if wanted.ndim == 0:
        return (
            " One number is asked for: is there a comma behind the `return`, or are there brackets around it? "
            "`float(…)` makes a number of an array with one entry."
        )
    if wanted.ndim == 1 and given.ndim == 2:
        form = "a column" if given.shape[1] == 1 else "a row"
        return f" They came back as {form} with two axes: `.ravel()` gives one axis."
    return ""


def _multiples(
    given: Array, wanted: Array, sizes: frozenset[int], same: Callable[[Array, Array], bool]
) -> Iterator[str]:
    fixed = ((2.0, "2 times"), (0.5, "half of"), (4.0, "4 times"), (0.25, "a quarter of"), (3.0, "3 times"))
    counts = {size for size in (*wanted.shape, wanted.size, *sizes) if size > 1}
    for sign, turned in ((1.0, ""), (-1.0, TURNED)):
        for factor, words in fixed:
            if same(given, sign * factor * wanted):
                yield f"It is {words} what was expected{turned}."
        if any(same(given, sign * size * wanted) for size in counts):
            yield (
                "It is n times what was expected, where n is a number of entries or rows: is a division by it missing, "
                f"or a mean due where a sum is{turned}?"
            )
        if any(same(given, sign * wanted / size) for size in counts):
            yield (
                "It is what was expected divided by n, where n is a number of entries or rows: is a sum due where a "
                f"mean is taken{turned}?"
            )


def _other_order(given: Array, wanted: Array, same: Callable[[Array, Array], bool]) -> Iterator[str]:
    if wanted.ndim == 0 or wanted.size < ENOUGH or not np.ptp(wanted):
        return
    for axis, words in enumerate(("", " along the second axis")[: wanted.ndim]):
        one, other = np.moveaxis(given, axis, 0), np.moveaxis(wanted, axis, 0)
        if len(other) > 1:
            if same(one[1:], other[:-1]) or same(one[:-1], other[1:]):
                yield f"The values are right, but one place too far{words or ' along the first axis'}."
            if same(one[::-1], other):
                yield f"The values are right, but in reverse order{words}."
    if same(np.sort(given, axis=None), np.sort(wanted, axis=None)):
        yield "The values are right, but in another order."


def _rounded(given: Array, wanted: Array, same: Callable[[Array, Array], bool]) -> Iterator[str]:
    if same(given, np.trunc(wanted)):
        yield "What stands after the decimal point is lost: does `int`, `//` or an array of whole numbers cut it off?"
    for decimals in range(MOST_DECIMALS + 1):
        if same(given, np.round(wanted, decimals)):
            yield "It is rounded, to too few decimals: round nothing on the way, nor at the end."


def _functions(given: Array, wanted: Array, same: Callable[[Array, Array], bool]) -> Iterator[str]:
    # Of 0 and 1 a square, a root and a size are what they were.
    if not np.any((np.abs(wanted) > 0) & (np.abs(wanted) != 1)):
        return
    if same(given, np.abs(wanted)):
        yield "The size is right, but a minus sign is lost."
    elif same(np.abs(given), np.abs(wanted)):
        yield "The sizes are right, but not all of the signs."
    for value, words in (
        (1 - wanted, "It is 1 minus what was expected."),
        (wanted**2, "It is the square of what was expected."),
        (np.sqrt(np.abs(wanted)), "It is the square root of what was expected."),
        (1 / wanted, "It is 1 divided by what was expected."),
        (np.log(np.abs(wanted)), "It is the logarithm of what was expected."),
        (np.exp(wanted), "It is the exponential of what was expected."),
    ):
        if np.isfinite(value).all() and same(given, value):
            yield words


def _same_offset(pairs: Sequence[tuple[Array, Array, Result]]) -> str | None:
    offsets, slack = [], 0.0
    for given, wanted, result in pairs:
        if given.shape != wanted.shape:
            return None
        offsets.append((given - wanted).reshape(-1))
        slack = max(slack, result.tolerance.atol + result.tolerance.rtol * float(np.abs(wanted).max()))
    every = np.concatenate(offsets)
    if np.ptp(every) <= slack:
        return "Every number is off by the same amount."
    alike = all(np.ptp(offset) <= slack for offset in offsets) and all(offset.size >= ENOUGH for offset in offsets)
    return "Every entry is off by the same amount." if alike else None


def _few_digits(pairs: Sequence[tuple[Array, Array, Result]]) -> str | None:
    worst = 0.0
    for given, wanted, _ in pairs:
        if given.shape != wanted.shape:
            return None
        scale = np.maximum(np.abs(wanted), NEAR * np.abs(wanted).max())
        worst = max(worst, float(np.max(np.where(given == wanted, 0.0, np.abs(given - wanted) / scale))))
    if not 0 < worst < NEAR:
        return None
    digits = math.floor(-math.log10(worst))
    return (
        f"It is close: about the first {digits} digits agree. Is something rounded, approximated or kept with too few "
        "digits on the way?"
    )
