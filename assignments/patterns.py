"""Where an answer is wrong, as opposed to how: for arrays only, for negative numbers, in all rows but the first.

The kinds of calls are told, not their numbers: which of the cases have something in common is what a student has to
find out before anything can be mended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from assignments.compare import Array, numbers
from assignments.findings import picked
from assignments.language import Check, Part
from assignments.mistakes import Trial
from assignments.script import Call, Repeat, Status, Step

LARGE = 100.0
SMALL = 0.1
FEW = 4
"""Checks that have to be judged before it is told which of them go wrong."""

MOST = 0.75
"""A share of all answers that is told as "nearly every"."""

CHANCE = 0.05
"""So unlikely it has to be that the wrong calls are of one kind by chance."""

SHOWN_ONLY = (
    "Only the cases that are shown come out right: does the code use a number or a size of the example where it should "
    "use its arguments?"
)
CONSTANT = "The same comes back whatever the function is given: does it use its arguments?"
NOTHING_SIMPLE = (
    "Neither a sign, a factor, the order nor one kind of input explains it: go through a case that is shown by hand, "
    "step by step."
)


def describe(trial: Trial, part: Part) -> str | None:
    """Return a sentence on which results of a part are wrong, or None where they have nothing simple in common."""
    findings = {at: found for at, found in trial.findings[part.name].items() if not found.is_unjudged}
    wrong = {at for at, found in findings.items() if not found.is_right}
    right = set(findings) - wrong
    if not wrong or any(trial.checks[at].holds is not None for at in findings):
        return None
    pairs = {
        at: picked(trial.outcomes[at].value, trial.expect(at).value, part)
        for at in findings
        if trial.outcomes[at].status is Status.RETURNED
    }
    return (
        _one_sided(wrong, pairs)
        or _constant(findings, pairs)
        or _shown_only(trial.checks, right, wrong)
        or _kind_of_call(trial.checks, right, wrong)
        or _kind_of_entry(trial.checks, pairs, wrong)
        or _places(pairs, wrong)
    )


def sizes(check: Check) -> frozenset[int]:
    """Return the numbers of entries, rows and columns of what a check hands over."""
    return frozenset(size for array in _given(check) if array.ndim for size in (*array.shape, array.size))


def _given(check: Check) -> list[Array]:
    """Return the numbers a check's calls hand over, each argument as an array."""
    return [array for value in _values(check.script.steps) if not isinstance(array := numbers(value), str)]


def _values(steps: Sequence[Step]) -> Iterator[Any]:
    for step in steps:
        if isinstance(step, Call):
            yield from step.args
            yield from step.kwargs.values()
        elif isinstance(step, Repeat):
            yield from _values(step.steps)


# --- over all checks --------------------------------------------------------------------------------------------------


def _one_sided(wrong: set[int], pairs: Mapping[int, tuple[Any, Any]]) -> str | None:
    """Say which of two answers is given too often, where every answer is 0 or 1."""
    if len(pairs) < FEW or not wrong <= pairs.keys():
        return None
    read = {at: (numbers(got), numbers(want)) for at, (got, want) in pairs.items()}
    if any(isinstance(want, str) or not np.isin(want, (0, 1)).all() for _, want in read.values()):
        return None
    off: list[tuple[Any, int]] = []
    total = 0
    for got, want in read.values():
        if isinstance(got, str) or isinstance(want, str) or got.shape != want.shape:
            return None
        total += want.size
        each = zip(got.reshape(-1).tolist(), want.reshape(-1).tolist(), strict=True)
        off += [(value, int(due)) for value, due in each if value != due]
    if any(value not in {0, 1} for value, _ in off):
        return "Every answer is to be 0 or 1, and other numbers came back."
    if len({due for _, due in off}) > 1:
        if len(off) > MOST * total:
            return "Nearly every answer is the opposite: 0 where 1 is due, and 1 where 0 is."
        return "It errs both ways: 0 where 1 is due, and 1 where 0 is."
    value, due = int(off[0][0]), off[0][1]
    if all(not isinstance(got, str) and bool((got == value).all()) for got, _ in read.values()):
        return f"It is {value} whatever the function is given: does it use its arguments?"
    return f"It is {value} where {due} is due, and never the other way round: what is needed for a {due}?"


def is_yes_or_no(trial: Trial, part: Part) -> bool:
    """Return whether every answer of a part is 0 or 1, so that neither sign nor factor means anything."""
    wanted = [
        numbers(picked(None, trial.expect(at).value, part)[1])
        for at in trial.findings[part.name]
        if trial.checks[at].holds is None
    ]
    return bool(wanted) and not any(isinstance(want, str) or not np.isin(want, (0, 1)).all() for want in wanted)


def _constant(findings: Mapping[int, Any], pairs: Mapping[int, tuple[Any, Any]]) -> str | None:
    if len(pairs) < max(FEW, len(findings)):
        return None
    given = [numbers(got) for got, _ in pairs.values()]
    wanted = [numbers(want) for _, want in pairs.values()]
    if any(isinstance(array, str) for array in (*given, *wanted)):
        return None
    return CONSTANT if _all_alike(given) and not _all_alike(wanted) else None


def _all_alike(arrays: Sequence[Any]) -> bool:
    flat = [array.reshape(-1) for array in arrays]
    return all(entries.size and bool(np.all(entries == flat[0][0])) for entries in flat)


def _shown_only(checks: Sequence[Check], right: set[int], wrong: set[int]) -> str | None:
    shown = {at for at in right | wrong if checks[at].visible}
    return SHOWN_ONLY if shown and len(wrong) > 1 and right == shown else None


# --- kinds of calls ---------------------------------------------------------------------------------------------------

KINDS: Mapping[str, Callable[[list[Array]], bool]] = {
    "arrays": lambda given: any(array.ndim > 0 for array in given),
    "arrays of more than two entries": lambda given: any(array.ndim > 0 and max(array.shape) > 2 for array in given),
    "arrays of rows and columns": lambda given: any(array.ndim > 1 for array in given),
    "negative numbers": lambda given: any(bool(np.any(array < 0)) for array in given),
    "large numbers": lambda given: any(bool(np.any(np.abs(array) >= LARGE)) for array in given),
    "small numbers only": lambda given: all(bool(np.all(np.abs(array) < SMALL)) for array in given),
    "whole numbers only": lambda given: all(array.dtype.kind in "iub" for array in given),
    "a zero among the numbers": lambda given: any(bool(np.any(array == 0)) for array in given),
    "a single entry or row": lambda given: any(array.ndim > 0 and len(array) == 1 for array in given),
    "as many rows as columns": lambda given: any(array.ndim == 2 and len(set(array.shape)) == 1 for array in given),
}
"""Kinds of calls, by the words that follow "calls with"."""


def _kind_of_call(checks: Sequence[Check], right: set[int], wrong: set[int]) -> str | None:
    if len(right) < 2 or len(right) + len(wrong) < FEW:
        return None
    given = {at: _given(checks[at]) for at in right | wrong}
    kinds: dict[str, set[int]] = {
        words: {at for at, arrays in given.items() if arrays and is_of_kind(arrays)}
        for words, is_of_kind in KINDS.items()
    }
    most = max(_count(check) for check in checks)
    kinds["an argument left out"] = {at for at in given if _count(checks[at]) < most}
    kinds["arguments given by name"] = {at for at in given if _names(checks[at])}
    for words, of_kind in kinds.items():
        if of_kind == wrong:
            return f"It is right but for calls with {words}."
    for words, of_kind in kinds.items():
        if of_kind == right:
            return f"It is right only for calls with {words}."
    share = {words: len(of_kind) / len(given) for words, of_kind in kinds.items() if wrong < of_kind}
    rarest = min(share, key=share.__getitem__, default="")
    return f"Only calls with {rarest} go wrong." if rarest and share[rarest] ** len(wrong) < CHANCE else None


def _calls(check: Check) -> list[Call]:
    return [step for step in check.script.steps if isinstance(step, Call)]


def _count(check: Check) -> int:
    return max((len(call.args) + len(call.kwargs) for call in _calls(check)), default=0)


def _names(check: Check) -> bool:
    return any(call.kwargs for call in _calls(check))


# --- kinds of entries, and their places -------------------------------------------------------------------------------

ENTRIES: Mapping[str, Callable[[Array], Array]] = {
    "negative": lambda array: array < 0,
    "positive": lambda array: array > 0,
    "large, of either sign": lambda array: np.abs(array) >= LARGE,
    "0": lambda array: array == 0,
}
"""Kinds of entries, by the words that follow "where the argument is"."""


def _kind_of_entry(checks: Sequence[Check], pairs: Mapping[int, tuple[Any, Any]], wrong: set[int]) -> str | None:
    """Say which entries are wrong, where every result has an entry for each entry of an argument."""
    masks: list[Array] = []
    arguments: list[Array] = []
    for at, (got, want) in pairs.items():
        mask = _wrong_entries(got, want)
        alike = [array for array in _given(checks[at]) if mask is not None and array.shape == mask.shape]
        if mask is None or not alike:
            if at in wrong:
                return None
            continue
        masks.append((mask if at in wrong else np.zeros_like(mask)).reshape(-1))
        arguments.append(alike[0].reshape(-1).astype(np.float64))
    if not masks:
        return None
    off, argument = np.concatenate(masks), np.concatenate(arguments)
    if off.all() or off.sum() < 2:
        return None
    for words, is_of_kind in ENTRIES.items():
        if np.array_equal(off, is_of_kind(argument)):
            return f"It is right but where the argument is {words}."
    return None


def _places(pairs: Mapping[int, tuple[Any, Any]], wrong: set[int]) -> str | None:
    """Say where in the array the wrong entries stand, where that is the same place each time."""
    masks = [_wrong_entries(*pairs[at]) if at in pairs else None for at in sorted(wrong)]
    if not masks or any(mask is None or not mask.ndim for mask in masks):
        return None
    found = [set(_places_of(mask)) for mask in masks if mask is not None]
    shared = set.intersection(*found)
    return next((f"It is right but for {words}." for words in PLACES if words in shared), None)


PLACES = (
    "the last entry", "the first entry", "the last row", "the first row", "the last column", "the first column",
    "all entries after the first", "all rows after the first", "all columns after the first", "the diagonal",
    "the entries off the diagonal",
)  # fmt: skip


def _places_of(mask: Array) -> Iterator[str]:
    if len(mask) > 1:
        unit, units = ("entry", "entries") if mask.ndim == 1 else ("row", "rows")
        yield from _ends(mask, unit, units)
    if mask.ndim == 2 and mask.shape[1] > 1:
        yield from _ends(mask.T, "column", "columns")
        diagonal: Array = np.eye(*mask.shape) > 0
        if np.array_equal(mask, diagonal):
            yield "the diagonal"
        if np.array_equal(mask, np.logical_not(diagonal)):
            yield "the entries off the diagonal"


def _ends(mask: Array, unit: str, units: str) -> Iterator[str]:
    rows = [bool(row.any()) for row in mask]
    if rows[-1] and not any(rows[:-1]):
        yield f"the last {unit}"
    if rows[0] and not any(rows[1:]):
        yield f"the first {unit}"
    if all(rows[1:]) and not rows[0] and len(rows) > 2:
        yield f"all {units} after the first"


def _wrong_entries(got: Any, want: Any) -> Array | None:
    """Return which entries of an array are clearly off; None where the shapes differ, or several arrays came back."""
    if isinstance(want, tuple):
        return None  # its items are no rows, though they may be read as such
    given, wanted = numbers(got), numbers(want)
    if isinstance(given, str) or isinstance(wanted, str) or given.shape != wanted.shape or not wanted.size:
        return None
    with np.errstate(all="ignore"):
        return ~np.isclose(given.astype(np.float64), wanted.astype(np.float64), rtol=1e-4, atol=1e-6, equal_nan=True)
