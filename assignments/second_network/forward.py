"""Cases for `feed_forward` and `cross_entropy`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from assignments.language import Check
from assignments.script import Call, Outcome, Script, call
from assignments.second_network import models
from reference import second_network
from reference.arrays import Floats
from reference.second_network import Model

FEED_FORWARD, CROSS_ENTROPY = "neural_network_feed_forward", "cross_entropy"

SHOWN_MODEL_SEED = 11
LARGE = 1000.0
"""exp of a sum this large is infinite, exp of its negative 0."""

EVERY_DAY = 5
"""How many of the first cases have sums of everyday size."""


def _shown() -> list[tuple[Model, Floats]]:
    """Return the models and samples that the student is shown."""
    first = models.draw(np.random.default_rng(SHOWN_MODEL_SEED), 2, models.DECK_SIZES, 2)
    second = models.draw(np.random.default_rng(SHOWN_MODEL_SEED + 1), 3, (2, 5, 4, 3), 3)
    return [(first, np.array([[0.5, -1.0], [1.5, 0.25], [-0.75, 0.5]])), (second, np.array([[1.0, -0.5, 2.0]]))]


def forward_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `feed_forward`: one shown, the others hidden."""
    (shown, x), (other, single) = _shown()
    shows = f"{FEED_FORWARD}(model, x) for a model of sizes 2, [4, 6, 6, 4], 2 and x = {x.tolist()}"
    checks = [_forward("three samples in the plane", shown, x, is_visible=True, shows=shows)]
    shows = f"{FEED_FORWARD}(model, x) for a model of sizes 3, [2, 5, 4, 3], 3 and x = {single.tolist()}"
    checks.append(_forward("one sample", other, single, is_visible=True, shows=shows))
    for count, dim, sizes, classes in ((7, 3, (5, 4, 6, 2), 4), (2, 4, (3, 2, 5, 4), 3), (1, 2, (4, 6, 6, 4), 2)):
        model = models.draw(rng, dim, sizes, classes)
        name = f"{count} sample{'s' * (count > 1)}, {classes} classes"
        checks.append(_forward(name, model, rng.normal(size=(count, dim))))
    for sign, what in ((1.0, "large"), (-1.0, "very negative")):
        model = models.draw(rng, 3, (4, 3, 5, 2), 3)
        model["b5"] = sign * (LARGE + rng.uniform(0.0, 3.0, (1, 3)))
        checks.append(_forward(f"{what} sums before the softmax", model, rng.normal(size=(4, 3))))
    model = models.draw(rng, 3, (4, 3, 5, 2), 3)
    model["b5"] = rng.permutation([-LARGE, 0.0, LARGE])[None]
    checks.append(_forward("sums far apart before the softmax", model, rng.normal(size=(4, 3))))
    return [*checks, _unchanged_check(models.draw(rng, 2, (3, 5, 4, 6), 3), rng.normal(size=(5, 2)))]


def is_wrong_far_out_only(outcomes: Sequence[Outcome]) -> bool:
    """Whether the softmax is right for everyday sums, and gives no probabilities for some that are large."""
    # The last one is about something else.
    every_day, far_out = outcomes[:EVERY_DAY], outcomes[EVERY_DAY:-1]
    for outcome, (model, x) in zip(every_day, _shown(), strict=False):
        right = second_network.feed_forward(model, x)
        if not all(np.allclose(*pair, rtol=1e-4) for pair in zip(outcome.value, right, strict=True)):
            return False
    return all(_gives_probabilities(outcome) for outcome in every_day) and any(
        outcome.error_type == "OverflowError" or not _gives_probabilities(outcome) for outcome in far_out
    )


def _gives_probabilities(outcome: Outcome) -> bool:
    if outcome.value is None:
        return False
    total = np.asarray(outcome.value[-1], dtype=np.float64).sum(axis=1)
    return bool(np.abs(total - 1.0).max() < CLOSE_TO_ONE)  # a NaN is not close


def _forward(name: str, model: Model, x: Floats, *, is_visible: bool = False, shows: str | None = None) -> Check:
    script = Script((models.set_model(model), Call(FEED_FORWARD, (models.MODEL, x))))
    return Check(name, script, visible=is_visible, shows=shows)


def _unchanged_check(model: Model, x: Floats) -> Check:
    def holds(value: Any) -> str | None:
        after, outputs = value
        if outputs is None:
            return "nothing came back. Is a `return` missing?"
        before = models.read(after, model)
        if isinstance(before, str):
            return before
        if after.keys() != model.keys():
            return "the forward pass put something into the model, which it must not change; keep it elsewhere"
        if any(not np.array_equal(before[name], model[name]) for name in model):
            return "the forward pass changed the model: work with new arrays, `z = a @ W + b`"
        return None

    steps = (models.set_model(model), Call(FEED_FORWARD, (models.MODEL, x)))
    return Check("the model stays as it is", Script(steps, returns=(models.MODEL.name, "result")), holds=holds)


def forward_hint(got: Any, want: Any) -> str | None:
    """Return which layer is the first to be off."""
    for layer, (given, wanted) in enumerate(zip(got, want, strict=True), start=1):
        array = np.asarray(given, dtype=np.float64)
        if array.shape != wanted.shape:
            return None
        if not np.allclose(array, wanted, rtol=1e-6, atol=1e-9):
            if layer == len(want) and not np.isfinite(array).all():
                return "exp overflowed, or a whole row of it became 0: subtract each row's own largest entry first."
            if layer == len(want):
                total = np.abs(array.sum(axis=1) - 1.0).max()
                rows = "" if total < CLOSE_TO_ONE else " Every row of probabilities should add up to 1."
                return f"The four hidden layers are right, only the last one is not.{rows}"
            return (
                f"Layer {layer} is the first that is off: tanh of its inputs times `W{layer}` plus `b{layer}` is due."
            )
    return None


CLOSE_TO_ONE = 1e-5

UNLIKELY = 0.004
"""Small, yet so large that 1e-8 added before the logarithm does not show."""


def cross_entropy_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `cross_entropy`: one shown, the others hidden."""
    p = np.array([[0.25, 0.75], [0.5, 0.5], [0.875, 0.125]])
    three = np.array([[0.5, 0.25, 0.25], [0.125, 0.25, 0.625]])
    checks = [
        Check("three samples, two classes", call(CROSS_ENTROPY, p, np.array([1, 0, 1])), visible=True),
        Check("two samples, three classes", call(CROSS_ENTROPY, three, np.array([2, 0])), visible=True),
    ]
    for count, classes in ((5, 2), (4, 4), (8, 3), (1, 5), (3, 3)):
        name = f"{count} sample{'s' * (count > 1)}, {classes} classes"
        # Nothing near 0: a small number added before the logarithm shall not show.
        parts = rng.uniform(0.2, 1.0, (count, classes))
        labels = rng.permutation((np.arange(count) + int(rng.integers(1, classes))) % classes)
        checks.append(Check(name, call(CROSS_ENTROPY, parts / parts.sum(axis=1, keepdims=True), labels)))
    # One sample that is thought unlikely, which clipped probabilities would hide.
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5], [UNLIKELY, 0.4, 0.6 - UNLIKELY]])
    y, order = np.array([1, 0, 2, 0]), rng.permutation(4)
    return [*checks, Check("one label is thought unlikely", call(CROSS_ENTROPY, p[order], y[order]))]
