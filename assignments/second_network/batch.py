"""Cases for `train_batch`, and the loss curves of both ways of training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from assignments.language import Check, Tolerance
from assignments.script import Call, Outcome, Script
from assignments.second_network import models
from assignments.verdict import Curve
from reference import second_network
from reference.arrays import Floats, Ints
from reference.second_network import Model

TRAIN_BATCH = "train_batch"
TOLERANCE = Tolerance(rtol=1e-5, atol=1e-5)
"""Room for somebody whose forward pass works in float32: the model it trains is in float64 and looks exact."""

RETURNS = (models.MODEL.name, "result")
SHOWN_SEED = 5
DRAWN = 1  # the position of the case whose losses are drawn
SHOWN_PASSES, SHOWN_RATE, SHOWN_COUNT = 30, 0.05, 24


def shown_model() -> Model:
    """Return the model that the training shown to the student starts from."""
    return models.draw(np.random.default_rng(SHOWN_SEED), 2, models.DECK_SIZES, 2)


def shown_samples() -> tuple[Floats, Ints]:
    """Return the half-moons that the training shown to the student sees."""
    x, y = second_network.half_moons(np.random.default_rng(SHOWN_SEED), SHOWN_COUNT, 0.1)
    return models.rounded(x), y


def batch_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `train_batch`: one shown, the others hidden."""
    few = (np.array([[1.0, -0.5], [0.25, 2.0], [-1.5, 0.5]]), np.array([0, 1, 1]))
    shows = "a model of sizes 2, [4, 6, 6, 4], 2; x_tr = [[1, -0.5], [0.25, 2], [-1.5, 0.5]], y_tr = [0, 1, 1]; η 0.5"
    # The quick one comes first: there a wrong training shows which mistake it is not.
    checks = [_check("three samples, one pass", shown_model(), *few, 1, 0.5, shows=shows)]
    shows = f"the same model; {SHOWN_COUNT} samples on two half-moons; {SHOWN_PASSES} passes, η {SHOWN_RATE}"
    checks.append(_check("two half-moons", shown_model(), *shown_samples(), SHOWN_PASSES, SHOWN_RATE, shows=shows))
    for count, dim, sizes, classes, passes, rate in (
        (7, 3, (5, 2, 4, 3), 4, 1, 0.5),
        (5, 2, (3, 4, 2, 6), 3, 4, 0.3),
        (9, 4, (2, 5, 3, 4), 2, 8, 0.1),
        (3, 2, (4, 3, 5, 2), 3, 2, 0.4),
    ):
        model = models.draw(rng, dim, sizes, classes)
        name = f"{count} samples, {classes} classes, {passes} pass{'es' * (passes > 1)}"
        checks.append(_check(name, model, *models.samples(rng, count, dim, classes), passes, rate))
    return checks


def _check(  # noqa: PLR0917 (the arguments of the call, in their order)
    name: str, model: Model, x: Floats, y: Ints, passes: int, rate: float, *, shows: str | None = None
) -> Check:
    steps = (models.set_model(model), Call(TRAIN_BATCH, (models.MODEL, x, y, passes, rate)))
    return Check(name, Script(steps, returns=RETURNS), visible=shows is not None, shows=shows)


def batch_hint(got: Any, want: Any) -> str | None:
    """Return what part of a training is off: the model, one kind of parameter, or only the losses."""
    (after, losses), (wanted, wanted_losses) = got, want
    model = models.read(after, wanted)
    if isinstance(model, str):
        return None
    off = [name for name in models.NAMES if not np.allclose(model[name], wanted[name], rtol=1e-6, atol=1e-9)]
    if not off:
        given = np.asarray(losses, dtype=np.float64)
        if given.shape != (len(wanted_losses),):
            return "The model is trained rightly, but the result should be a list with one loss for each pass."
        return "The model is trained rightly; only the losses are not what it has after each pass."
    if len(off) < len(models.NAMES):
        return f"Off are only {', '.join(f'`{name}`' for name in off)}."
    return (
        "All parameters are off. Compare one entry of each gradient with (ℓ(w + h) − ℓ(w − h)) / 2h, the last layer "
        "first."
    )


def loss_curve(title: str, losses: Any, reference: Sequence[float]) -> Curve:
    """Return a curve of the losses a training reported, pass by pass."""
    series = np.asarray([] if losses is None else losses, dtype=np.float64).ravel()
    return Curve(title, "pass over the samples", "mean cross-entropy", tuple(series.tolist()), tuple(reference))


def batch_curves(outcomes: Sequence[Outcome], expected: Sequence[Outcome]) -> Sequence[Curve]:
    """Return the losses of the training that is shown."""
    return [loss_curve("Loss in batch training", outcomes[DRAWN].value[1], expected[DRAWN].value[1])]


def is_untouched(outcomes: Sequence[Outcome]) -> bool:
    """Whether the training that is shown left its model as it was."""
    after, before = outcomes[0].value[0], shown_model()
    return all(np.array_equal(after[name], before[name]) for name in models.NAMES)
