"""Cases for `train` and `learns`, and the loss curve of a student's network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from assignments.first_network import networks
from assignments.first_network.networks import DECK, DECK_CALL, OUTPUTS, Setup
from assignments.language import Check
from assignments.script import Outcome, Repeat, Script, Status, Step
from assignments.verdict import Curve
from reference import first_network, first_network_training
from reference.arrays import Floats
from reference.first_network import DECK_X, DECK_Y
from reference.first_network_training import DECK_RATE

STEPS, EVERY = 1000, 5
LOW_ENOUGH = 0.0006
"""The exact loss after 1000 steps with fixed biases is 0.00058347."""

DECK_SHOWN = f"{DECK_CALL}, trained on x = [0.05, 0.1], y = [0.01, 0.99] with rate 0.5"
SMALL_SHOWN = f"{networks.SMALL_CALL}, trained on x = [0.5], y = [0.0] with rate 1"

SHOWN = ((DECK, DECK_X), (networks.SMALL, networks.SMALL_X))
"""The networks of the cases that are shown, in their order, and what they look at."""

ROWS = 3
"""A case of `train` looks at the outputs after 1, 2 and 10 steps."""


def train_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `train`: one shown, the others hidden."""
    checks = [
        _steps("the deck's network, after 1, 2 and 10 steps", DECK, [(DECK_X, DECK_Y)], DECK_RATE, shows=DECK_SHOWN)
    ]
    small = [(networks.SMALL_X, networks.SMALL_Y)]
    checks.append(_steps("the worked example, after 1, 2 and 10 steps", networks.SMALL, small, 1.0, shows=SMALL_SHOWN))
    # Two samples in turn, then another to look at: what was kept from an earlier call is of no use.
    for sizes, rate, count in (
        ((2, 3, 2), 3.0, 1),
        ((3, 4, 1), 1.5, 2),
        ((4, 2, 3), 2.5, 1),
        ((2, 5, 3), 0.8, 2),
        ((1, 2, 2), 3.0, 1),
    ):
        setup = networks.draw(rng, sizes)
        samples = [networks.sample(rng, setup) for _ in range(count)]
        name = f"{sizes[0]}-{sizes[1]}-{sizes[2]} network, {'one sample' if count == 1 else 'two samples in turn'}"
        checks.append(_steps(name, setup, samples, rate, probe=networks.sample(rng, setup)[0]))
    return checks


def _steps(
    name: str,
    setup: Setup,
    samples: Sequence[tuple[Floats, Floats]],
    rate: float,
    *,
    probe: Floats | None = None,
    shows: str | None = None,
) -> Check:
    """Return a case that looks at the outputs after 1, 2 and 10 rounds of training."""
    look = networks.look(samples[0][0] if probe is None else probe)
    round_of: tuple[Step, ...] = tuple(networks.train(x, y, rate) for x, y in samples)
    steps: tuple[Step, ...] = (networks.create(setup), *round_of, look, *round_of, look, Repeat(8, round_of), look)
    return Check(name, Script(steps, returns=(OUTPUTS,)), visible=shows is not None, shows=shows)


def is_untouched(outcomes: Sequence[Outcome]) -> bool:
    """Whether no training changed what its network says, to the bit.

    Steps that are far too large drive it to where nothing moves any more: then it no longer says what it did at first.
    """
    at_first = [first_network.feed_forward(first_network.create(*setup.arguments), x) for setup, x in SHOWN]
    return all(
        outcome.status is Status.RETURNED and len(outcome.value) == ROWS and not np.ptp(outcome.value, axis=0).any()
        for outcome in outcomes
    ) and all(
        np.allclose(np.ravel(outcome.value[0]), said, rtol=1e-3)
        for outcome, said in zip(outcomes, at_first, strict=False)
    )


def hint(got: Any, want: Any) -> str | None:
    """Return since when the outputs are off."""
    given, wanted = np.asarray(got, dtype=np.float64), np.asarray(want, dtype=np.float64)
    if given.size != wanted.size or not np.isfinite(given).all():
        return None
    first = given.reshape(wanted.shape)[0]
    if np.allclose(first, wanted[0], rtol=1e-6, atol=1e-9):
        return "After the first step the outputs are right, later not: is something kept from one call to the next?"
    return (
        "The outputs are off from the first step on. Work out every gradient at the weights as they were, compare a "
        "few of them with (ℓ(w + h) − ℓ(w − h)) / 2h, and only then change the weights."
    )


# --- a thousand steps -------------------------------------------------------------------------------------------------


def learns_checks(_rng: np.random.Generator) -> Sequence[Check]:
    """Return the deck's own training: a thousand steps on its sample, from its weights."""
    look = networks.look(DECK_X)
    steps = (
        networks.create(DECK),
        look,
        Repeat(STEPS, (networks.train(DECK_X, DECK_Y, DECK_RATE),), every=EVERY, every_steps=(look,)),
    )
    return [
        Check(
            "the deck's program, 1000 steps",
            Script(steps, returns=(OUTPUTS,)),
            visible=True,
            holds=holds_when_learning,
            shows=f"{DECK_CALL}, then 1000 steps on x = [0.05, 0.1], y = [0.01, 0.99] with rate 0.5",
        )
    ]


def losses_of(value: Any) -> Floats | None:
    """Return ½‖p - y‖² of collected outputs, before training and after each fifth step; None where unreadable."""
    count = 1 + STEPS // EVERY
    outputs = networks.read_outputs(value, [DECK.num_outputs] * count)
    return None if outputs is None else 0.5 * ((np.array(outputs) - DECK_Y) ** 2).sum(axis=1)


def holds_when_learning(value: Any) -> str | None:
    """Return what is wrong with the losses of a thousand steps, or None."""
    losses = losses_of(value)
    if losses is None:
        return "the outputs cannot be read as 2 numbers each time"
    if not np.isfinite(losses).all():
        return f"the outputs are no longer finite numbers after step {EVERY * int(np.argmin(np.isfinite(losses)))}"
    if not np.ptp(losses):
        return (
            "the loss stalls: it never changes. The step has to change the weights inside `nn`; a new network that is "
            "returned is not used"
        )
    rises = np.diff(losses) >= 0
    if np.ptp(losses[1:]) <= 1e-6 * losses[1]:
        return (
            f"the loss jumps to {losses[1]:.3g} within {EVERY} steps and stays there: the steps are far too large. "
            "They drive the sigmoids to 0 or 1, where their slope is 0 and nothing moves any more"
        )
    if rises[0]:
        return "the loss rises from the start: the step goes up the slope instead of down, or is far too large"
    if rises.any():
        step = EVERY * int(np.argmax(rises))
        return (
            f"the loss falls up to step {step}, and in the next {EVERY} steps it does not; with this small rate it "
            "always should. Are the steps too large, or is something added up from one call to the next?"
        )
    if losses[-1] > LOW_ENOUGH:
        return (
            f"the loss falls all the way, but too slowly: it is {losses[-1]:.6f} after 1000 steps, and at most "
            f"{LOW_ENOUGH} is asked for"
        )
    return None


@cache
def _reference_losses() -> tuple[float, ...]:
    return tuple(first_network_training.losses(STEPS, EVERY))


def learns_curves(outcomes: Sequence[Outcome], _expected: Sequence[Outcome]) -> Sequence[Curve]:
    """Return the loss over a thousand steps, every fifth of them."""
    losses = losses_of(outcomes[0].value)
    if losses is None:
        return ()
    return [
        Curve(
            title="Loss over 1000 training steps",
            x_label="every fifth step",
            y_label="loss ½‖p − y‖²",
            student=tuple(losses.tolist()),
            reference=_reference_losses(),
        )
    ]
