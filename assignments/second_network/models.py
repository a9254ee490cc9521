"""Models and samples to judge with, what `create` must give, and how a student's model is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from assignments.language import Check
from assignments.script import Call, Ref, Script, Set
from reference import second_network
from reference.arrays import Floats, Ints
from reference.second_network import LAYERS, Model

MODEL = Ref("model")
NAMES = tuple(f"{kind}{layer}" for layer in range(1, LAYERS + 1) for kind in "Wb")
DECK_SIZES = [4, 6, 6, 4]

SIGMAS = 6.0
"""How far a mean or a spread of drawn weights may be from N(0, 1)'s: once in a thousand million times by chance."""

TAIL, ENOUGH = 2.0, 300
"""Of 300 weights from N(0, 1), some are beyond ±2, but for a chance of one in a million."""


def set_model(model: Model) -> Set:
    """Return the step that puts a model of the grader's in place."""
    return Set(MODEL.name, model)


def draw(rng: np.random.Generator, input_dim: int, sizes: Sequence[int], output_dim: int) -> Model:
    """Draw a model with weights and biases, so that neither can be left out unseen."""
    widths = [input_dim, *sizes, output_dim]
    model: Model = {}
    for layer in range(1, LAYERS + 1):
        model[f"W{layer}"] = rng.normal(0.0, 0.8, (widths[layer - 1], widths[layer]))
        model[f"b{layer}"] = rng.choice([-1.0, 1.0], (1, widths[layer])) * rng.uniform(0.2, 0.6, (1, widths[layer]))
    return model


def samples(rng: np.random.Generator, count: int, dim: int, classes: int) -> tuple[Floats, Ints]:
    """Draw samples (N, D) and labels (N,), every class among them where there are enough."""
    return rounded(rng.normal(size=(count, dim))), rng.permutation(np.arange(count) % classes)


def rounded(x: Floats) -> Floats:
    """Return samples in whole 1024ths, which float32 holds exactly: who converts them loses nothing by it."""
    return np.round(x * 1024.0) / 1024.0


def copy(model: Model) -> Model:
    """Return a model that may be changed."""
    return {name: value.copy() for name, value in model.items()}


def read(value: Any, like: Model) -> Model | str:
    """Return a student's model as arrays of the shapes of `like`, or what is wrong with it."""
    if not isinstance(value, dict):
        return "the model is no dict any more"
    found: Model = {}
    for name, wanted in like.items():
        if name not in value:
            return f"the model has no `{name}`; expected are W1 to W5 and b1 to b5"
        try:
            array = np.asarray(value[name])
        except ValueError:
            array = np.asarray(None)
        if array.dtype.kind not in "fiub":
            return f"`{name}` is not made of numbers"
        if array.shape != wanted.shape:
            return f"`{name}` has shape {array.shape}; expected {wanted.shape}"
        found[name] = array.astype(np.float64)
    broken = [name for name, array in found.items() if not np.isfinite(array).all()]
    return f"`{broken[0]}` holds NaN or infinity; expected finite numbers" if broken else found


def create_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `create`: the deck's sizes are shown, others hidden."""
    # Wide layers, so that it can be seen how weights are drawn.
    wide = [[int(size) for size in rng.integers(20, 40, 4)] for _ in range(3)]
    return [
        _create_check("the deck's sizes", (2, DECK_SIZES), {}, is_visible=True),
        _create_check("three classes", (5, [3, 7, 2, 6]), {"output_dim": 3}, is_visible=True),
        _create_check("wide layers, sizes as a tuple", (int(rng.integers(20, 40)), tuple(wide[2]), 4), {}),
        _create_check("wide layers", (int(rng.integers(20, 40)), wide[0]), {}),
        _create_check("wide layers, many classes", (int(rng.integers(20, 40)), wide[1], 25), {}),
    ]


def _create_check(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, is_visible: bool = False) -> Check:
    calls = tuple(Call("neural_network_create", args, kwargs, save=save) for save in ("first", "second"))
    like = second_network.create(*args, **kwargs)

    def holds(value: Any) -> str | None:
        first, second = value
        for model in (first, second):
            if model is None:
                return "None came back. Is a `return` missing?"
            problem = _problem(model, like)
            if problem:
                return problem
        if all(np.array_equal(first[name], second[name]) for name in NAMES if name[0] == "W"):
            return "two calls gave the same weights: draw them anew each time, and do not seed the generator first"
        return None

    script = Script(calls, returns=("first", "second"))
    return Check(name, script, visible=is_visible, holds=holds)


def _problem(value: Any, like: Model) -> str | None:
    """Return what a new model lacks, or None."""
    if not isinstance(value, dict):
        return "the model should be a dict with the keys W1 to W5 and b1 to b5"
    model = read(value, like)
    if isinstance(model, str):
        return model
    for name, array in model.items():
        if name[0] == "b" and array.any():
            return f"`{name}` is not 0: every bias starts at 0"
        if name[0] == "W" and array.size > 1 and not np.ptp(array):
            return f"all weights of `{name}` are the same: each has to be drawn by itself"
        if name[0] == "W" and array.size >= ENOUGH:
            problem = _not_normal(array)
            if problem:
                return (
                    f"the weights of `{name}` {problem}; expected draws from N(0, 1), as `np.random.randn` makes them"
                )
    return None


def _not_normal(weights: Floats) -> str | None:
    count = weights.size
    if np.array_equal(weights, np.round(weights)):
        return "are whole numbers"
    if np.array_equal(weights, np.round(weights)):
        return "are whole numbers"
    if abs(weights.mean()) > SIGMAS / np.sqrt(count):
        return "do not lie around 0"
    if abs(weights.std() - 1.0) > SIGMAS / np.sqrt(2.0 * count):
        return "have another spread than 1"
    if np.abs(weights).max() < TAIL:
        return "are not normally distributed"
    return None
