"""What a gradient check would say: how far each gradient is off, as a fraction of its own size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from assignments.compare import numbers
from reference.gradcheck import max_relative_error

QUOTIENT_SAYS = (
    "These gradients are right, but to about {digits} digits only, as those of a difference quotient are. That costs "
    "nothing here. The chain rule gives all digits, and all gradients in one way back, where a quotient needs two "
    "passes for every single entry: keep it for checking."
)

Pairs = Sequence[tuple[Any, Any]]
Remark = Callable[[Mapping[str, Pairs]], str | None]

ROUNDING = 1e-9
"""Relative errors below this are rounding."""

ALL_DIGITS = 1e-12
"""What the chain rule stays far below in float64, however it is written, and no difference quotient comes near."""

NEARLY_ALL = 0.9


def remark_on(*names: str) -> Remark:
    """Return the remark of a question whose functions return these gradients, in this order.

    Where the question's parts bear the names, each is read for itself; else every pair holds all of them.
    """

    def remark(compared: Mapping[str, Pairs]) -> str | None:
        errors = {name: _largest_error(pairs) for name, pairs in _by_name(compared, names)}
        found = [f"{name}: {_text(error)}" for name, error in errors.items() if error is not None]
        if not found:
            return None
        return (
            f"Where the shapes agree, a gradient check gives these largest relative errors: {', '.join(found)}. "
            "A right gradient stays far below 1e-6."
        )

    return remark


def advice_on(*names: str) -> Remark:
    """Return the advice for right gradients that have the few digits of a difference quotient, and not all of them.

    How a gradient was found cannot be seen in one array, but in all of them together: a right one is off by a few units
    in the last place. It costs no points, because the values are right.
    """

    def advice(compared: Mapping[str, Pairs]) -> str | None:
        pairs = [pair for _, found in _by_name(compared, names) for pair in found]
        errors = [error for got, want in pairs if (error := _error_of_largest(got, want)) is not None]
        if not errors or sum(error > ALL_DIGITS for error in errors) < NEARLY_ALL * len(errors):
            return None
        return QUOTIENT_SAYS.format(digits=max(1, math.floor(-math.log10(max(errors)))))

    return advice


def _error_of_largest(got: Any, want: Any) -> float | None:
    """Return the largest error of a gradient as a fraction of its largest entry; None where it tells nothing."""
    given, wanted = numbers(got), numbers(want)
    if isinstance(given, str) or isinstance(wanted, str) or given.shape != wanted.shape:
        return None
    if given.dtype != np.float64 or not wanted.size:
        return None  # half as many bits have half as many digits
    size = float(np.abs(wanted).max())
    return float(np.abs(given - wanted).max()) / size if size > 0 else None


def _by_name(compared: Mapping[str, Pairs], names: Sequence[str]) -> Iterator[tuple[str, Pairs]]:
    for at, name in enumerate(names):
        if name in compared:
            yield name, compared[name]
        else:
            whole = [pair for pairs in compared.values() for pair in pairs if _has_items(pair[0], len(names))]
            yield name, [(got[at], want[at]) for got, want in whole]


def _has_items(value: Any, count: int) -> bool:
    return isinstance(value, tuple | list) and len(value) == count


def _largest_error(pairs: Pairs) -> float | None:
    """Return the largest relative error over all pairs of equal shape; None where there is none."""
    largest: float | None = None
    for got, want in pairs:
        given, wanted = numbers(got), numbers(want)
        if isinstance(given, str) or isinstance(wanted, str) or given.shape != wanted.shape:
            continue
        error = max_relative_error(given.astype(float), wanted.astype(float))
        if not math.isfinite(error):
            return error
        largest = error if largest is None else max(largest, error)
    return largest


def _text(error: float) -> str:
    if not math.isfinite(error):
        return "not finite"
    # What rounding leaves differs from machine to machine and means nothing.
    return f"{error:.2g}" if error >= ROUNDING else f"below {ROUNDING:g}"
