"""The network with one hidden layer: sigmoid in both layers, one row of weights a unit.

Deck 003, "Build our first neural network". Here `W` is (units, inputs) and a layer is `W @ x + b`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reference.activations import sigmoid, tanh

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference.arrays import Floats


@dataclass(frozen=True)
class Network:
    """The parameters: `W0` (H, D), `b0` (H,) of the hidden layer, `W1` (C, H), `b1` (C,) of the output layer."""

    W0: Floats
    b0: Floats
    W1: Floats
    b1: Floats


@dataclass(frozen=True)
class Trace:
    """Every intermediate value of one forward pass: `z_hidden`, `h` (H,) and `z_output`, `p` (C,)."""

    z_hidden: Floats
    h: Floats
    z_output: Floats
    p: Floats


def deck_network() -> Network:
    """Return the 2-3-2 network of deck 003 with the weights that give the deck's own outputs.

    The slide prints W1 = [[.5, .6, .7], [.55, .65, .75]]; its z3, z4, p and ℓ come from the matrix below.
    """
    return Network(
        W0=np.array([[0.15, 0.20], [0.25, 0.30], [0.35, 0.40]]),
        b0=np.full(3, 0.45),
        W1=np.array([[0.50, 0.55, 0.60], [0.65, 0.70, 0.75]]),
        b1=np.full(2, 0.80),
    )


def trace(x: Floats, network: Network) -> Trace:
    """Return every value of the forward pass of one sample `x` (D,)."""
    return _trace(x, network, sigmoid)


def trace_without_bias(x: Floats, network: Network) -> Trace:
    """Leave both biases out."""
    no_bias = Network(network.W0, np.zeros_like(network.b0), network.W1, np.zeros_like(network.b1))
    return _trace(x, no_bias, sigmoid)


def trace_with_tanh(x: Floats, network: Network) -> Trace:
    """Take tanh for σ in both layers."""
    return _trace(x, network, tanh)


def _trace(x: Floats, network: Network, activation: Callable[[Floats], Floats]) -> Trace:
    z_hidden = network.W0 @ x + network.b0
    h = activation(z_hidden)
    z_output = network.W1 @ h + network.b1
    return Trace(z_hidden, h, z_output, activation(z_output))
