"""Cases for the linear models: batches of unequal sizes, never all of one size at which two mistakes look alike.

With one sample a sum is a mean, with two the 2 and 1/n of the gradient cancel, on a square batch a wrong axis keeps
the shape: each such size occurs, and never alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from assignments.language import Check
from assignments.script import Call, Ref, Script, Set, call
from reference import linear
from reference.arrays import Floats, Ints
from reference.gradcheck import central_differences

VALUE = ("value",)
OWN_LOSS = "own loss"
"""The part, worth no points, in which a gradient is held against the student's own loss."""

STEP = 1e-4
"""For central differences of a loss that may be computed in float32; on a square they are exact but for rounding."""

CLOSE = 1e-3
"""Relative error at which a gradient belongs to a loss; a forgotten factor is at least 0.3 off."""

GAP = 0.3
"""Scores of a row keep this far apart, so that no rounding makes a tie."""

KEPT = 0.05
"""The part of its terms' sizes that an entry of a gradient is at least."""

TRIES = 12
"""Samples drawn for a class before other weights are tried."""

SHOWN_X = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0], [-2.0, 0.5], [1.0, 1.0]])
SHOWN_Y = np.array([1.0, 2.0, -1.0, 0.0, 3.0])
SHOWN_W = np.array([0.5, -1.0])


# --- regression -------------------------------------------------------------------------------------------------------


def loss_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `regression_loss`."""
    return _regression_checks("regression_loss", rng)


def gradient_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `regression_gradient`, and one that asks for the student's own loss around a point."""
    X, y, w = _draw_regression(rng, 6, 3)
    own = Check(
        "beside your own regression_loss",
        _gradient_and_losses(X, y, w),
        holds=partial(_belongs, X=X, y=y, w=w),
        parts=(OWN_LOSS,),
    )
    return [*_regression_checks("regression_gradient", rng, parts=VALUE), own]


def _regression_checks(function: str, rng: np.random.Generator, parts: tuple[str, ...] = ()) -> list[Check]:
    few, many = int(rng.integers(3, 6)), int(rng.integers(7, 12))
    sizes = {
        "one weight": (few, 1),
        "more weights than samples": (3, int(rng.integers(5, 8))),
        "as many weights as samples": (4, 4),
        "many samples": (many, int(rng.integers(2, 5))),
        "two samples": (2, 3),
        "one sample": (1, 2),
    }
    checks = [
        Check("five samples", call(function, SHOWN_X, SHOWN_Y, SHOWN_W), visible=True, parts=parts),
        Check("three of them", call(function, SHOWN_X[:3], SHOWN_Y[:3], SHOWN_W * 2), visible=True, parts=parts),
    ]
    checks += [Check(name, call(function, *_draw_regression(rng, *size)), parts=parts) for name, size in sizes.items()]
    X, y, w = _draw_regression(rng, many, 3)
    return [*checks, Check("numbers in the hundreds", call(function, 20.0 * X, 200.0 * y, 10.0 * w), parts=parts)]


def _draw_regression(rng: np.random.Generator, samples: int, dim: int) -> tuple[Floats, Floats, Floats]:
    """Draw X (N, D), y (N,) and w (D,) for which no entry of the gradient comes out small by cancelling.

    What cancels in float32 leaves its rounding behind: an entry is kept away from 0 by a part of its terms' sizes.
    """
    while True:
        X, y, w = rng.normal(size=(samples, dim)), rng.normal(0.0, 2.0, samples), rng.normal(size=dim)
        residuals, sizes = X @ w - y, np.abs(X) @ np.abs(w) + np.abs(y)
        if (np.abs(X.T @ residuals) > KEPT * (np.abs(X).T @ sizes)).all():
            return X, y, w


def _gradient_and_losses(X: Floats, y: Floats, w: Floats) -> Script:
    """Return a script for the gradient at `w`, then the losses a step up and a step down along each axis."""
    steps: list[Any] = [Set("X", X), Set("y", y), Call("regression_gradient", (X, y, w), save="gradient")]
    for axis in range(len(w)):
        for sign in (1.0, -1.0):
            moved = w.copy()
            moved[axis] += sign * STEP
            steps.append(
                Call(
                    "regression_loss",
                    (Ref("X"), Ref("y"), moved),
                    save="losses",
                    collect=True,
                    rests_on="regression_loss",
                )
            )
    return Script(tuple(steps), ("gradient", "losses"))


def _belongs(returned: Any, *, X: Floats, y: Floats, w: Floats) -> str | None:
    """Return None for the right gradient, else what it has to do with the student's own loss."""
    gradient, losses = returned
    given = np.asarray(gradient, dtype=np.float64)
    if given.size == w.size and np.allclose(given.reshape(w.shape), linear.regression_gradient(X, y, w), rtol=CLOSE):
        return None
    pairs = np.asarray(losses, dtype=np.float64).reshape(len(w), 2)
    slopes = (pairs[:, 0] - pairs[:, 1]) / (2.0 * STEP)
    if given.size != w.size:
        return "A gradient has an entry for each weight. Its entries are the slopes of the loss along the weights."
    if np.allclose(given.reshape(w.shape), slopes, rtol=CLOSE, atol=CLOSE):
        return (
            "This is the gradient of the `regression_loss` you handed in: central differences agree. So it is the loss "
            "that needs mending first, and the gradient with it."
        )
    true_slopes = central_differences(lambda v: linear.regression_loss(X, y, v), w)
    if not np.allclose(slopes, true_slopes, rtol=CLOSE, atol=CLOSE):
        return "It belongs neither to the loss that is asked for nor to the `regression_loss` you handed in."
    return (
        "It does not belong to your own `regression_loss`, whose slopes are right: compare each entry with "
        "(loss at w_j + h − loss at w_j − h) / 2h for a small h."
    )


# --- classification ---------------------------------------------------------------------------------------------------

SHOWN_CLASSES = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, -1.0]])


def classify_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `classify`: single samples in pairs of different classes, and batches."""
    shown_batch = np.array([[-3.0, 0.5], [2.0, 0.5], [0.5, 1.0], [-2.0, -0.5]])
    checks = [
        Check("one sample", call("classify", SHOWN_CLASSES, np.array([3.0, 1.0])), visible=True, group="shown"),
        Check("another", call("classify", SHOWN_CLASSES, np.array([-1.0, -2.0])), visible=True, group="shown"),
        Check("four samples", call("classify", SHOWN_CLASSES, shown_batch), visible=True),
    ]
    for classes, dim in ((int(rng.integers(3, 5)), 2), (int(rng.integers(6, 9)), int(rng.integers(3, 6))), (4, 4)):
        first, second = (int(label) for label in rng.choice(classes, 2, replace=False))
        for label in (first, second):
            W, X = _draw_classes(rng, classes, dim, np.array([label]))
            checks.append(
                Check(f"one sample, {classes} classes", call("classify", W, X[0]), group=f"single {classes} {dim}")
            )
    for samples, classes, dim in (
        (7, int(rng.integers(3, 6)), int(rng.integers(2, 5))),
        (3, 6, 4),
        (5, 5, 3),
        (4, 4, 4),
        (6, 2, 3),
        (1, 4, 3),
    ):
        labels = rng.integers(0, classes, samples)
        labels[0], labels[-1] = classes - 1, 1 if samples == 1 else 0
        W, X = _draw_classes(rng, classes, dim, labels)
        checks.append(Check(f"{samples} samples, {classes} classes, {dim} inputs", call("classify", W, X)))
    return checks


def _draw_classes(rng: np.random.Generator, classes: int, dim: int, labels: Ints) -> tuple[Floats, Floats]:
    """Draw weights (C, D) and samples (N, D) whose largest scores are at `labels`, away from ties at both ends."""
    while True:
        W = rng.normal(0.0, 1.5, (classes, dim))
        rows = [_draw_sample(rng, W, int(label)) for label in labels]
        found = [row for row in rows if row is not None]
        if len(found) == len(rows):
            return W, np.array(found)


def _draw_sample(rng: np.random.Generator, W: Floats, label: int) -> Floats | None:
    # Near the direction of its own class, or a sample would have to be drawn very often.
    drawn = W[label] + rng.normal(0.0, 1.0, (TRIES, W.shape[1]))
    scores = drawn @ W.T
    ranked = np.sort(scores, axis=1)
    is_clear = (ranked[:, -1] - ranked[:, -2] > GAP) & (ranked[:, 1] - ranked[:, 0] > GAP)
    found = np.flatnonzero(is_clear & (np.argmax(scores, axis=1) == label))
    return np.array(drawn[found[0]]) if found.size else None


# --- the ILSVRC's error -----------------------------------------------------------------------------------------------


def top_k_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `top_k_error`."""
    scores = np.array([[0.1, 0.7, 0.2], [0.5, 0.4, 0.1], [0.2, 0.3, 0.5], [0.6, 0.1, 0.3]])
    labels = np.array([1, 1, 0, 1])
    checks = [
        Check("top-1", call("top_k_error", scores, labels, 1), visible=True),
        Check("top-2", call("top_k_error", scores, labels, 2), visible=True),
    ]
    for rows, classes, k in (
        (7, 4, 1),
        (9, int(rng.integers(5, 8)), 2),
        (int(rng.integers(7, 12)), 8, 3),
        (11, int(rng.integers(11, 15)), 5),
        (8, 10, 4),
    ):
        table, truth = _draw_scores(rng, rows, classes, k)
        by_name = rng.random() < 0.5
        script = call("top_k_error", table, truth, k=k) if by_name else call("top_k_error", table, truth, k)
        checks.append(Check(f"{rows} rows, {classes} classes, top-{k}", script))
    table, truth = _draw_scores(rng, 5, 5, 2)
    checks.append(Check("as many rows as classes, top-2", call("top_k_error", table, truth, 2)))
    checks.append(Check("k is the number of classes", call("top_k_error", table, truth, 5), group="all classes"))
    table, truth = _draw_scores(rng, 6, 5, 3)
    checks.append(Check("6 rows, 5 classes, top-3", call("top_k_error", table, truth, 3), group="all classes"))
    return checks


def _draw_scores(rng: np.random.Generator, rows: int, classes: int, k: int) -> tuple[Floats, Ints]:
    """Draw scores (N, C) without ties and labels (N,) for which no other question has the same answer."""
    while True:
        order = rng.permuted(np.tile(np.arange(classes), (rows, 1)), axis=1)
        labels = rng.integers(0, classes, rows)
        above = classes - 1 - order[np.arange(rows), labels]
        below = classes - 1 - above
        answer, bottom = np.count_nonzero(above >= k), np.count_nonzero(below >= k)
        others = {rows - answer, bottom, rows - bottom, np.count_nonzero(above > k)}
        if k > 1:
            first = np.count_nonzero(above >= 1)
            others |= {first, rows - first, np.count_nonzero(above >= k - 1)}
        if 0 < answer < rows and answer not in others:
            table: Floats = np.round((order + rng.uniform(-0.3, 0.3, order.shape)) * 0.7 - 1.5, 3)
            return table, labels
