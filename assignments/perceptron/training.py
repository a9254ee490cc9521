"""Cases for `train`, and what must hold for its result.

A trained perceptron has no one right answer: start weights and the order of the samples are free. So the result is
judged by what every right training has in common.

How the error counts are proved without knowing the start: in `_telltale` each sample has an input of its own, so
large that the small start weights do not matter beside it. Every error on a sample moves the sample's own weight by one
and the same step, so the final weights show how many errors were met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assignments.language import Check, Fault
from assignments.script import Call, Outcome, Script, Status, call
from assignments.verdict import Curve
from reference.arrays import Floats, Ints

MARGIN = 0.6
"""Distance of every sample from the line that separates the classes, so that every right training ends in time."""

ENOUGH_EPOCHS = 200
DEFAULT_RATE, DEFAULT_EPOCHS = 1.0, 100  # as the signature has them
TELLTALE_SIZE = 1000.0
LONG_TAIL = 5
"""Zeros in a row that only a training that never stops collects; one or two come of counting at another moment."""

START_SHARE = 0.05
"""Of one step: what a small start weight may add to it in a telltale input."""

ERRORS_WRONG = "errors-wrong"

SHOWN = ("two groups in the plane", "XOR")
"""The names of the two cases that are shown, and whose errors are drawn."""


@dataclass(frozen=True)
class Samples:
    """Samples `X` (N, D) with labels `y` (N,)."""

    X: Floats
    y: Ints


@dataclass(frozen=True)
class Trained:
    """What `train` returned, read: `w` (D,), `w0`, and one count for each epoch."""

    w: Floats
    w0: float
    errors: tuple[int, ...]


class UnfitError(Exception):
    """The result cannot be judged; the message is for the student."""


def train_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `train`: two shown, the others hidden."""
    shown, xor = _shown_samples(), _xor()
    checks = [
        _check(SHOWN[0], shown, {"seed": 1}, holds_when_separable, is_visible=True),
        _check(SHOWN[1], xor, {"max_epochs": 12}, holds_when_not_separable, is_visible=True, group="XOR"),
    ]
    for number, (samples, options) in enumerate(_separable(rng), start=1):
        checks.append(_check(f"separable samples, set {number}", samples, options, holds_when_separable))
    for rate in (0.5, 2.0, None):
        options = {"seed": int(rng.integers(1, 1000))} | ({} if rate is None else {"lr": rate, "max_epochs": 50})
        name = f"errors and weights agree, lr {rate or 'left out'}"
        checks.append(_check(name, _telltale(rng), options, holds_for_telltale, group="telltale"))
    for epochs in (1, int(rng.integers(5, 30)), None):
        options = {"seed": int(rng.integers(1, 1000))} | ({} if epochs is None else {"lr": 0.5, "max_epochs": epochs})
        name = f"XOR turned and moved, {'epochs left out' if epochs is None else f'{epochs} epochs'}"
        checks.append(_check(name, _moved_xor(rng), options, holds_when_not_separable, group="XOR"))
    checks.append(_same_seed_check(rng))
    return checks


# --- samples ----------------------------------------------------------------------------------------------------------


def _shown_samples() -> Samples:
    # (0.5, 0.25) and (2.5, 1.25) lie on a ray from the origin, so the bias has to learn as well.
    X = np.array([[0.5, 0.25], [2.5, 1.25], [-0.7, -1.6], [1.3, 2.4], [-1.4, 0.9], [2.9, 0.2]])
    return Samples(X, np.array([0, 1, 0, 1, 0, 1]))


def _xor() -> Samples:
    return Samples(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0]))


def _moved_xor(rng: np.random.Generator) -> Samples:
    """Draw XOR in another place, size and order, some of its points several times."""
    xor = _xor()
    angle = rng.uniform(0.2, 1.4)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    rows = rng.permutation([0, 1, 2, 3, *rng.integers(0, 4, 3)])
    X = (xor.X[rows] - 0.5) @ turn * rng.uniform(1.0, 3.0) + rng.uniform(-0.5, 0.5, 2)
    return Samples(X, xor.y[rows])


def _separable(rng: np.random.Generator) -> Iterator[tuple[Samples, dict[str, Any]]]:
    """Draw sets that a plane separates with room to spare, some of them far from the origin."""
    for count, dim, rate in ((8, 1, 1.0), (12, 2, 0.5), (30, 2, 2.0), (25, 3, 1.0), (40, 5, 0.5)):
        options = {"lr": rate, "max_epochs": ENOUGH_EPOCHS, "seed": int(rng.integers(1, 1000))}
        yield separable(rng, count, dim), options
    yield separable(rng, 10, 2), {"max_epochs": ENOUGH_EPOCHS}


def separable(rng: np.random.Generator, count: int, dim: int) -> Samples:
    """Draw `count` samples, about half of each class, none nearer than MARGIN to a plane off the origin."""
    normal = rng.normal(size=dim)
    normal /= np.linalg.norm(normal)
    offset = float(rng.choice([-1.0, 1.0]) * rng.uniform(0.8, 1.5))
    y = rng.permutation(np.arange(count) % 2)
    along = np.where(y == 1, 1.0, -1.0) * rng.uniform(MARGIN, 2.0, count)
    X = rng.normal(size=(count, dim))
    X += np.outer(offset + along - X @ normal, normal)
    # One sample of each class on a ray from the origin: no weights separate them without a bias.
    for label, side in ((0, -MARGIN), (1, MARGIN)):
        X[int(np.argmax(y == label))] = (offset + side) * normal
    return Samples(X, y)


def _telltale(rng: np.random.Generator) -> Samples:
    count = int(rng.integers(5, 9))
    y = rng.permutation(np.arange(count) % 2)
    return Samples(np.eye(count) * TELLTALE_SIZE, y)


# --- what must hold ---------------------------------------------------------------------------------------------------

Property = Callable[[Any, Samples, float, int], "str | Fault | None"]


def _check(
    name: str,
    samples: Samples,
    options: dict[str, Any],
    holds: Property,
    *,
    is_visible: bool = False,
    group: str = "",
) -> Check:
    rate, epochs = options.get("lr", DEFAULT_RATE), options.get("max_epochs", DEFAULT_EPOCHS)
    return Check(
        name,
        call("train", samples.X, samples.y, **options),
        visible=is_visible,
        holds=lambda value: holds(value, samples, rate, epochs),
        group=group,
    )


def _same_seed_check(rng: np.random.Generator) -> Check:
    samples, seed = separable(rng, 20, 3), int(rng.integers(1, 1000))
    options = {"max_epochs": ENOUGH_EPOCHS, "seed": seed}
    steps = tuple(Call("train", (samples.X, samples.y), options, save=name) for name in ("first", "second"))

    def holds(value: Any) -> str | Fault | None:
        first, second = value
        problem = holds_when_separable(first, samples, 1.0, ENOUGH_EPOCHS)
        if problem is not None:
            return problem
        one, other = read(first, samples), read(second, samples)
        if one.errors == other.errors and np.array_equal(one.w, other.w) and one.w0 == other.w0:
            return None
        return "two calls with the same seed gave different results; draw every random number from `seed`"

    return Check("the same seed twice", Script(steps, returns=("first", "second")), holds=holds)


def read(value: Any, samples: Samples) -> Trained:
    """Return what `train` returned, in whatever form it came.

    Raises:
        UnfitError: it is not (w, w0, errors), or one of them cannot be what it should.
    """
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise UnfitError("`train` should return three things: `(w, w0, errors)`")
    w, w0, errors = value
    dim = samples.X.shape[1]
    w = _floats(w, "w")
    if w.shape != (dim,):
        raise UnfitError(f"`w` came back with shape {w.shape}; expected ({dim},)")
    w0 = _floats(w0, "w0")
    if w0.size != 1:
        raise UnfitError(f"`w0` came back with shape {w0.shape}; expected a single number")
    if not (np.isfinite(w).all() and np.isfinite(w0).all()):
        raise UnfitError("`w` or `w0` holds NaN or infinity; expected finite numbers")
    return Trained(w, float(w0.reshape(())), _counts(errors, len(samples.y)))


def _floats(value: Any, name: str) -> Floats:
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "fiub":
        raise UnfitError(f"`{name}` is not made of numbers")
    return array.astype(np.float64)


def _counts(value: Any, count: int) -> tuple[int, ...]:
    errors = _floats(value, "errors")
    if errors.ndim != 1 or errors.size == 0:
        raise UnfitError(f"`errors` came back with shape {errors.shape}; expected a list with one count for each epoch")
    if not all(error in range(count + 1) for error in errors.tolist()):
        raise UnfitError(f"`errors` should count samples: whole numbers from 0 to {count}")
    return tuple(int(error) for error in errors)


def holds_when_separable(value: Any, samples: Samples, _rate: float, epochs: int) -> str | Fault | None:
    """Return what is wrong with a training on samples that can be separated, or None."""
    try:
        trained = read(value, samples)
    except UnfitError as error:
        return Fault(str(error), ERRORS_WRONG if _is_weights_right(value, samples) else None)
    missed = _missed(trained.w, trained.w0, samples)
    if missed:
        return f"the returned weights decide wrongly on {missed} of {len(samples.y)} samples, which can be separated"
    problem = _errors_problem(trained.errors, epochs)
    return Fault(problem, ERRORS_WRONG) if problem else None


def _errors_problem(errors: tuple[int, ...], epochs: int) -> str | None:
    """Return how the counts of a training that reached its aim contradict that, or None."""
    if len(errors) > epochs:
        return f"`errors` has {len(errors)} entries, for at most {epochs} epochs"
    if errors[-1] != 0:
        return "the last entry of `errors` is not 0, although the samples can be separated"
    if 0 in errors[:-1]:
        return "`errors` goes on after the first epoch without an error"
    return None


def holds_when_not_separable(value: Any, samples: Samples, _rate: float, epochs: int) -> str | Fault | None:
    """Return what is wrong with a training that can never succeed, or None."""
    try:
        trained = read(value, samples)
    except UnfitError as error:
        return Fault(str(error), fits=(ERRORS_WRONG,))
    if len(trained.errors) != epochs:
        count = len(trained.errors)
        entries = "1 entry" if count == 1 else f"{count} entries"
        problem = f"`errors` has {entries}; no line separates these samples, so expected {epochs}"
        if len(trained.errors) == 1:
            return Fault(problem, ERRORS_WRONG)
        # One entry too many or too few: the list may be wrong, or the number of epochs.
        return Fault(problem, fits=(ERRORS_WRONG,) if abs(len(trained.errors) - epochs) == 1 else ())
    if 0 in trained.errors:
        problem = "`errors` has an epoch without an error, but no line separates these samples"
        return Fault(problem, ERRORS_WRONG)
    return None


def holds_for_telltale(value: Any, samples: Samples, rate: float, epochs: int) -> str | Fault | None:
    """Return what is wrong with a training whose weights show every error it met, or None."""
    problem = holds_when_separable(value, samples, rate, epochs)
    if problem is not None:
        return problem
    trained = read(value, samples)
    met = _updates(trained.w, rate * TELLTALE_SIZE)
    if met == sum(trained.errors):
        return None
    # Counts that fit whole steps: either `lr` was not used, or (only for a large one) the counts are too high.
    if sum(trained.errors) == _updates(trained.w, TELLTALE_SIZE) and (met is None or rate < 1):
        return "the steps the weights took are whole samples: the learning rate `lr` should scale them"
    if met is None:
        return "the weights are not where steps of `lr` times a sample can take them from a small start"
    return Fault(
        f"`errors` adds up to {sum(trained.errors)}, but the weights show {met} updates: count each sample at the "
        "moment it is met, before the weights change",
        ERRORS_WRONG,
    )


def _updates(w: Floats, step: float) -> int | None:
    """Return how many steps of that size the weights of a telltale training took, or None where they took others."""
    steps = np.abs(w) / step
    if np.abs(steps - np.round(steps)).max() > START_SHARE:
        return None
    return int(np.round(steps).sum())


def _missed(w: Floats, w0: float, samples: Samples) -> int:
    return int(((samples.X @ w + w0 > 0) != (samples.y == 1)).sum())


def _is_weights_right(value: Any, samples: Samples) -> bool:
    """Return whether a result that cannot be read as a whole still holds weights that separate the samples."""
    try:
        trained = read((value[0], value[1], [0]), samples)
    except (UnfitError, TypeError, IndexError, KeyError):
        return False
    return _missed(trained.w, trained.w0, samples) == 0


# --- recognising a mistake over all cases -----------------------------------------------------------------------------


def _error_lists(outcomes: Sequence[Outcome]) -> Iterator[list[int]]:
    """Yield the errors of every result that has some, the two of the seed check included."""
    for outcome in outcomes:
        if outcome.status is not Status.RETURNED:
            continue
        results = outcome.value if len(outcome.value) == 2 else [outcome.value]
        for result in results:
            yield [int(error) for error in result[2]]


def never_stops(outcomes: Sequence[Outcome]) -> bool:
    """Whether most trainings went on after an epoch without an error, and only repeated that there was none."""
    lists = list(_error_lists(outcomes))
    tails = [errors[errors.index(0) :] for errors in lists if 0 in errors]
    # XOR never gets there: counts that say so are wrong in another way.
    if len(tails) == len(lists) or any(any(tail) for tail in tails):
        return False
    return 2 * sum(len(tail) > LONG_TAIL for tail in tails) > len(lists)


def stops_after_one(outcomes: Sequence[Outcome]) -> bool:
    """Whether every training ended after one epoch, most of them with errors left."""
    lists = list(_error_lists(outcomes))
    unfinished = sum(errors[-1] > 0 for errors in lists)
    return all(len(errors) == 1 for errors in lists) and 2 * unfinished > len(lists)


# --- the curve --------------------------------------------------------------------------------------------------------


def train_curves(outcomes: Sequence[Outcome], expected: Sequence[Outcome]) -> Sequence[Curve]:
    """Return the errors in each epoch on the samples that are shown, wherever the student gave a list of numbers."""
    curves = []
    for at, name in enumerate(SHOWN):
        errors = _drawable(outcomes[at])
        if errors is not None:
            reference = tuple(float(count) for count in expected[at].value[2])
            curves.append(Curve(f"Errors while training, {name}", "epoch", "misclassified samples", errors, reference))
    return curves


def _drawable(outcome: Outcome) -> tuple[float, ...] | None:
    """Return the errors of a result that may be wrong in every other way, or None."""
    value = outcome.value
    if outcome.status is not Status.RETURNED or not isinstance(value, list | tuple) or len(value) != 3:
        return None
    try:
        errors = _floats(value[2], "errors")
    except UnfitError:
        return None
    return tuple(errors.ravel().tolist()) or None
