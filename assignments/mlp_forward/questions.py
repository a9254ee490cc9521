"""The forward pass: each layer may go wrong in a few known ways, by itself or together with the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from assignments.language import Code, Definition, Mistake
from assignments.mlp_forward import cases
from reference import losses, mlp

HIDDEN, OUTPUT, BOTH = "the hidden layer", "the output layer", "both layers"


@dataclass(frozen=True)
class Slip:
    """What can go wrong in a layer: a mistake's name, the layer that makes it, the words for it, and where to look.

    A slip in a helper is in both layers; some are only ever made in one. Every place costs time in the search.
    """

    name: str
    layer: mlp.Layer
    says: str  # with {where}
    places: tuple[str, ...] = (OUTPUT, HIDDEN, BOTH)


ACTIVATION_MISSING = Slip(
    "activation-missing",
    mlp.layer_without_activation,
    "In {where} the weighted sums are handed on as they are. Every unit of this network, hidden or output, sends its "
    "sum through the sigmoid.",
)
BIAS_FORGOTTEN = Slip(
    "bias-forgotten",
    mlp.layer_without_bias,
    "In {where} the bias has no effect: each unit adds its own to the weighted sum, before the sigmoid.",
)
BIAS_AFTER = Slip(
    "bias-after-activation",
    mlp.layer_bias_after,
    "In {where} the bias is added after the sigmoid. It belongs to the weighted sum, so it goes in before.",
)
TRANSPOSED = Slip(
    "transposed",
    mlp.layer_transposed,
    "In {where} the weight matrix is taken the wrong way round. Each row of `W` holds the weights of one unit, so a "
    "unit's sum runs along a row. On a square matrix this slip gives wrong values, on any other an error.",
)
TRANSPOSED_BARE = Slip(
    TRANSPOSED.name, mlp.layer_transposed_without_bias, f"{TRANSPOSED.says} {BIAS_FORGOTTEN.says}", (BOTH,)
)
BARE_SUM = Slip(
    ACTIVATION_MISSING.name, mlp.layer_sum_without_bias, f"{ACTIVATION_MISSING.says} {BIAS_FORGOTTEN.says}", (BOTH,)
)

MAIN_SLIPS = (ACTIVATION_MISSING, BIAS_FORGOTTEN, BIAS_AFTER, TRANSPOSED)

PAIRS = (
    *permutations(MAIN_SLIPS, 2),
    (TRANSPOSED_BARE, BIAS_FORGOTTEN),
    (BIAS_FORGOTTEN, TRANSPOSED_BARE),
    (BIAS_FORGOTTEN, BARE_SUM),
)
"""What is also looked for two at a time: the slip of the hidden layer, and that of the output layer."""

SLIPS = (
    *MAIN_SLIPS,
    TRANSPOSED_BARE,
    BARE_SUM,
    Slip(
        "tanh-for-sigmoid",
        mlp.layer_tanh,
        "In {where} the units use tanh. This network's use the sigmoid, which lies between 0 and 1.",
    ),
    Slip(TRANSPOSED.name, mlp.layer_transposed_in_loops, TRANSPOSED.says),
    Slip(TRANSPOSED.name, mlp.layer_transposed_by_einsum, TRANSPOSED.says),
    Slip(TRANSPOSED.name, mlp.layer_transposed_where_square, TRANSPOSED.says),
    Slip(
        "bias-shared",
        mlp.layer_first_bias,
        "In {where} every unit gets the bias of the first one. There is one entry of `b` for each unit.",
    ),
    Slip(
        "bias-subtracted",
        mlp.layer_bias_subtracted,
        "In {where} the bias is subtracted from the weighted sum.",
        (BOTH,),
    ),
    Slip(
        "exponent-sign",
        mlp.layer_sigmoid_of_minus,
        "In {where} the sigmoid falls where it should rise: look at the sign in its exponent.",
        (BOTH,),
    ),
    Slip(
        "relu-for-sigmoid",
        mlp.layer_relu,
        "In {where} the units use max(0, z). This network's use the sigmoid.",
        (HIDDEN, BOTH),
    ),
    Slip("step-for-sigmoid", mlp.layer_step, "In {where} the units say 0 or 1. The sigmoid is a smooth step.", (BOTH,)),
    Slip(
        "softmax-for-sigmoid",
        mlp.layer_softmax,
        "In {where} the units compete, as with softmax. Here each has a sigmoid of its own, and their outputs need not "
        "add up to 1.",
        (OUTPUT,),
    ),
)

SWAPPED_SAYS = "The two results come back in the wrong order: the hidden values first, then the outputs."
ONLY_OUTPUTS_SAYS = "Only the outputs came back. The hidden values are asked for as well: return the pair of both."

SUMS_SAYS = "The two results are the sums from before the sigmoid. Asked for is what the units send out, after it."
COLUMNS_SAYS = "The values are right, but they come back as columns. For one sample `h` and `p` have a single axis."


def _layer_slips(function: str) -> Iterator[Mistake]:
    """Yield every slip at each of its places, and then the pairs."""
    for slip in SLIPS:
        for where in slip.places:
            hidden = mlp.layer if where == OUTPUT else slip.layer
            output = mlp.layer if where == HIDDEN else slip.layer
            yield _wrong(function, slip.name, mlp.forward_with(hidden, output), slip.says.format(where=where))
    for first, second in PAIRS:
        says = f"{first.says.format(where=HIDDEN)} {second.says.format(where=OUTPUT)}"
        yield _wrong(function, first.name, mlp.forward_with(first.layer, second.layer), says)


def _wrong(function: str, name: str, variant: Callable[..., Any], says: str) -> Mistake:
    return Mistake(name, says, replaces={function: variant})


FORWARD = Code(
    reference={"forward": mlp.forward},
    checks=cases.forward_checks,
    mistakes=(
        *_layer_slips("forward"),
        _wrong("forward", "swapped", mlp.forward_swapped, SWAPPED_SAYS),
        _wrong("forward", "outputs-only", mlp.forward_outputs_only, ONLY_OUTPUTS_SAYS),
        _wrong("forward", "activation-missing", mlp.forward_sums, SUMS_SAYS),
        _wrong("forward", "columns", mlp.forward_in_columns, COLUMNS_SAYS),
    ),
)

ONE_SAMPLE_SAYS = (
    "The formula for one sample is applied to the whole batch. Here a sample is a row of `X`, and the sums of all its "
    "units are a row of the result. Think about where the weights go then, and which way round."
)
IN_COLUMNS_SAYS = (
    "The values are right, but every sample is a column of what came back. A sample is a row here, in the results as "
    "it is in `X`."
)
ONE_ROW_SAYS = (
    "The values of one sample alone came back: a `return` inside the loop does that, or a turn of the loop that "
    "forgets the one before."
)
ONE_LIST_SAYS = "The values are right, but the samples' rows are strung together: each needs a row of its own."
PAIRS_SAYS = "There is a pair for each sample. Asked for is one pair of two matrices, each with a row for every sample."

FORWARD_BATCH = Code(
    reference={"forward_batch": mlp.forward_batch},
    checks=cases.batch_checks,
    mistakes=(
        *_layer_slips("forward_batch"),
        _wrong("forward_batch", "one-sample-formula", mlp.forward_batch_as_one_sample, ONE_SAMPLE_SAYS),
        _wrong("forward_batch", "samples-in-columns", mlp.forward_batch_in_columns, IN_COLUMNS_SAYS),
        _wrong("forward_batch", "one-sample-only", mlp.forward_batch_first_sample, ONE_ROW_SAYS),
        _wrong("forward_batch", "one-sample-only", mlp.forward_batch_last_sample, ONE_ROW_SAYS),
        _wrong("forward_batch", "one-sample-only", mlp.forward_batch_first_row, ONE_ROW_SAYS),
        _wrong("forward_batch", "activation-missing", mlp.forward_sums, SUMS_SAYS),
        _wrong("forward_batch", "rows-strung-together", mlp.forward_batch_flat, ONE_LIST_SAYS),
        _wrong("forward_batch", "pair-for-each-sample", mlp.forward_batch_pairs, PAIRS_SAYS),
        _wrong("forward_batch", "swapped", mlp.forward_swapped, SWAPPED_SAYS),
        _wrong("forward_batch", "outputs-only", mlp.forward_outputs_only, ONLY_OUTPUTS_SAYS),
    ),
)

HALF_SAYS = "The squares are added up, but the loss also has a factor in front of the sum."
MEAN_SAYS = (
    "This divides by the number of outputs. The loss is half the sum of the squares, however many outputs there are; "
    "with one or two of them a mean can look right."
)
OF_THE_SUM_SAYS = (
    "The differences are added up before they are squared, so that they cancel. Square each of them, then add up."
)
DISTANCE_SAYS = "This is the distance between the two. The loss is made of its square: leave the root out."
UNSQUARED_SAYS = "This is half the distance between the two. The loss takes its square: leave the root out."
ABSOLUTE_SAYS = "The sizes of the differences are added up where their squares are due."
NOT_SUMMED_SAYS = "There is a number for every output here. The loss is a single number: add them up."
PRECEDENCE_SAYS = (
    "The square covers the target alone, since `**` binds tighter than `-`: put the difference in brackets."
)
ZERO_SAYS = "The loss is 0 whatever comes in: in Python `1 // 2` is 0."
TWO_ONLY_SAYS = "Only the first two outputs count here, as in the lecture's example. A network may have one, or many."
LEFT_OUT_SAYS = (
    "An output does not count here: a `return` inside the loop, an assignment where something is to be added, or a "
    "loop that starts too late or ends too soon leaves one out."
)
NEGATED_SAYS = "The loss came out negative; a sum of squares cannot be."


def _wrong_loss(name: str, variant: Callable[..., Any], says: str) -> Mistake:
    return _wrong("squared_loss", name, variant, says)


SQUARED_LOSS = Code(
    reference={"squared_loss": losses.squared_loss},
    checks=cases.loss_checks,
    mistakes=(
        _wrong_loss("half-missing", losses.squared_loss_without_half, HALF_SAYS),
        _wrong_loss("mean-for-sum", losses.squared_loss_mean, MEAN_SAYS),
        _wrong_loss("mean-for-sum", losses.squared_loss_mean_without_half, MEAN_SAYS),
        _wrong_loss("sum-before-square", losses.squared_loss_of_the_sum, OF_THE_SUM_SAYS),
        _wrong_loss("not-squared", losses.squared_loss_unsquared, UNSQUARED_SAYS),
        _wrong_loss("not-squared", losses.squared_loss_distance, DISTANCE_SAYS),
        _wrong_loss("not-squared", losses.squared_loss_absolute, ABSOLUTE_SAYS),
        _wrong_loss("not-squared", losses.squared_loss_absolute_without_half, ABSOLUTE_SAYS),
        _wrong_loss("not-summed", losses.squared_loss_not_summed, NOT_SUMMED_SAYS),
        _wrong_loss("target-squared", losses.squared_loss_of_squared_target, PRECEDENCE_SAYS),
        _wrong_loss("always-zero", losses.squared_loss_zero, ZERO_SAYS),
        _wrong_loss("two-outputs-only", losses.squared_loss_of_two, TWO_ONLY_SAYS),
        *(
            _wrong_loss("output-left-out", losses.loss_through(outputs), LEFT_OUT_SAYS)
            for outputs in (slice(1), slice(-1, None), slice(-1), slice(1, None))
        ),
        _wrong_loss("sign-flipped", losses.squared_loss_negated, NEGATED_SAYS),
    ),
)

QUESTIONS: Mapping[str, Definition] = {
    "forward": FORWARD,
    "forward_batch": FORWARD_BATCH,
    "squared_loss": SQUARED_LOSS,
}
