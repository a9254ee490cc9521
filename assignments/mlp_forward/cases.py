"""Cases for `forward`, `forward_batch` and `squared_loss`.

Layers have unequal sizes, so that a transposed matrix shows as an error, and equal ones, so that it shows as a wrong
value; every unit has a bias of its own. With two outputs a mean without the ½ is the right loss, so there are others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from assignments.language import Check
from assignments.script import call
from reference.arrays import Floats

Parameters = tuple[Floats, Floats, Floats, Floats]

STEEP = 12.0
"""Times this, weights drive a sigmoid close to 0 and 1, and still far from where exp() overflows."""


def spread(rng: np.random.Generator, *shape: int) -> Floats:
    """Draw numbers between 0.2 and 1.2 with random signs: none so small that leaving it out would not show."""
    return np.asarray(rng.choice([-1.0, 1.0], shape) * rng.uniform(0.2, 1.2, shape))


def parameters(rng: np.random.Generator, inputs: int, hidden: int, outputs: int) -> Parameters:
    """Draw W0 (H, D), b0 (H,), W1 (C, H) and b1 (C,)."""
    return spread(rng, hidden, inputs), spread(rng, hidden), spread(rng, outputs, hidden), spread(rng, outputs)


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

# --- forward ----------------------------------------------------------------------------------------------------------

FORWARD_SIZES: Sequence[tuple[int, int, int]] = (
    (4, 3, 3),
    (3, 5, 4),
    (5, 2, 6),
    (1, 4, 1),
    (1, 1, 1),
    (3, 3, 3),
    (4, 4, 2),
    (2, 3, 3),
)
"""Inputs, hidden units and outputs; both matrices square, then one of them."""


def forward_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `forward`: two shown, then networks of many sizes."""
    shown = [
        Check("2 inputs, 3 hidden units, 2 outputs", _forward(np.array([1.0, 0.5]), SHOWN_TWO_OUTPUTS), visible=True),
        Check(
            "3 inputs, 2 hidden units, 1 output", _forward(np.array([1.0, -2.0, 0.5]), SHOWN_ONE_OUTPUT), visible=True
        ),
    ]
    return [*shown, *_hidden_forward(rng)]


def _hidden_forward(rng: np.random.Generator) -> Iterator[Check]:
    for sizes in FORWARD_SIZES:
        yield Check(_sizes(*sizes), _forward(spread(rng, sizes[0]), parameters(rng, *sizes)))
    W0, _, W1, _ = parameters(rng, 3, 4, 2)
    yield Check("biases of 0", _forward(spread(rng, 3), (W0, np.zeros(4), W1, np.zeros(2))))
    W0, b0, W1, b1 = parameters(rng, 3, 2, 4)
    yield Check("steep units", _forward(spread(rng, 3), (STEEP * W0, b0, STEEP * W1, b1)))


def _forward(x: Floats, network: Parameters) -> Any:
    return call("forward", x, *network)


def _sizes(inputs: int, hidden: int, outputs: int) -> str:
    return f"{_many(inputs, 'input')}, {_many(hidden, 'hidden unit')}, {_many(outputs, 'output')}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


# --- forward_batch ----------------------------------------------------------------------------------------------------

BATCH_SIZES: Sequence[tuple[int, int, int, int]] = (
    (1, 3, 4, 2),
    (5, 3, 5, 4),
    (3, 2, 4, 3),
    (4, 5, 3, 1),
    (7, 1, 2, 3),
    (6, 3, 3, 3),
    (4, 4, 4, 4),
    (2, 3, 3, 5),
)
"""Samples, inputs, hidden units and outputs: one sample alone, as many as there are units, square matrices."""


def batch_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `forward_batch`: two shown, then batches and networks of many sizes."""
    three = np.array([[1.0, 0.5], [-0.5, 2.0], [0.0, -1.0]])
    two = np.array([[1.0, -2.0, 0.5], [0.25, 1.5, -1.0]])
    shown = [
        Check("3 samples, 2 outputs", call("forward_batch", three, *SHOWN_TWO_OUTPUTS), visible=True),
        Check("2 samples, 1 output", call("forward_batch", two, *SHOWN_ONE_OUTPUT), visible=True),
    ]
    return [*shown, *_hidden_batches(rng)]


def _hidden_batches(rng: np.random.Generator) -> Iterator[Check]:
    for samples, *sizes in BATCH_SIZES:
        inputs, hidden, outputs = sizes
        yield Check(
            f"{_many(samples, 'sample')}, {_sizes(inputs, hidden, outputs)}",
            call("forward_batch", spread(rng, samples, inputs), *parameters(rng, inputs, hidden, outputs)),
        )
    W0, _, W1, _ = parameters(rng, 2, 5, 3)
    yield Check("biases of 0", call("forward_batch", spread(rng, 4, 2), W0, np.zeros(5), W1, np.zeros(3)))


# --- squared_loss -----------------------------------------------------------------------------------------------------


def loss_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `squared_loss`: two shown, then 1 to 8 outputs, and numbers beyond [0, 1]."""
    return [
        Check("3 outputs", call("squared_loss", np.array([0.5, 0.25, 1.0]), np.array([1.0, 0.0, 0.25])), visible=True),
        Check("2 outputs", call("squared_loss", np.array([0.75, 0.5]), np.array([0.25, 1.0])), visible=True),
        *_hidden_losses(rng),
    ]


def _hidden_losses(rng: np.random.Generator) -> Iterator[Check]:
    for outputs in (1, 2, 3, 4, 5, 8):
        p = rng.uniform(0.05, 0.95, outputs)
        # Signs alternate, so that differences cancel when they are added up before they are squared.
        apart = rng.uniform(0.1, 0.6, outputs) * np.where(np.arange(outputs) % 2, -1.0, 1.0)
        yield Check(_many(outputs, "output"), call("squared_loss", p, p - apart))
    p = spread(rng, 4) * 30
    yield Check("4 outputs, large differences", call("squared_loss", p, spread(rng, 4) * 2))
