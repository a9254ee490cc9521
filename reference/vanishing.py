"""Why early sigmoid networks could not be deep (deck 000, "2nd AI Winter", vanishing gradients).

Going back through a layer, a gradient is multiplied by σ'(z). That is at most 1/4, so it shrinks with every layer.
"""

from __future__ import annotations

import numpy as np

from reference.activations import sigmoid, sigmoid_grad
from reference.arrays import Floats

SMALL = 0.1
FACTORS = 12
"""The deck's 0.000000000001 is the product of twelve factors of 0.1."""


def gradient_through_layers(n: int, z: float = 0.0) -> Floats:
    """Return the factors that 1, 2, …, n sigmoid layers put on a gradient, (n,).

    Entry k is σ'(z)^(k+1): a gradient that has come through k+1 layers has been multiplied by σ'(z) in each.

    Args:
        n: number of layers, at least 1.
        z: pre-activation of every unit on the way.

    References:
        Deck 000, "2nd AI Winter"; deck 003, "Activation functions h" for σ.

    >>> gradient_through_layers(3).tolist()
    [0.25, 0.0625, 0.015625]
    """
    return np.asarray(sigmoid_grad(z) ** np.arange(1, n + 1), dtype=np.float64)


def gradient_by_sigmoid(n: int, z: float = 0.0) -> Floats:
    """Multiply by σ(z), the layer's output, where its slope is due."""
    return np.asarray(sigmoid(z) ** np.arange(1, n + 1), dtype=np.float64)


def gradient_by_sigmoid_from_no_layer(n: int, z: float = 0.0) -> Floats:
    """Multiply by σ(z) where its slope is due, and start with 1."""
    return np.asarray(sigmoid(z) ** np.arange(n), dtype=np.float64)


def gradient_from_no_layer(n: int, z: float = 0.0) -> Floats:
    """Start with 1, the factor of no layer at all: every entry is one layer behind."""
    return np.asarray(sigmoid_grad(z) ** np.arange(n), dtype=np.float64)


def gradient_from_two_layers(n: int, z: float = 0.0) -> Floats:
    """Start with two layers: every entry is one layer ahead."""
    return np.asarray(sigmoid_grad(z) ** np.arange(2, n + 2), dtype=np.float64)


def gradient_one_short(n: int, z: float = 0.0) -> Floats:
    """Leave the last entry out, (n-1,)."""
    return gradient_through_layers(n, z)[:-1]


def gradient_one_long(n: int, z: float = 0.0) -> Floats:
    """Put the factor 1 of no layer in front, (n+1,)."""
    return gradient_from_no_layer(n + 1, z)


def gradient_one_further(n: int, z: float = 0.0) -> Floats:
    """Go one layer too far, (n+1,)."""
    return gradient_through_layers(n + 1, z)


def gradient_quarters(n: int, z: float = 0.0) -> Floats:
    """Take 1/4 for the slope whatever `z` is, which holds at z = 0 alone."""
    return gradient_through_layers(n)


def gradient_quarters_from_no_layer(n: int, z: float = 0.0) -> Floats:
    """Take 1/4 for the slope whatever `z` is, and start with 1."""
    return gradient_from_no_layer(n)


def gradient_by_z(n: int, z: float = 0.0) -> Floats:
    """Put `z` itself where σ(z) belongs in σ(z)(1 - σ(z))."""
    return np.asarray((z * (1.0 - z)) ** np.arange(1, n + 1), dtype=np.float64)


def gradient_by_tanh(n: int, z: float = 0.0) -> Floats:
    """Take the slope of tanh."""
    return np.asarray((1.0 - np.tanh(z) ** 2) ** np.arange(1, n + 1), dtype=np.float64)


def gradient_added(n: int, z: float = 0.0) -> Floats:
    """Add the factors up where they are to be multiplied."""
    return np.asarray(sigmoid_grad(z) * np.arange(1, n + 1), dtype=np.float64)


def gradient_of_one_layer(n: int, z: float = 0.0) -> Floats:
    """Give every entry the factor of a single layer."""
    return np.full(n, sigmoid_grad(z))


def gradient_last_only(n: int, z: float = 0.0) -> float:
    """Return the factor of all n layers alone, a single number."""
    return float(sigmoid_grad(z) ** n)


def gradient_backwards(n: int, z: float = 0.0) -> Floats:
    """Give the entries in the order of the layers, the deepest factor first."""
    return gradient_through_layers(n, z)[::-1].copy()


def gradient_of_an_output(n: int, z: float = 0.0) -> Floats:
    """Feed each layer's output to the next as its z, the first layer's already."""
    return gradient_of_a_changing_input(n, float(sigmoid(z)))


def gradient_of_a_changing_input(n: int, z: float = 0.0) -> Floats:
    """Feed each layer's output to the next as its z, where z is the same in all."""
    factors: list[float] = []
    factor = 1.0
    for _ in range(n):
        factor *= float(sigmoid_grad(z))
        factors.append(factor)
        z = float(sigmoid(z))
    return np.array(factors)
