"""Cases for `train_stochastic`, and what must hold for a training whose order is free.

Every order of the samples is right, so the result is judged by what all of them have in common:

- With a tiny learning rate no step notices the others, and a pass moves the model by the sum of its steps: by the
  gradients of the single samples, each times 1/size of the mini-batch it was in. There are more parameters than
  samples, so these factors can be read off the model (`_factors`): 0 for a sample never seen, twice as much for one
  seen twice, 1 where the gradients were added up.
- With very few samples all orders can be tried (`_every_outcome`), which shows that each mini-batch makes a step of
  its own, from where the one before it ended.
- With one mini-batch as large as the data there is no order: the result is that of `train_batch`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from assignments.language import Check, Fault
from assignments.script import Call, Outcome, Script
from assignments.second_network import batch, models
from assignments.verdict import Curve
from reference import second_network, second_network_training
from reference.arrays import Floats, Ints
from reference.second_network import Model
from reference.second_network_training import Gradients

TRAIN_STOCHASTIC = "train_stochastic"

TINY = 1e-8
"""A learning rate at which a step's effect on the next is as small as rounding: about 1e-8 of the step."""

STEADY, TRIES = 300.0, 200
"""The largest condition number of the samples' gradients, so that factors can be read off to a thousandth."""

FIT = 1e-3
"""How far factors read off a model may be from the truth, as a fraction."""

WHOLE = 0.05
"""How far a count that is read off the factors may be from a whole number."""

CLOSE, NEAR_ZERO = batch.TOLERANCE.rtol, batch.TOLERANCE.atol

SUM, SLOPE, BIASES, AVERAGED = "sum-for-mean", "tanh-slope", "biases-not-trained", "biases-averaged"
ONE_HOT, OTHER_SLOPE = "one-hot-expected", "other-slope"
WRONG_GRADIENTS: tuple[tuple[str, Gradients], ...] = (
    (SUM, second_network_training.gradients_sum),
    (SLOPE, second_network_training.gradients_tanh_slope),
    (BIASES, second_network_training.gradients_without_biases),
    (SUM, second_network_training.gradients_sum_without_biases),
    (SLOPE, second_network_training.gradients_tanh_slope_sum),
    *((SLOPE, second_network_training.gradients_tanh_slope_in(layer)) for layer in range(1, 5)),
    (SLOPE, second_network_training.gradients_tanh_slope_without_biases),
    (BIASES, second_network_training.gradients_without_hidden_biases),
    (BIASES, second_network_training.gradients_without_output_bias),
    (SUM, second_network_training.gradients_sum_for_weights),
    (SUM, second_network_training.gradients_sum_for_biases),
    (AVERAGED, second_network_training.gradients_mean_of_biases),
    (ONE_HOT, second_network_training.gradients_label_column),
    (OTHER_SLOPE, second_network_training.gradients_without_slope),
    (OTHER_SLOPE, second_network_training.gradients_sigmoid_slope),
    (OTHER_SLOPE, second_network_training.gradients_tanh_of_output),
)
NAMES = (SUM, SLOPE, BIASES, AVERAGED, ONE_HOT, OTHER_SLOPE)

LOSSES = (
    second_network.cross_entropy,
    second_network.cross_entropy_sum,
    second_network.cross_entropy_mean_of_entries,
    second_network.cross_entropy_positive_log,
    second_network.cross_entropy_base_two,
    second_network.cross_entropy_base_ten,
    second_network.cross_entropy_without_log,
    second_network.cross_entropy_two_classes,
    second_network.cross_entropy_of_largest,
    second_network.cross_entropy_log_of_mean,
    second_network.cross_entropy_all_columns,
)

UNTOUCHED = (
    "the model is exactly as it was before: change the arrays in the dict that was handed in; a new model that is "
    "returned is not used"
)
UPHILL = "the model moves up the slope: a step goes against the gradient"


@dataclass(frozen=True)
class Run:
    """One call of `train_stochastic`: the model it starts from, samples `x` (N, D), labels `y` (N,), and the rest."""

    model: Model
    x: Floats
    y: Ints
    passes: int
    size: int
    rate: float

    @property
    def count(self) -> int:
        """N."""
        return len(self.y)

    def script(self) -> Script:
        """Return the call as a script that gives back the model and the losses."""
        args = (models.MODEL, self.x, self.y, self.passes, self.size, self.rate)
        return Script((models.set_model(self.model), Call(TRAIN_STOCHASTIC, args)), returns=batch.RETURNS)

    def loss(self, model: Model) -> float:
        """Return a model's loss over all samples."""
        return second_network.cross_entropy(second_network.feed_forward(model, self.x)[-1], self.y)


Property = Callable[[Run, Model, Any], "str | Fault | None"]


def stochastic_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `train_stochastic`: one shown, the others hidden."""
    shown = Run(batch.shown_model(), *batch.shown_samples(), passes=30, size=10, rate=0.1)
    shows = "a model of sizes 2, [4, 6, 6, 4], 2; 24 samples on two half-moons; 30 passes, batch_size 10, η 0.1"
    checks = [_check("two half-moons: the loss falls", shown, _falls, shows=shows)]
    shown = Run(batch.shown_model(), shown.x[:9], shown.y[:9], passes=1, size=4, rate=TINY)
    shows = "the same model; 9 of the samples; one pass, batch_size 4, a tiny η: all steps together"
    checks.append(_check("each sample is seen once", shown, _sees_each_sample, shows=shows))
    for count, size, passes, classes in ((10, 4, 1, 2), (9, 3, 3, 3), (11, 4, 2, 2)):
        tiny = _draw_steady(rng, count, classes, passes=passes, size=size)
        name = f"tiny steps: {count} samples, batch_size {size}, {passes} pass{'es' * (passes > 1)}"
        checks.append(_check(name, tiny, _sees_each_sample))
    for count in (3, 4):
        few = _draw(rng, count, 3 if count == 4 else 2, passes=1, size=2, rate=0.5)
        checks.append(_check(f"{count} samples, batch_size 2, one pass", few, _is_some_order))
    whole = _draw(rng, 6, 3, passes=3, size=6, rate=0.4)
    checks.append(_check("one mini-batch as large as the data", whole, _equals_batch))
    # So tiny steps that the loss stays what it is, whatever the gradient: this one is about the losses only. It is
    # compared with the reference, so that a mistake of `cross_entropy` is not charged again.
    still = replace(_draw(rng, 7, 3, passes=3, size=3, rate=TINY * FIT).script(), returns=("result",))
    return [*checks, Check("the losses, at steps too tiny to change them", still)]


def _draw(rng: np.random.Generator, count: int, classes: int, *, passes: int, size: int, rate: float) -> Run:
    model = models.draw(rng, 5, (6, 5, 7, 6), classes)
    return Run(model, *models.samples(rng, count, 5, classes), passes=passes, size=size, rate=rate)


def _draw_steady(rng: np.random.Generator, count: int, classes: int, *, passes: int, size: int) -> Run:
    """Draw a run of tiny steps whose samples' gradients are not nearly dependent on each other."""
    drawn = (_draw(rng, count, classes, passes=passes, size=size, rate=TINY) for _ in range(TRIES))
    return next(run for run in drawn if np.linalg.cond(_columns(run, second_network_training.gradients)) < STEADY)


def _check(name: str, run: Run, judge: Property, *, shows: str | None = None) -> Check:
    def holds(value: Any) -> str | Fault | None:
        after, losses = value
        if losses is None:
            return "`train_stochastic` returned None; expected the list of losses. Is a `return` missing?"
        model = models.read(after, run.model)
        if isinstance(model, str):
            return model
        if all(np.array_equal(model[key], run.model[key]) for key in model):
            return UNTOUCHED
        return judge(run, model, losses)

    return Check(name, run.script(), visible=shows is not None, holds=holds, shows=shows)


# --- the losses -------------------------------------------------------------------------------------------------------


def _read_losses(run: Run, losses: Any) -> Floats | str:
    """Return one loss for each pass, or what is wrong with the list."""
    try:
        series = np.asarray(losses)
    except ValueError:
        series = np.asarray(None)
    if series.dtype.kind not in "fiub" or series.ndim != 1:
        return "the result should be a list of numbers, one loss for each pass"
    if len(series) != run.passes:
        return f"the result has {len(series)} entries; expected one loss for each of the {run.passes} passes"
    if not np.isfinite(series).all():
        return "the losses are not all finite numbers: does the training explode?"
    return series.astype(np.float64)


def _falls(run: Run, model: Model, losses: Any) -> str | Fault | None:
    series = _read_losses(run, losses)
    if isinstance(series, str):
        return Fault(series, fits=NAMES)
    if run.loss(model) >= run.loss(run.model):
        return Fault("the loss is not lower after training than before: it has to fall", fits=NAMES)
    # What kind of loss it is, is another check's matter; here it has to be one over all samples, after the last step.
    p = second_network.feed_forward(model, run.x)[-1]
    if not any(np.isclose(series[-1], loss(p, run.y), rtol=CLOSE) for loss in LOSSES):
        message = "the last loss is not that of the trained model over all of `x_tr`"
        return Fault(message, fits=NAMES)
    return None


# --- tiny steps -------------------------------------------------------------------------------------------------------


def _sees_each_sample(run: Run, model: Model, _losses: Any) -> str | Fault | None:
    factors = _factors(run, model, second_network_training.gradients)
    if factors is None:
        for name, wrong in WRONG_GRADIENTS:
            if _factors(run, model, wrong) is not None:
                return Fault("the steps are not those of the gradient", name, fits=NAMES)
        if mistake := _mistake_of_one_kind(run, model):
            return Fault("weights and biases do not take the same step", mistake, fits=NAMES)
        return (
            "the steps are not sums of the samples' gradients: is the gradient right, which batch training shows, and "
            "does every sample keep its own label when shuffled?"
        )
    if (factors < -FIT).all():
        return UPHILL
    if (factors < -FIT).any():
        return "some samples move the model the wrong way: does every sample keep its own label when shuffled?"
    if np.allclose(factors, run.passes, rtol=FIT):
        message = (
            "every sample moves the model by its whole gradient; a mini-batch makes one step, with the mean of them"
        )
        return Fault(message, SUM)
    missing = int((factors < FIT).sum())
    if missing:
        return f"{missing} of the {run.count} samples were never used: every one belongs to a mini-batch of each pass"
    if _is_fair(run, factors):
        return None
    if np.allclose(factors, run.passes / run.count, rtol=FIT):
        return "each gradient is divided by the number of all samples; a step takes the mean over its mini-batch"
    if np.ptp(factors) < FIT and run.count % run.size:
        return "the last mini-batch is smaller, and its gradients are to be divided by its own size"
    if np.ptp(factors) < FIT:
        seen = float(factors[0]) * run.size
        return f"every sample was used {seen:.3g} times; expected once in each of the {run.passes} passes"
    return (
        "some samples weigh more than others: in every pass each sample is in exactly one mini-batch, of batch_size "
        "samples (the last one may be smaller), and a step takes the mean over its mini-batch"
    )


def _mistake_of_one_kind(run: Run, model: Model) -> str | None:
    """Return what is wrong with the steps of the weights alone, or of the biases alone, or None."""
    right = second_network_training.gradients
    weights, biases = _factors(run, model, right, "W"), _factors(run, model, right, "b")
    if weights is None or biases is None:
        return None
    if any(np.allclose(factors, run.passes, rtol=FIT) for factors in (weights, biases)):
        return SUM
    # A mini-batch of one sample divides by 1, however often.
    return AVERAGED if _is_fair(run, weights) and (biases < weights * (1.0 + FIT)).all() else None


def _factors(run: Run, model: Model, gradient: Gradients, kinds: str = "Wb") -> Floats | None:
    """Return how often each sample's gradient was subtracted, (N,), in units of the rate; None where none fit.

    Only the parameters of these kinds are looked at, `W` for weights and `b` for biases.
    """
    of_kind = np.concatenate([np.full(value.size, name[0] in kinds) for name, value in run.model.items()])
    columns = _columns(run, gradient)[of_kind]
    moved = ((_flat(run.model, run.model) - _flat(model, run.model)) / run.rate)[of_kind]
    factors, *_ = np.linalg.lstsq(columns, moved, rcond=None)
    rest = moved - columns @ factors
    return np.asarray(factors) if np.linalg.norm(rest) <= FIT * np.linalg.norm(moved) else None


def _columns(run: Run, gradient: Gradients) -> Floats:
    """Return the gradients of the single samples as columns, (parameters, N)."""
    single = [gradient(run.model, run.x[[at]], run.y[[at]]) for at in range(run.count)]
    return np.column_stack([_flat(each, run.model) for each in single])


def _flat(values: Model, like: Model) -> Floats:
    """Return all parameters in one row; what is not there counts as 0."""
    return np.concatenate([np.ravel(values.get(name, np.zeros_like(like[name]))) for name in like])


def _is_fair(run: Run, factors: Floats) -> bool:
    """Whether the factors are those of a sample in one mini-batch a pass.

    A mini-batch of s samples gives each of them 1/s. Most have batch_size samples, and those of the remainder weigh
    more; who is in it may change from pass to pass. As many mini-batches of sizes as equal as can be do as well.
    """
    steps = -(-run.count // run.size)
    small = run.count // steps
    return _are_sizes(run, factors, run.size, run.count % run.size, run.count % run.size) or _are_sizes(
        run, factors, -(-run.count // steps), small, small * (steps - run.count % steps)
    )


def _are_sizes(run: Run, factors: Floats, large: int, small: int, in_small: int) -> bool:
    """Whether, in each pass, `in_small` samples are in mini-batches of `small` and the others in ones of `large`."""
    if small in {0, large}:
        return bool(np.allclose(factors, run.passes / large, rtol=FIT))
    times = (factors - run.passes / large) / (1.0 / small - 1.0 / large)
    is_whole = np.abs(times - np.round(times)).max() < WHOLE
    in_range = times.min() > -0.5 and times.max() < run.passes + 0.5
    return bool(is_whole and in_range and round(float(times.sum())) == in_small * run.passes)


# --- every order ------------------------------------------------------------------------------------------------------


def _is_some_order(run: Run, model: Model, _losses: Any) -> str | Fault | None:
    if _reaches(run, model, second_network_training.gradients):
        return None
    if _reaches(replace(run, size=1), model, second_network_training.gradients):
        return "every sample makes a step of its own: a step belongs to a mini-batch of `batch_size` samples"
    for name, wrong in WRONG_GRADIENTS:
        if _reaches(run, model, wrong):
            return Fault("no order of the mini-batches leads to this model", name, fits=NAMES)
    message = (
        "no order of the mini-batches leads to this model: each one makes a step of its own, with the gradient at the "
        "model as the step before left it"
    )
    return Fault(message, fits=NAMES)


def _reaches(run: Run, model: Model, gradient: Gradients) -> bool:
    return any(_is_close(model, outcome) for outcome in _every_outcome(run, gradient))


def _every_outcome(run: Run, gradient: Gradients) -> Iterator[Model]:
    """Yield the model after one pass for every way to deal the samples out to mini-batches, one after another."""

    def go_on(model: Model, left: tuple[int, ...]) -> Iterator[Model]:
        if not left:
            yield model
            return
        for chosen in combinations(left, min(run.size, len(left))):
            rows = list(chosen)
            after = dict(model)
            second_network_training.descend(after, gradient(model, run.x[rows], run.y[rows]), run.rate)
            yield from go_on(after, tuple(at for at in left if at not in chosen))

    yield from go_on(run.model, tuple(range(run.count)))


def _is_close(model: Model, other: Model) -> bool:
    return all(np.allclose(model[name], other[name], rtol=CLOSE, atol=NEAR_ZERO) for name in other)


# --- one mini-batch ---------------------------------------------------------------------------------------------------


def _equals_batch(run: Run, model: Model, losses: Any) -> str | Fault | None:
    if _is_close(model, _batch_model(run, second_network_training.gradients)):
        return _batch_losses_problem(run, losses)
    for name, wrong in WRONG_GRADIENTS:
        if _is_close(model, _batch_model(run, wrong)):
            return Fault("the model is not the one that batch training leads to", name)
    message = "the model is not the one that batch training leads to, although one mini-batch holds all samples"
    return Fault(message, fits=NAMES)


def _batch_losses_problem(run: Run, losses: Any) -> str | None:
    """Return what is wrong with the losses of a right training, whatever kind of loss they are, or None."""
    series = _read_losses(run, losses)
    if isinstance(series, str):
        return series
    for loss in LOSSES:
        model = models.copy(run.model)
        right = second_network_training.train_batch_on(model, run.x, run.y, run.passes, run.rate, loss=loss)
        if np.allclose(series, right, rtol=CLOSE, atol=NEAR_ZERO):
            return None
    return "the model is trained rightly, but the losses are not those over all of `x_tr` after each pass"


def _batch_model(run: Run, gradient: Gradients) -> Model:
    model = models.copy(run.model)
    second_network_training.train_batch_on(model, run.x, run.y, run.passes, run.rate, gradient=gradient)
    return model


# --- curves -----------------------------------------------------------------------------------------------------------


@cache
def _shown_losses() -> tuple[float, ...]:
    samples = batch.shown_samples()
    return tuple(second_network_training.train_stochastic(batch.shown_model(), *samples, 30, 10, 0.1))


def stochastic_curves(outcomes: Sequence[Outcome], _expected: Sequence[Outcome]) -> Sequence[Curve]:
    """Return the losses of the training that is shown."""
    return [batch.loss_curve("Loss in stochastic training", outcomes[0].value[1], _shown_losses())]
