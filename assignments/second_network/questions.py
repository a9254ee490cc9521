"""The deck's second network: a model of the grader's for each function, and half-moons to learn at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from assignments.language import Code, Definition, Functions, Mistake
from assignments.second_network import accuracy, batch, forward, models, stochastic
from reference import second_network as network
from reference import second_network_training as learning

CREATE, FORWARD, LOSS = "neural_network_create", forward.FEED_FORWARD, forward.CROSS_ENTROPY
BATCH, STOCHASTIC = batch.TRAIN_BATCH, stochastic.TRAIN_STOCHASTIC
TRAINING = (BATCH, STOCHASTIC)


def _wrong(function: str, name: str, says: str, *variants: Callable[..., Any]) -> list[Mistake]:
    return [Mistake(name, says, replaces={function: variant}) for variant in variants]


CREATE_QUESTION = Code(reference={CREATE: network.create}, checks=models.create_checks)

# --- feed_forward -----------------------------------------------------------------------------------------------------

AXIS_SAYS = (
    "The softmax runs over the wrong axis: every row is one sample, and its probabilities add up to 1. Sum along "
    "`axis=1` and keep the dimension."
)
OVERFLOW_SAYS = (
    "For large sums exp overflows, or a whole row of it becomes 0, and what comes back are no probabilities. A softmax "
    "does not change when each row's largest entry is subtracted first."
)
INPUT_SAYS = "The list begins with the input. It holds the outputs of the five layers only."
LAST_ONLY_SAYS = "Only the last layer's outputs came back: a list of the outputs of all five layers is asked for."
NO_SOFTMAX_SAYS = "The softmax at the end is missing: the last layer gives probabilities, each row adding up to 1."
ACTIVATION_SAYS = "The hidden layers have another activation: tanh is asked for."
BIAS_SAYS = "The biases have no effect: each layer adds its own before the activation."

FORWARD_QUESTION = Code(
    reference={FORWARD: network.feed_forward},
    checks=forward.forward_checks,
    mistakes=(
        *_wrong(
            FORWARD,
            "softmax-axis",
            AXIS_SAYS,
            network.feed_forward_softmax_over_samples,
            network.feed_forward_softmax_over_samples_unshifted,
            network.feed_forward_softmax_half_over_samples,
            network.feed_forward_softmax_over_all,
            network.feed_forward_softmax_over_all_unshifted,
        ),
        *_wrong(
            FORWARD,
            "softmax-overflow",
            OVERFLOW_SAYS,
            network.feed_forward_overflowing,
            network.feed_forward_overflowing_in_python,
        ),
        Mistake("softmax-overflow", OVERFLOW_SAYS, when=forward.is_wrong_far_out_only),
        *_wrong(FORWARD, "input-included", INPUT_SAYS, network.feed_forward_with_input),
        *_wrong(FORWARD, "last-layer-only", LAST_ONLY_SAYS, network.feed_forward_last_only),
        *_wrong(
            FORWARD, "softmax-missing", NO_SOFTMAX_SAYS, network.feed_forward_logits, network.feed_forward_tanh_output
        ),
        *_wrong(FORWARD, "other-activation", ACTIVATION_SAYS, network.feed_forward_sigmoid, network.feed_forward_relu),
        *_wrong(FORWARD, "bias-forgotten", BIAS_SAYS, network.feed_forward_without_bias),
    ),
    hint=forward.forward_hint,
)

# --- cross_entropy ----------------------------------------------------------------------------------------------------

SUM_SAYS = "This is the sum over the samples; the mean is asked for."
SIGN_SAYS = "The sign is the wrong way round: logarithms of probabilities are negative, and the loss is positive."
BASE_SAYS = "The logarithm has another base: the natural one is asked for, `np.log`."
LOG_SAYS = "The logarithm is missing."
LARGEST_SAYS = "This looks at the largest probability of each row; the one of the sample's own label counts."
MEAN_FIRST_SAYS = "The logarithm comes first, for each sample; the mean is taken of the logarithms."
ALL_COLUMNS_SAYS = "`p[:, y]` takes the columns of all labels from every row. Each row counts with its own label only."
TWO_SAYS = "This formula knows two classes only. Take each sample's probability of its own label, whatever it is."
ONE_HOT_SAYS = (
    "The labels are used as if they were rows with a single 1, or as factors. They are whole numbers, one a sample: "
    "the column of that sample's row to look at."
)

LOSS_QUESTION = Code(
    reference={LOSS: network.cross_entropy},
    checks=forward.cross_entropy_checks,
    mistakes=(
        *_wrong(LOSS, "sum-for-mean", SUM_SAYS, network.cross_entropy_sum),
        *_wrong(
            LOSS,
            "one-hot-expected",
            ONE_HOT_SAYS,
            network.cross_entropy_one_hot,
            network.cross_entropy_one_hot_mean,
            network.cross_entropy_one_hot_sum,
            network.cross_entropy_one_hot_argmax,
            network.cross_entropy_one_hot_entries,
            network.cross_entropy_labels_as_factors,
        ),
        *_wrong(
            LOSS,
            "divided-by-classes",
            "The mean is over the samples only: nothing is divided by the number of classes.",
            network.cross_entropy_mean_of_entries,
        ),
        *_wrong(LOSS, "sign-flipped", SIGN_SAYS, network.cross_entropy_positive_log),
        *_wrong(LOSS, "other-base", BASE_SAYS, network.cross_entropy_base_two, network.cross_entropy_base_ten),
        *_wrong(LOSS, "log-missing", LOG_SAYS, network.cross_entropy_without_log),
        *_wrong(LOSS, "largest-probability", LARGEST_SAYS, network.cross_entropy_of_largest),
        *_wrong(LOSS, "log-of-mean", MEAN_FIRST_SAYS, network.cross_entropy_log_of_mean),
        *_wrong(LOSS, "all-columns", ALL_COLUMNS_SAYS, network.cross_entropy_all_columns),
        *_wrong(LOSS, "two-classes-only", TWO_SAYS, network.cross_entropy_two_classes),
    ),
)

# --- train_batch ------------------------------------------------------------------------------------------------------

GRADIENT_SUM_SAYS = "The gradients of the samples are added up where their mean is asked for, or the losses are."
SLOPE_SAYS = "The derivative of tanh is not 1 − tanh: look it up, and check it at one point by a difference quotient."
OTHER_SLOPE_SAYS = "The derivative of tanh is missing in the hidden layers, or another function's stands there."
BIASES_SAYS = "The weights learn, but the biases stay where they are. They have gradients too."
SOME_BIASES_SAYS = "Some of the biases stay where they are: all five layers' biases learn, as the weights do."
AVERAGED_SAYS = (
    "The biases' gradients are divided by the number of samples twice: with 1/n in the last layer's already, the rows "
    "are added up."
)
UPHILL_SAYS = "The model moves up the slope: a step goes against the gradient, so that the loss falls."
LAST_SAYS = "Only the last layer learns: the gradient has to go back through all five."
BEFORE_SAYS = "The model is right, but each loss is the one before its step. The loss after the pass is asked for."
NEW_SAYS = "Weights are changed before the gradient has gone back through them. Work out all gradients first."
UNTOUCHED_SAYS = (
    "The model is exactly as it was before the training. Change the arrays in the dict that was handed in; a new model "
    "that is returned is not used."
)


def _training_on_forward(wrong: Functions) -> Sequence[Functions]:
    """Return what a mistake of `feed_forward` makes of a training that calls it."""
    return [{BATCH: partial(learning.train_batch_on, forward=wrong[FORWARD])}] if FORWARD in wrong else []


def _training_on_loss(wrong: Functions) -> Sequence[Functions]:
    """Return what a mistake of `cross_entropy` makes of the trainings that call it."""
    if LOSS not in wrong:
        return []
    loss = wrong[LOSS]
    return [
        {
            BATCH: partial(learning.train_batch_on, loss=loss),
            STOCHASTIC: partial(learning.train_stochastic_on, loss=loss),
        }
    ]


BATCH_QUESTION = Code(
    reference={BATCH: learning.train_batch},
    checks=batch.batch_checks,
    mistakes=(
        *_wrong(
            BATCH,
            "sum-for-mean",
            GRADIENT_SUM_SAYS,
            learning.train_batch_with(learning.gradients_sum),
            learning.train_batch_sum,
            learning.train_batch_loss_sum,
            learning.train_batch_with(learning.gradients_sum_for_weights),
            learning.train_batch_with(learning.gradients_sum_for_biases),
        ),
        *_wrong(
            BATCH,
            "tanh-slope",
            SLOPE_SAYS,
            learning.train_batch_with(learning.gradients_tanh_slope),
            learning.train_batch_with(learning.gradients_tanh_slope_sum),
            *(learning.train_batch_with(learning.gradients_tanh_slope_in(layer)) for layer in range(1, 5)),
            learning.train_batch_with(learning.gradients_tanh_slope_without_biases),
        ),
        *_wrong(
            BATCH,
            "biases-not-trained",
            BIASES_SAYS,
            learning.train_batch_with(learning.gradients_without_biases),
            learning.train_batch_with(learning.gradients_sum_without_biases),
        ),
        *_wrong(
            BATCH,
            "biases-not-trained",
            SOME_BIASES_SAYS,
            learning.train_batch_with(learning.gradients_without_hidden_biases),
            learning.train_batch_with(learning.gradients_without_output_bias),
        ),
        *_wrong(BATCH, "biases-averaged", AVERAGED_SAYS, learning.train_batch_with(learning.gradients_mean_of_biases)),
        *_wrong(
            BATCH,
            "one-hot-expected",
            ONE_HOT_SAYS,
            learning.train_batch_one_hot,
            learning.train_batch_one_hot_mean,
            learning.train_batch_one_hot_gradient,
            learning.train_batch_with(learning.gradients_label_column),
            learning.train_batch_with(learning.gradients_one_hot_argmax),
        ),
        *_wrong(
            BATCH,
            "other-slope",
            OTHER_SLOPE_SAYS,
            learning.train_batch_with(learning.gradients_without_slope),
            learning.train_batch_with(learning.gradients_sigmoid_slope),
            learning.train_batch_with(learning.gradients_tanh_of_output),
        ),
        *_wrong(BATCH, "gradient-ascent", UPHILL_SAYS, learning.train_batch_with(learning.gradients_uphill)),
        *_wrong(BATCH, "last-layer-only", LAST_SAYS, learning.train_batch_with(learning.gradients_last_layer_only)),
        *_wrong(BATCH, "loss-before-step", BEFORE_SAYS, learning.train_batch_loss_before),
        *_wrong(BATCH, "new-weights-used", NEW_SAYS, learning.train_batch_new_weights_used),
        Mistake("not-in-place", UNTOUCHED_SAYS, when=batch.is_untouched),
    ),
    tolerance=batch.TOLERANCE,
    rests_on=("feed_forward", "cross_entropy"),
    curves=batch.batch_curves,
    hint=batch.batch_hint,
    may_change=TRAINING,
    resting={"feed_forward": _training_on_forward, "cross_entropy": _training_on_loss},
)

# --- train_stochastic and accuracy ------------------------------------------------------------------------------------

STOCHASTIC_QUESTION = Code(
    reference={STOCHASTIC: learning.train_stochastic},
    checks=stochastic.stochastic_checks,
    mistakes=(
        Mistake(stochastic.SUM, GRADIENT_SUM_SAYS),
        Mistake(stochastic.SLOPE, SLOPE_SAYS),
        Mistake(stochastic.BIASES, SOME_BIASES_SAYS),
        Mistake(stochastic.AVERAGED, AVERAGED_SAYS),
        Mistake(stochastic.ONE_HOT, ONE_HOT_SAYS),
        Mistake(stochastic.OTHER_SLOPE, OTHER_SLOPE_SAYS),
    ),
    rests_on=("feed_forward", "cross_entropy"),
    tolerance=batch.TOLERANCE,
    resting={"cross_entropy": _training_on_loss},
    curves=stochastic.stochastic_curves,
    may_change=TRAINING,
)

ACCURACY_QUESTION = Code(
    reference={CREATE: network.create, FORWARD: network.feed_forward, STOCHASTIC: learning.train_stochastic},
    checks=accuracy.accuracy_checks,
    rests_on=("create", "feed_forward", "train_stochastic"),
    curves=accuracy.accuracy_curves,
    is_slow=True,
    may_change=TRAINING,
)

QUESTIONS: Mapping[str, Definition] = {
    "create": CREATE_QUESTION,
    "feed_forward": FORWARD_QUESTION,
    "cross_entropy": LOSS_QUESTION,
    "train_batch": BATCH_QUESTION,
    "train_stochastic": STOCHASTIC_QUESTION,
    "accuracy": ACCURACY_QUESTION,
}
