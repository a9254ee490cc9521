"""Comparison that explains itself: shape first, then kind, then values.

What came back from a box is hostile data. Nothing here raises or warns on it, and no message holds a number of the
expected answer: a message tells shapes, how many entries are off and how far, so that it may be shown for hidden
checks as well. Only `Difference.where` names a place, for the checks whose numbers are shown anyway.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from assignments.language import Tolerance
from assignments.render import clean

FLOAT32 = Tolerance(rtol=1e-4, atol=1e-6)
"""The least that a float32 result is given."""

WHOLE_GAP = 0.25
"""A whole number is never mistaken for its neighbour, however large it is."""

NOTHING_RETURNED = "None. Is a `return` missing?"

FEW = 10
"""Up to here the gap between two whole numbers says more than its share."""

DEPTH = 8
LARGEST = 2**63

Array = np.ndarray[Any, np.dtype[Any]]


class Kind(StrEnum):
    """What is different."""

    UNREADABLE = "unreadable"  # text, objects, complex or ragged lists where numbers are due
    NOTHING = "nothing"  # None came back
    SHAPE = "shape"
    NOT_FINITE = "not finite"
    VALUES = "values"


@dataclass(frozen=True)
class Difference:
    """Why two values are not equal.

    `message` fits after "returned": for example "shape (3, 1); expected (3,)".
    """

    kind: Kind
    message: str
    where: str = ""  # the first place that is off, " [0, 2]"
    path: str = ""  # which of several values, "item 2 of 3"
    max_abs: float = 0.0
    max_rel: float = 0.0


def compare(got: Any, want: Any, tolerance: Tolerance) -> Difference | None:
    """Return None where `got` equals `want` within the tolerance, else what is different.

    Lists, tuples, numbers and arrays of any real dtype are read as numbers; (n,), (n, 1) and (1, n) differ. Where
    `want` is a tuple, a list of unequal things or a dict, its items are compared one by one.

    Raises:
        TypeError: `want` holds something that is not plain data.
    """
    return _compare(got, want, tolerance, DEPTH)


def _compare(got: Any, want: Any, tolerance: Tolerance, depth: int) -> Difference | None:
    # The commonest cases, without ceremony.
    if type(got) is np.ndarray and type(want) is np.ndarray and got.shape == want.shape:
        return _compare_arrays(got, want, tolerance)
    if type(got) is float and type(want) is float and math.isfinite(want) and _is_close(got, want, tolerance):
        return None
    if type(got) is int and type(want) is int and abs(want) < LARGEST and abs(got) < LARGEST:
        return None if got == want else _off_by(abs(got - want), abs(want))
    if got is None and want is not None:
        return Difference(Kind.NOTHING, NOTHING_RETURNED)
    match want:
        case tuple():
            return _compare_items(got, want, tolerance, depth)
        case Mapping():
            return _compare_dicts(got, want, tolerance, depth)
        case None:
            return None if got is None else Difference(Kind.SHAPE, f"{_describe(got)}; expected None")
        case str():
            if isinstance(got, str):
                return None if got == want else Difference(Kind.VALUES, "another text than expected")
            return Difference(Kind.UNREADABLE, f"{_describe(got)}; expected a text")
    wanted = numbers(want)
    if isinstance(wanted, str):
        if not isinstance(want, list):
            raise TypeError(f"expected is {wanted}, which nothing can be compared with")
        return _compare_items(got, tuple(want), tolerance, depth)
    given = numbers(got)
    if isinstance(given, str):
        return Difference(Kind.UNREADABLE, f"{given}; expected {_form(wanted)}")
    if given.shape != wanted.shape:
        return Difference(Kind.SHAPE, _shapes(given, wanted))
    return _compare_arrays(given, wanted, tolerance)


def _is_close(got: float, want: float, tolerance: Tolerance) -> bool:
    return abs(got - want) <= tolerance.atol + tolerance.rtol * abs(want)


def _off_by(gap: int, size: int) -> Difference:
    relative = gap / size if size else math.inf
    what = f"a whole number that is off by {gap}" if gap < FEW else f"a number that is off by {_size(gap, relative)}"
    return Difference(Kind.VALUES, what, max_abs=gap, max_rel=relative)


def _size(gap: float, relative: float) -> str:
    return f"{gap:.2g}" + (f" (relative {relative:.2g})" if math.isfinite(relative) else "")


def _compare_items(got: Any, want: tuple[Any, ...], tolerance: Tolerance, depth: int) -> Difference | None:
    expected = f"{len(want)} values"
    if not (isinstance(got, list | tuple) or (isinstance(got, np.ndarray) and got.ndim)):
        return Difference(Kind.SHAPE, f"{_describe(got)}; expected {expected}")
    if len(got) != len(want):
        return Difference(Kind.SHAPE, f"{len(got)} value{'s' * (len(got) != 1)}; expected {expected}")
    if depth == 0:
        return Difference(Kind.UNREADABLE, "values nested too deeply to be read")
    for position, (item, wanted) in enumerate(zip(got, want, strict=True), start=1):
        difference = _compare(item, wanted, tolerance, depth - 1)
        if difference is not None:
            return _inside(difference, f"item {position} of {len(want)}")
    return None


def _compare_dicts(got: Any, want: Mapping[Any, Any], tolerance: Tolerance, depth: int) -> Difference | None:
    if not isinstance(got, dict):
        return Difference(Kind.SHAPE, f"{_describe(got)}; expected a dict with {len(want)} keys")
    missing = [key for key in want if key not in got]
    if missing:
        named = ", ".join(repr(key) for key in missing[:DEPTH])
        return Difference(Kind.SHAPE, f"a dict without {named}; expected {len(want)} keys")
    if depth == 0:
        return Difference(Kind.UNREADABLE, "values nested too deeply to be read")
    for key, wanted in want.items():
        difference = _compare(got[key], wanted, tolerance, depth - 1)
        if difference is not None:
            return _inside(difference, repr(key))
    return None


def _inside(difference: Difference, path: str) -> Difference:
    return replace(difference, path=f"{path}, {difference.path}" if difference.path else path)


def _compare_arrays(got: Array, want: Array, tolerance: Tolerance) -> Difference | None:
    """Compare two arrays of one shape."""
    if got.dtype.kind not in "fiub":
        return Difference(Kind.UNREADABLE, f"{_dtype_words(got.dtype)}; expected {_form(want)}")
    with np.errstate(all="ignore"):
        given = got if got.dtype == np.float64 else got.astype(np.float64)
        wanted = want if want.dtype == np.float64 else want.astype(np.float64)
        gap = np.abs(given - wanted)
        allowed = allowed_gap(got, want, tolerance)
        # Where infinity is expected the gap is no number; nor is it where NaN came back.
        right = (gap <= allowed) & np.isfinite(gap)
        if right.all():
            return None
        if not np.isfinite(wanted).all():
            right |= (given == wanted) | (np.isnan(given) & np.isnan(wanted))
            if right.all():
                return None
        odd = ~np.isfinite(given) & np.isfinite(wanted)
        if odd.any():
            return Difference(Kind.NOT_FINITE, _not_finite(given, odd), _first(odd), max_abs=math.inf, max_rel=math.inf)
        gap, wanted = gap[~right], np.abs(wanted[~right])
        relative = gap[wanted > 0] / wanted[wanted > 0]
    max_abs = float(np.max(gap))
    max_rel = float(np.max(relative)) if relative.size else math.inf
    size = _size(max_abs, max_rel)
    if got.ndim == 0:
        message = f"a number that is off by {size}"
    else:
        wrong = gap.size
        verb = "is" if wrong == 1 else "are"
        message = (
            f"an array of the right shape {got.shape}, but {wrong} of {got.size} entries {verb} off, the most by {size}"
        )
    return Difference(Kind.VALUES, message, _first(~right), max_abs=max_abs, max_rel=max_rel)


def allowed_gap(got: Array, want: Array, tolerance: Tolerance) -> Array:
    """Return how far each entry may be off; a float32 result gets more, a whole number is never its neighbour."""
    rtol, atol = tolerance.rtol, tolerance.atol
    if got.dtype == np.float32:
        # No absolute tolerance at all is meant: the values may be as small as they like, and are no less wrong for it.
        rtol, atol = max(rtol, FLOAT32.rtol), max(atol, FLOAT32.atol) if atol else 0.0
    allowed: Array = atol + rtol * np.abs(want.astype(np.float64))
    return np.minimum(allowed, WHOLE_GAP) if want.dtype.kind in "iub" else allowed


def off_pairs(got: Any, want: Any, tolerance: Tolerance, depth: int = DEPTH) -> list[tuple[Any, Any]]:
    """Return the items of two values that are not equal, side by side; the values themselves where they have none."""
    if compare(got, want, tolerance) is None:
        return []
    if depth and isinstance(want, Mapping) and isinstance(got, dict) and want.keys() <= got.keys():
        pairs = [(got[key], wanted) for key, wanted in want.items()]
    elif depth and isinstance(want, tuple | list) and isinstance(got, tuple | list) and len(got) == len(want):
        if isinstance(want, list) and not isinstance(numbers(want), str):
            return [(got, want)]
        pairs = list(zip(got, want, strict=True))
    else:
        return [(got, want)]
    return [off for pair in pairs for off in off_pairs(*pair, tolerance, depth - 1)]


def same_form(left: Any, right: Any) -> bool:
    """Return whether two values are arrays of one shape, or collections of items of the same shapes."""
    form = _form_of(left)
    return form is not None and form == _form_of(right)


def _form_of(value: Any) -> tuple[Any, ...] | None:
    array = numbers(value)
    if not isinstance(array, str):
        return tuple(array.shape)
    if not isinstance(value, list | tuple):
        return None
    items = [numbers(item) for item in value]
    return tuple("?" if isinstance(item, str) else item.shape for item in items)


def numbers(value: Any) -> Array | str:
    """Return a value read as an array of real numbers, or what it is instead, in words."""
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        return array if array.dtype.kind in "fiub" else _dtype_words(array.dtype)
    if isinstance(value, bool | float):
        return np.asarray(value)
    if isinstance(value, int):
        return np.asarray(value) if abs(value) < LARGEST else _large(value)
    if isinstance(value, list | tuple):
        return _list_numbers(value)
    return _describe(value)


def _list_numbers(value: list[Any] | tuple[Any, ...]) -> Array | str:
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return "lists of unequal lengths, which are no array"
    if array.dtype.kind == "O":
        # Whole numbers beyond 64 bits end up here, and so does everything that is no number.
        if not all(isinstance(item, int | float | np.number) for item in array.flat):
            return "a list that does not hold numbers only"
        try:
            array = array.astype(np.float64)
        except (ValueError, TypeError, OverflowError):
            return "a list with a whole number far too large"
    return array if array.dtype.kind in "fiub" else _dtype_words(array.dtype)


def _large(value: int) -> Array | str:
    try:
        return np.asarray(float(value))
    except OverflowError:
        return "a whole number far too large"


def _dtype_words(dtype: np.dtype[Any]) -> str:
    match dtype.kind:
        case "c":
            return "complex numbers"
        case "U" | "S":
            return "text"
        case "O":
            return "an array of objects (dtype object)"
        case _:
            return f"values of dtype {clean(str(dtype), 40)}"


def _describe(value: Any) -> str:
    match value:
        case None:
            return "None"
        case str():
            return "text"
        case bool() | int() | float() | np.generic():
            return "a single number"
        case np.ndarray():
            return "a single number" if value.ndim == 0 else f"an array of shape {value.shape}"
        case complex():
            return "a complex number"
        case dict():
            return f"a dict of {len(value)}"
        case list() | tuple():
            return f"a {type(value).__name__} of {len(value)}"
        case _:
            return f"a value of type {clean(type(value).__name__, 40)}"


def _form(array: Array) -> str:
    return "a single number" if array.ndim == 0 else f"an array of shape {array.shape}"


def _shapes(got: Array, want: Array) -> str:
    if got.ndim and want.ndim:
        return f"shape {got.shape}; expected {want.shape}"
    return f"{_form(got)}; expected {_form(want)}"


def _not_finite(given: Array, odd: Array) -> str:
    nans, total = int(np.isnan(given[odd]).sum()), int(odd.sum())
    what = "NaN" if nans == total else ("infinity" if nans == 0 else "NaN and infinity")
    if given.ndim == 0:
        return f"{what}; expected a finite number"
    return f"{what} in {total} of {given.size} entries; expected finite numbers"


def _first(wrong: Array) -> str:
    if wrong.ndim == 0:
        return ""
    return str([int(index) for index in np.argwhere(wrong)[0]])
