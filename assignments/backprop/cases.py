"""Cases for the three gradients.

Layers have unequal sizes, so that a transposed matrix shows in the shape, and equal ones, so that it shows in the
values; with one output alone there is one path back, so most networks have more. No unit is so steep that its gradient
vanishes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from assignments.language import Check
from assignments.script import Script, call
from reference.arrays import Floats

Parameters = tuple[Floats, Floats, Floats, Floats]


def spread(rng: np.random.Generator, *shape: int) -> Floats:
    """Draw numbers between 0.2 and 1.2 with random signs: none so small that leaving it out would not show."""
    return np.asarray(rng.choice([-1.0, 1.0], shape) * rng.uniform(0.2, 1.2, shape))


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


# --- graph_gradients --------------------------------------------------------------------------------------------------

GRAPH_SHAPES: Sequence[tuple[int, int]] = ((2, 3), (4, 4), (5, 2), (1, 4), (6, 1))


def graph_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `graph_gradients`: two shown, then other shapes, square ones among them."""
    x, y = np.array([[1.0, -2.0, 0.5], [3.0, 0.25, -1.5]]), np.array([[0.5, 4.0, -1.0], [2.0, -3.0, 0.75]])
    z = np.array([[-0.5, 1.5, 2.0], [0.25, -4.0, 3.0]])
    shown = [
        Check("shape (2, 3)", call("graph_gradients", x, y, z), visible=True),
        Check("shape (2, 2)", call("graph_gradients", x[:, :2], y[:, 1:], z[:, :2]), visible=True),
    ]
    drawn = [
        Check(f"shape {shape}, drawn", call("graph_gradients", *(3 * spread(rng, *shape) for _ in range(3))))
        for shape in GRAPH_SHAPES
    ]
    return [*shown, *drawn]


# --- neuron_gradients -------------------------------------------------------------------------------------------------


def neuron_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `neuron_gradients`: two shown, then 1 to 7 inputs, targets above and below the output."""
    shown = [
        Check("2 inputs", _neuron(np.array([1.0, -0.5]), np.array([0.5, 1.5]), 0.25, 1.0), visible=True),
        Check("3 inputs", _neuron(np.array([2.0, -1.0, 0.5]), np.array([0.25, -0.5, 1.0]), -0.75, 0.0), visible=True),
    ]
    return [*shown, *_hidden_neurons(rng)]


def _hidden_neurons(rng: np.random.Generator) -> Iterator[Check]:
    for inputs in (1, 2, 3, 5, 7):
        x, w, b = spread(rng, inputs), spread(rng, inputs), float(spread(rng))
        for where, y in (("below", float(rng.uniform(-0.9, -0.2))), ("above", float(rng.uniform(1.2, 1.9)))):
            yield Check(f"{_many(inputs, 'input')}, target {where} the output", _neuron(x, w, b, y))
    yield Check("4 inputs, bias 0", _neuron(spread(rng, 4), spread(rng, 4), 0.0, 1.0))


def _neuron(x: Floats, w: Floats, b: float, y: float) -> Script:
    return call("neuron_gradients", x, w, b, y)


# --- network_gradients ------------------------------------------------------------------------------------------------

SIZES: Sequence[tuple[int, int, int]] = (
    (2, 3, 2),
    (4, 3, 3),
    (3, 5, 4),
    (5, 2, 6),
    (1, 4, 2),
    (2, 4, 1),
    (3, 3, 3),
    (4, 4, 2),
    (2, 3, 3),
)
"""Inputs, hidden units and outputs; then both matrices square, and one of them."""

SHOWN_TWO_OUTPUTS: Parameters = (
    np.array([[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]]),
    np.array([0.1, -0.2, 0.3]),
    np.array([[1.0, -0.5, 0.25], [-1.5, 0.75, 2.0]]),
    np.array([-0.4, 0.6]),
)
SHOWN_ONE_OUTPUT: Parameters = (
    np.array([[0.5, -0.25, 1.0], [-1.0, 0.75, 0.5]]),
    np.array([0.2, -0.6]),
    np.array([[1.5, -2.0]]),
    np.array([0.5]),
)


def network_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `network_gradients`: two shown, then networks of many sizes."""
    return [
        Check(
            "2 inputs, 3 hidden units, 2 outputs",
            call("network_gradients", np.array([1.0, 0.5]), np.array([0.0, 1.0]), *SHOWN_TWO_OUTPUTS),
            visible=True,
        ),
        Check(
            "3 inputs, 2 hidden units, 1 output",
            call("network_gradients", np.array([1.0, -2.0, 0.5]), np.array([0.25]), *SHOWN_ONE_OUTPUT),
            visible=True,
        ),
        *_hidden_networks(rng),
    ]


def _hidden_networks(rng: np.random.Generator) -> Iterator[Check]:
    for inputs, hidden, outputs in SIZES:
        name = f"{_many(inputs, 'input')}, {_many(hidden, 'hidden unit')}, {_many(outputs, 'output')}, drawn"
        yield Check(name, _network(rng, inputs, hidden, outputs))
    yield Check("biases of 0", _network(rng, 3, 4, 2, bias=0.0))


def _network(rng: np.random.Generator, inputs: int, hidden: int, outputs: int, *, bias: float = 1.0) -> Script:
    x, y = spread(rng, inputs), spread(rng, outputs)
    W0, b0 = spread(rng, hidden, inputs), bias * spread(rng, hidden)
    W1, b1 = spread(rng, outputs, hidden), bias * spread(rng, outputs)
    return call("network_gradients", x, y, W0, b0, W1, b1)
