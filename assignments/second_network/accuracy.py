"""The case of `accuracy`: two half-moons, learnt from a start of the student's own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from assignments.language import Check
from assignments.script import Call, Outcome, Script
from assignments.second_network import batch, models
from assignments.verdict import Curve
from reference import second_network, second_network_training
from reference.arrays import Floats, Ints

SEEN, UNSEEN, NOISE = 200, 400, 0.1
PASSES, SIZE, RATE = 200, 20, 0.1
ENOUGH = 0.9
SEED = 3


@cache
def _seen() -> tuple[Floats, Ints]:
    # Always the same, so that the curve beside the student's is worked out once and not for every submission.
    return second_network.half_moons(np.random.default_rng(SEED), SEEN, NOISE)


def accuracy_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the one case: train on 200 samples, then classify 400 others."""
    x, y = _seen()
    unseen, labels = second_network.half_moons(rng, UNSEEN, NOISE)
    steps = (
        Call("neural_network_create", (2, models.DECK_SIZES, 2), save=models.MODEL.name, rests_on="create"),
        Call("train_stochastic", (models.MODEL, x, y, PASSES, SIZE, RATE), save="losses", rests_on="train_stochastic"),
        Call("neural_network_feed_forward", (models.MODEL, unseen), save="outputs", rests_on="feed_forward"),
    )

    def holds(value: Any) -> str | None:
        _, outputs = value
        p = np.asarray(outputs[-1])
        if p.shape != (UNSEEN, 2) or p.dtype.kind != "f":
            return (
                f"the last layer's outputs for {UNSEEN} samples came back with shape {p.shape}; expected ({UNSEEN}, 2)"
            )
        if not np.isfinite(p).all():
            return "the probabilities are not finite numbers: the training explodes"
        share = float((p.argmax(axis=1) == labels).mean())
        if share >= ENOUGH:
            return None
        return (
            f"{share:.1%} of the {UNSEEN} unseen samples are classified rightly after {PASSES} passes; at least "
            f"{ENOUGH:.0%} are asked for. The curve shows how the training went"
        )

    return [Check("400 unseen samples", Script(steps, returns=("losses", "outputs")), holds=holds)]


@cache
def _reference_losses() -> tuple[float, ...]:
    model = models.draw(np.random.default_rng(SEED), 2, models.DECK_SIZES, 2)
    return tuple(second_network_training.train_stochastic(model, *_seen(), PASSES, SIZE, RATE))


def accuracy_curves(outcomes: Sequence[Outcome], _expected: Sequence[Outcome]) -> Sequence[Curve]:
    """Return the losses of the training; the reference's starts from weights of its own."""
    return [batch.loss_curve("Loss on 200 samples of two half-moons", outcomes[0].value[0], _reference_losses())]
