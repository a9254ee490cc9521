"""Central differences: the independent witness for every gradient in this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference.arrays import Floats

STEP = 1e-6
"""Cancellation grows as 1/h and the truncated term as h²; in float64 their sum is smallest near this step."""


def central_differences(f: Callable[[Floats], float], x: Floats, step: float = STEP) -> Floats:
    """Return the gradient of `f` at `x` by (f(x + h) - f(x - h)) / 2h, in the shape of `x`.

    Args:
        f: a smooth function of an array shaped like `x`; it must not keep or change its argument.
        x: where the gradient is taken, any shape.
        step: h, for entries around 1.

    >>> bool(np.allclose(central_differences(lambda v: float((v**2).sum()), np.array([3.0])), 6.0))
    True
    """
    gradient = np.zeros_like(x, dtype=np.float64)
    for index in np.ndindex(x.shape):
        above, below = np.array(x, dtype=np.float64), np.array(x, dtype=np.float64)
        above[index] += step
        below[index] -= step
        gradient[index] = (f(above) - f(below)) / (2.0 * step)
    return gradient


def max_relative_error(got: Floats, want: Floats, floor: float = 1e-8) -> float:
    """Return the largest |got - want| / max(|got|, |want|, floor), a fraction; 0 for empty arrays."""
    scale = np.maximum(np.maximum(np.abs(got), np.abs(want)), floor)
    return float(np.max(np.abs(got - want) / scale, initial=0.0))
