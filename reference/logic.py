"""Logic by networks of step units (deck 000, "1st AI Winter" and "AI Summer").

One perceptron draws one line through the plane. OR, AND and NAND need no more; XOR and XNOR do: their ones and zeros
lie crosswise. Two layers are enough for them.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from reference.arrays import Floats, Ints

Network: TypeAlias = tuple[Floats, Floats, Floats, Floats]
"""W0 (K, 2), b0 (K,), W1 (1, K), b1 (1,): two inputs, K hidden step units, one output step unit."""

INPUTS: Floats = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
"""The four inputs (4, 2), in the order of every truth table here."""

TRUTH: dict[str, tuple[int, int, int, int]] = {
    "OR": (0, 1, 1, 1),
    "AND": (0, 0, 0, 1),
    "NAND": (1, 1, 1, 0),
    "NOR": (1, 0, 0, 0),
    "XOR": (0, 1, 1, 0),
    "XNOR": (1, 0, 0, 1),
}


def hidden_outputs(W0: Floats, b0: Floats) -> Ints:
    """Return what each hidden unit says, (4, K) of 0 and 1: 1 where its weighted inputs and bias are above 0."""
    return np.stack([W0 @ x + b0 > 0 for x in INPUTS]).astype(np.int64)


def truth_table(W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> tuple[int, ...]:
    """Return the network's output, 0 or 1, for each of the four inputs.

    Args:
        W0: (K, 2) weights of the hidden units, a row for each.
        b0: (K,) their biases.
        W1: (1, K) weights of the output unit.
        b1: (1,) its bias.

    References:
        Deck 000, "Perceptrons" for the unit, "AI Summer" for the network.

    >>> truth_table(*xor_network())
    (0, 1, 1, 0)
    """
    return tuple(int((W1 @ h + b1)[0] > 0) for h in hidden_outputs(W0, b0))


def truth_table_at_least(W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> tuple[int, ...]:
    """Let a unit say 1 on a sum of exactly 0 as well."""
    hidden = [(W0 @ x + b0 >= 0).astype(np.float64) for x in INPUTS]
    return tuple(int((W1 @ h + b1)[0] >= 0) for h in hidden)


def xor_network() -> Network:
    """Return a network that computes XOR: one unit for OR, one for AND, and the output says "OR but not AND".

    References:
        Deck 000, "AI Summer": XOR can be solved by a multi-layer perceptron.
    """
    W0 = np.array([[1.0, 1.0], [1.0, 1.0]])
    return W0, np.array([-0.5, -1.5]), np.array([[1.0, -1.0]]), np.array([-0.5])


def or_network() -> Network:
    """Return a network for OR: the AND unit is there, and the output does not listen to it."""
    W0, b0, _, b1 = xor_network()
    return W0, b0, np.array([[1.0, 0.0]]), b1


def and_network() -> Network:
    """Return a network for AND: both units have to speak."""
    W0, b0, _, _ = xor_network()
    return W0, b0, np.array([[1.0, 1.0]]), np.array([-1.5])


def nand_network() -> Network:
    """Return a network for NAND: the OR unit is not listened to, the AND unit forbids."""
    W0, b0, _, _ = xor_network()
    return W0, b0, np.array([[0.0, -1.0]]), np.array([0.5])


def xnor_network() -> Network:
    """Return a network for XNOR: the output of XOR turned round."""
    W0, b0, W1, b1 = xor_network()
    return W0, b0, -W1, -b1
