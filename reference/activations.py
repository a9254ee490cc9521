"""Activation functions and their derivatives, entry by entry (deck 003, "Activation functions h")."""

from __future__ import annotations

import numpy as np

from reference.arrays import Floats, Numbers


def sigmoid(z: Numbers) -> Floats:
    """Return σ(z) = 1 / (1 + exp(-z)), in the shape of `z`, without overflow at any finite `z`.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    # exp of a negative number only: exp(1000) would overflow.
    small = np.exp(-np.abs(z))
    return np.asarray(np.where(np.asarray(z) >= 0, 1.0, small) / (1.0 + small), dtype=np.float64)


def sigmoid_grad(z: Numbers) -> Floats:
    """Return σ'(z) = σ(z)(1 - σ(z)), the derivative with respect to `z`, in the shape of `z`."""
    s = sigmoid(z)
    return np.asarray(s * (1.0 - s), dtype=np.float64)


def tanh(z: Numbers) -> Floats:
    """Return the hyperbolic tangent of `z`, in the shape of `z`."""
    return np.asarray(np.tanh(z), dtype=np.float64)
