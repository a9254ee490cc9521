"""Linear regression and classification: a loss, its gradient, the class with the best score, the top-k error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from assignments.language import Code, Definition, Mistake, Part
from assignments.linear_models import cases
from reference import classification, linear


def _wrong(function: str, name: str, says: str, *variants: Callable[..., Any]) -> Iterator[Mistake]:
    return (Mistake(name, says, replaces={function: variant}) for variant in variants)


# --- the loss ---------------------------------------------------------------------------------------------------------

SUM_SAYS = "The squares were added up. A mean is also divided by how many samples there are."
HALF_SAYS = "There is a ½ in it that this loss does not have."
HALF_SUM_SAYS = "This is ½ times the sum of the squares. Here the loss is their mean over the samples, without ½."
ABSOLUTE_SAYS = "The differences enter with their size. This loss takes their squares."
ROOT_SAYS = "A root was taken of it. This loss is the mean of the squares itself."
MEAN_FIRST_SAYS = "The differences were averaged before they were squared, so that positive and negative ones cancel."
NO_SQUARE_SAYS = "The differences were not squared, so that positive and negative ones cancel."
TARGET_ADDED_SAYS = "The target was added to the output. How far off an output is, is a difference."
DIVISOR_SAYS = "It is divided by the wrong number: a mean over the samples is divided by how many samples there are."
PAIRS_SAYS = (
    "Every output was compared with every target: one of the two is a column (n, 1), and NumPy makes a table of it and "
    "(n,). Both have to be (n,)."
)
EACH_SAYS = "The squares of all samples came back; their mean is one number."

LOSS = Code(
    reference={"regression_loss": linear.regression_loss},
    checks=cases.loss_checks,
    mistakes=(
        *_wrong("regression_loss", "sum-for-mean", SUM_SAYS, linear.regression_loss_sum),
        *_wrong("regression_loss", "extra-half", HALF_SAYS, linear.regression_loss_half),
        *_wrong("regression_loss", "sum-for-mean", HALF_SUM_SAYS, linear.regression_loss_half_sum),
        *_wrong(
            "regression_loss",
            "absolute-error",
            ABSOLUTE_SAYS,
            linear.regression_loss_absolute,
            linear.regression_loss_absolute_sum,
        ),
        *_wrong("regression_loss", "root", ROOT_SAYS, linear.regression_loss_root, linear.regression_loss_norm),
        *_wrong("regression_loss", "mean-before-square", MEAN_FIRST_SAYS, linear.regression_loss_mean_first),
        *_wrong("regression_loss", "not-squared", NO_SQUARE_SAYS, linear.regression_loss_without_square),
        *_wrong("regression_loss", "target-added", TARGET_ADDED_SAYS, linear.regression_loss_target_added),
        *_wrong(
            "regression_loss",
            "wrong-divisor",
            DIVISOR_SAYS,
            linear.regression_loss_by_weights,
            linear.regression_loss_by_entries,
            linear.regression_loss_by_one_fewer,
        ),
        *_wrong("regression_loss", "all-pairs", PAIRS_SAYS, linear.regression_loss_all_pairs),
        *_wrong("regression_loss", "not-averaged", EACH_SAYS, linear.regression_loss_each),
    ),
)

# --- its gradient -----------------------------------------------------------------------------------------------------

TWO_SAYS = "A factor is missing: differentiate the square as well."
N_SAYS = "The samples' gradients were added up. The loss is a mean over the samples, and so is its gradient."
BARE_SAYS = "Two factors are missing: the one that comes of differentiating the square, and the one of the mean."
FLIPPED_SAYS = (
    "The sign is the wrong way round: this points to where the loss falls, and the gradient points to where it grows. "
    "Look at which of output and target is subtracted from which."
)
FLIPPED_TOO_SAYS = FLIPPED_SAYS + " A constant factor is not right either."
COLUMN_SAYS = (
    "The gradient came back with two axes. It has one entry for each weight and the shape of w, which is (d,)."
)
EACH_GRADIENT_SAYS = "A row for each sample came back. The gradient is their mean, (d,)."
OUTPUTS_SAYS = "This is the derivative with respect to the outputs, one number a sample. The chain rule goes on to w."
ABSOLUTE_GRADIENT_SAYS = "This is the gradient of the mean absolute error. The loss here takes squares."

NO_TARGETS_SAYS = "The targets have no effect: the gradient depends on the differences of outputs and targets."
SQUARED_SAYS = (
    "The differences are still squared in it. The derivative of a square has the difference itself, to the first power."
)
STEP_SAYS = "These are weights after a step downhill. Asked is the gradient alone."
MEAN_ENTRY_SAYS = "One number came back. The gradient has an entry for each weight."

GRADIENT = Code(
    reference={"regression_gradient": linear.regression_gradient, "regression_loss": linear.regression_loss},
    checks=cases.gradient_checks,
    mistakes=(
        *_wrong("regression_gradient", "factor-two-missing", TWO_SAYS, linear.regression_gradient_without_two),
        *_wrong("regression_gradient", "sum-for-mean", N_SAYS, linear.regression_gradient_sum),
        *_wrong("regression_gradient", "sum-for-mean", BARE_SAYS, linear.regression_gradient_bare),
        *_wrong("regression_gradient", "sign-flipped", FLIPPED_SAYS, linear.regression_gradient_flipped),
        *_wrong(
            "regression_gradient",
            "sign-flipped",
            FLIPPED_TOO_SAYS,
            linear.regression_gradient_flipped_without_two,
            linear.regression_gradient_flipped_sum,
            linear.regression_gradient_flipped_bare,
        ),
        *_wrong(
            "regression_gradient",
            "two-axes",
            COLUMN_SAYS,
            linear.regression_gradient_column,
            linear.regression_gradient_row,
        ),
        *_wrong("regression_gradient", "not-averaged", EACH_GRADIENT_SAYS, linear.regression_gradient_each),
        *_wrong("regression_gradient", "stops-at-the-outputs", OUTPUTS_SAYS, linear.regression_gradient_of_outputs),
        *_wrong("regression_gradient", "absolute-error", ABSOLUTE_GRADIENT_SAYS, linear.regression_gradient_absolute),
        *_wrong(
            "regression_gradient",
            "wrong-divisor",
            DIVISOR_SAYS,
            linear.regression_gradient_by_weights,
            linear.regression_gradient_by_entries,
        ),
        *_wrong("regression_gradient", "target-forgotten", NO_TARGETS_SAYS, linear.regression_gradient_without_targets),
        *_wrong("regression_gradient", "target-added", TARGET_ADDED_SAYS, linear.regression_gradient_target_added),
        *_wrong("regression_gradient", "still-squared", SQUARED_SAYS, linear.regression_gradient_squared),
        *_wrong("regression_gradient", "a-step-taken", STEP_SAYS, linear.regression_gradient_step),
        *_wrong("regression_gradient", "one-number", MEAN_ENTRY_SAYS, linear.regression_gradient_mean_entry),
    ),
    parts=(Part("value", Decimal(4)), Part(cases.OWN_LOSS, Decimal(0))),
)

# --- classification ---------------------------------------------------------------------------------------------------

SMALLEST_SAYS = "This is the class with the smallest score."
SCORES_SAYS = (
    "A number for every class came back, scores or probabilities. Asked is which class is the best: its index."
)
BEST_SCORE_SAYS = "This is the largest value itself. Asked is which class has it: its index."
AXIS_SAYS = (
    "A batch is searched along the wrong axis: each sample needs the best among its own scores, one index a sample."
)
FROM_ONE_SAYS = "The classes are numbered from 1 here. They count from 0, like the rows of W."
SIZES_SAYS = "The scores were compared without their signs: a very negative score is a bad one."

FIRST_SAYS = "Every sample got class 0."
ORDER_SAYS = "All classes came back, in the order of their scores. Asked is the best one alone."
AXIS_KEPT_SAYS = "The classes are right, but with an axis too many: one sample gives a number, a batch an array (n,)."

CLASSIFY = Code(
    reference={"classify": classification.classify},
    checks=cases.classify_checks,
    mistakes=(
        *_wrong("classify", "smallest", SMALLEST_SAYS, classification.classify_smallest),
        *_wrong(
            "classify",
            "scores-returned",
            SCORES_SAYS,
            classification.classify_probabilities,
            classification.classify_probabilities_by_class,
        ),
        *_wrong(
            "classify",
            "wrong-axis",
            AXIS_SAYS,
            classification.classify_along_samples,
            classification.classify_along_samples_in_batches,
            classification.classify_flat,
            classification.classify_flat_by_class,
        ),
        *_wrong(
            "classify",
            "largest-score",
            BEST_SCORE_SAYS,
            classification.classify_largest_score,
            classification.classify_largest_probability,
        ),
        *_wrong("classify", "whole-order", ORDER_SAYS, classification.classify_order),
        *_wrong("classify", "always-class-0", FIRST_SAYS, classification.classify_always_first),
        *_wrong("classify", "one-axis-too-many", AXIS_KEPT_SAYS, classification.classify_one_axis_more),
        *_wrong("classify", "counts-from-one", FROM_ONE_SAYS, classification.classify_from_one),
        *_wrong("classify", "largest-size", SIZES_SAYS, classification.classify_largest_size),
    ),
)


# --- the ILSVRC's error -----------------------------------------------------------------------------------------------

ACCURACY_SAYS = "This is the share of rows that are right. The error is the share of those that are not."
ACCURACY_TOO_SAYS = ACCURACY_SAYS + " Nor are these the k largest scores."
K_IGNORED_SAYS = "The number of scores looked at does not depend on k."
SMALLEST_K_SAYS = "The label was looked for among the k smallest scores. Sorting puts the smallest first."
ONE_OFF_SAYS = "The label was looked for among one score too many or too few."
PERCENT_SAYS = "The error is wanted as a share, from 0 to 1, not in percent."
COUNT_SAYS = "The rows were counted. The share is that number divided by how many rows there are."

PLACE_K_SAYS = "Only the score in place k was looked at. The label may also be in one of the places before it."
NEVER_SAYS = (
    "No label was found anywhere. Labels are the numbers of columns: look for them among columns, not among scores."
)
ALONG_SAMPLES_SAYS = "The scores were sorted along the wrong axis: each row has a ranking of its own."

TOP_K = Code(
    reference={"top_k_error": classification.top_k_error},
    checks=cases.top_k_checks,
    mistakes=(
        *_wrong("top_k_error", "accuracy", ACCURACY_SAYS, classification.top_k_accuracy),
        *_wrong(
            "top_k_error",
            "accuracy",
            ACCURACY_TOO_SAYS,
            classification.top_1_accuracy,
            classification.bottom_k_accuracy,
        ),
        *_wrong("top_k_error", "k-ignored", K_IGNORED_SAYS, classification.top_1_error, classification.top_5_error),
        *_wrong("top_k_error", "smallest-k", SMALLEST_K_SAYS, classification.bottom_k_error),
        *_wrong(
            "top_k_error",
            "one-off",
            ONE_OFF_SAYS,
            classification.top_k_error_one_more,
            classification.top_k_error_one_fewer,
        ),
        *_wrong("top_k_error", "place-k-alone", PLACE_K_SAYS, classification.place_k_error),
        *_wrong("top_k_error", "never-found", NEVER_SAYS, classification.never_found),
        *_wrong(
            "top_k_error",
            "wrong-axis",
            ALONG_SAMPLES_SAYS,
            classification.top_k_error_along_samples,
            classification.top_k_error_along_samples_last,
        ),
        *_wrong("top_k_error", "percent", PERCENT_SAYS, classification.top_k_error_percent),
        *_wrong("top_k_error", "count", COUNT_SAYS, classification.top_k_error_count),
    ),
)

QUESTIONS: Mapping[str, Definition] = {
    "regression_loss": LOSS,
    "regression_gradient": GRADIENT,
    "classify": CLASSIFY,
    "top_k_error": TOP_K,
}
