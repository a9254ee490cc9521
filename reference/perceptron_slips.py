"""Further wrong variants of the perceptron's decision and step: formulas that are read or written otherwise.

Those that the lecture itself warns of stand beside the right functions, in `reference.perceptron`.
"""

from __future__ import annotations

import numpy as np

from reference.arrays import Floats
from reference.perceptron import predict


def predict_opposite(w: Floats, w0: float, x: Floats, threshold: float = 0.0) -> int:
    """Turn the comparison round."""
    return int(float(w @ x) + w0 < threshold)


def predict_bias_subtracted(w: Floats, w0: float, x: Floats, threshold: float = 0.0) -> int:
    """Subtract the bias, as if it were a threshold."""
    return int(float(w @ x) - w0 > threshold)


def predict_sum(w: Floats, w0: float, x: Floats, threshold: float = 0.0) -> float:
    """Return the sum instead of the decision."""
    return float(w @ x) + w0


def update_decided_without_bias(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Decide by the weighted inputs alone."""
    step = lr * (y - predict(w, 0.0, x))
    return w + step * x, w0 + step


def update_by_sum(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Take the sum for the output, as the delta rule of a linear unit does."""
    step = lr * (y - (float(w @ x) + w0))
    return w + step * x, w0 + step


def update_without_input(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Move every weight by the same step, whatever its input was."""
    step = lr * (y - predict(w, w0, x))
    return w + step, w0 + step


def update_bias_by_inputs(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Move the bias by the sum of the inputs as well, where its own input is 1."""
    step = lr * (y - predict(w, w0, x))
    return w + step * x, w0 + step * float(np.sum(x))
