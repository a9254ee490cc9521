"""Networks to judge with, and scripts over the student's own network object.

The object is the student's and nothing is known of it: it is made by their `neural_network_create`, changed by their
`neural_network_train`, and seen through their `neural_network_feed_forward` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from assignments.script import Call, Ref, Repeat, Step
from reference.arrays import Floats

NN = Ref("nn")
OUTPUTS = "outputs"
CREATE, FORWARD = "create", "feed_forward"  # the questions that answer for these functions

Weights = tuple[float, ...]


@dataclass(frozen=True)
class Setup:
    """What `neural_network_create` is given: sizes, flat weights row by row, one bias a layer."""

    num_inputs: int
    num_hidden: int
    num_outputs: int
    hidden_weights: Weights
    hidden_bias: float
    output_weights: Weights
    output_bias: float

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Inputs, hidden units, outputs."""
        return self.num_inputs, self.num_hidden, self.num_outputs

    @property
    def arguments(self) -> tuple[Any, ...]:
        """All seven arguments, in their order."""
        return (*self.sizes, list(self.hidden_weights), self.hidden_bias, list(self.output_weights), self.output_bias)

    @property
    def W0(self) -> Floats:  # noqa: N802 (a matrix)
        """The hidden weights (H, D)."""
        return np.array(self.hidden_weights).reshape(self.num_hidden, self.num_inputs)

    @property
    def W1(self) -> Floats:  # noqa: N802 (a matrix)
        """The output weights (C, H)."""
        return np.array(self.output_weights).reshape(self.num_outputs, self.num_hidden)

    def with_weights(self, W0: Floats, W1: Floats) -> Setup:
        """Return the same network with other weights."""
        return replace(self, hidden_weights=tuple(W0.ravel().tolist()), output_weights=tuple(W1.ravel().tolist()))


DECK = Setup(2, 3, 2, (0.15, 0.20, 0.25, 0.30, 0.35, 0.40), 0.45, (0.50, 0.55, 0.60, 0.65, 0.70, 0.75), 0.80)
DECK_CALL = (
    "nn = neural_network_create(2, 3, 2, [0.15, 0.2, 0.25, 0.3, 0.35, 0.4], 0.45, "
    "[0.5, 0.55, 0.6, 0.65, 0.7, 0.75], 0.8)"
)

SMALL = Setup(1, 1, 1, (2.0,), -1.0, (1.0,), 0.5)
SMALL_CALL = "nn = neural_network_create(1, 1, 1, [2.0], -1.0, [1.0], 0.5)"
SMALL_X, SMALL_Y = np.array([0.5]), np.array([0.0])
"""The network of the statement's worked example, and its sample."""


def draw(rng: np.random.Generator, sizes: tuple[int, int, int]) -> Setup:
    """Draw a network with weights from N(0, 1) and two biases that are neither alike nor near 0."""
    inputs, hidden, outputs = sizes
    sign = float(rng.choice([-1.0, 1.0]))
    return Setup(
        *sizes,
        hidden_weights=tuple(rng.normal(size=hidden * inputs).tolist()),
        hidden_bias=sign * float(rng.uniform(0.4, 0.9)),
        output_weights=tuple(rng.normal(size=outputs * hidden).tolist()),
        output_bias=-sign * float(rng.uniform(0.3, 0.8)),
    )


def sample(rng: np.random.Generator, setup: Setup) -> tuple[Floats, Floats]:
    """Draw one sample `x` (D,), no entry near 0, and its target `y` (C,) in (0, 1)."""
    x = rng.choice([-1.0, 1.0], setup.num_inputs) * rng.uniform(0.4, 1.6, setup.num_inputs)
    return x, rng.uniform(0.05, 0.95, setup.num_outputs)


def create(setup: Setup, *, rests_on: str | None = CREATE) -> Call:
    """Return the step that makes the student's network and keeps it as `NN`."""
    return Call("neural_network_create", setup.arguments, save="nn", rests_on=rests_on)


def look(x: Floats, *, rests_on: str | None = FORWARD) -> Call:
    """Return the step that adds the network's outputs for `x` to `OUTPUTS`."""
    # Collected, so that a network that hands out its own array and overwrites it later is judged by what it said.
    return Call("neural_network_feed_forward", (NN, x), save=OUTPUTS, collect=True, rests_on=rests_on)


def train(x: Floats, y: Floats, rate: float) -> Call:
    """Return one training step."""
    return Call("neural_network_train", (NN, x, y, rate), save="ignored")


def train_times(times: int, *steps: Step) -> Step:
    """Return the steps played that many times."""
    return Repeat(times, steps)


def read_outputs(value: Any, lengths: Sequence[int]) -> list[Floats] | None:
    """Return collected outputs as flat arrays of those lengths, or None where they cannot be read so.

    A row or a column does as well as (C,): the shape is `feed_forward`'s own matter.
    """
    if not isinstance(value, list | tuple) or len(value) != len(lengths):
        return None
    outputs = []
    for item, length in zip(value, lengths, strict=True):
        array = np.asarray(item)
        if array.dtype.kind not in "fiub" or array.size != length:
            return None
        outputs.append(array.astype(np.float64).ravel())
    return outputs
