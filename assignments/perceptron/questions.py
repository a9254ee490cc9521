"""The perceptron: its decision and its step judged by value, its training by what must hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from assignments.language import Code, Definition, Functions, Mistake, Part
from assignments.perceptron import decisions, training
from reference import perceptron
from reference import perceptron_slips as slips


def _wrong(function: str, name: str, variant: Callable[..., Any], says: str, keeps: Fraction = Fraction(0)) -> Mistake:
    return Mistake(name, says, replaces={function: variant}, keeps=keeps)


AT_LEAST_SAYS = (
    "Only a sum exactly on the threshold comes out wrong: there `>=` says 1, but the sum has to be larger than the "
    "threshold for that."
)
BIAS_FORGOTTEN_SAYS = "The bias has no effect on the decision: it belongs to the sum, beside the weighted inputs."
THRESHOLD_IGNORED_SAYS = "The sum is compared with 0 whatever the threshold: use the argument."
PLUS_MINUS_ONE_SAYS = "The decisions are right, but they are written as −1 and +1. This perceptron says 0 or 1."
TURNED_SAYS = "The comparison is the wrong way round: 1 comes back where the sum is smaller than the threshold."
BIAS_SUBTRACTED_SAYS = "The bias is taken away from the weighted inputs: it is added to them."
SUM_RETURNED_SAYS = "The sum itself came back. What is asked for is the decision: compare the sum with the threshold."

PREDICT = Code(
    reference={"predict": perceptron.predict},
    checks=decisions.predict_checks,
    mistakes=(
        _wrong("predict", "at-least", perceptron.predict_at_least, AT_LEAST_SAYS, keeps=Fraction(60, 100)),
        _wrong("predict", "bias-forgotten", perceptron.predict_without_bias, BIAS_FORGOTTEN_SAYS),
        _wrong("predict", "threshold-ignored", perceptron.predict_without_threshold, THRESHOLD_IGNORED_SAYS),
        _wrong("predict", "threshold-ignored", perceptron.predict_at_least_without_threshold, THRESHOLD_IGNORED_SAYS),
        _wrong("predict", "plus-minus-one", perceptron.predict_plus_minus_one, PLUS_MINUS_ONE_SAYS),
        _wrong("predict", "plus-minus-one", perceptron.predict_sign, PLUS_MINUS_ONE_SAYS),
        _wrong("predict", "comparison-turned", slips.predict_opposite, TURNED_SAYS),
        _wrong("predict", "bias-subtracted", slips.predict_bias_subtracted, BIAS_SUBTRACTED_SAYS),
        _wrong("predict", "sum-returned", slips.predict_sum, SUM_RETURNED_SAYS),
    ),
)

SIGN_SAYS = (
    "The weights moved away from what the sample asks for: where 1 was due and 0 came out, the sum has to grow, "
    "and where 0 was due and 1 came out, it has to shrink."
)
BIAS_NOT_UPDATED_SAYS = "The weights are right, but the bias stayed where it was. It learns as well."
WHEN_RIGHT_SAYS = "The weights moved although the decision was right. Only an error changes anything."
RATE_IGNORED_SAYS = "The step is the whole sample whatever `lr` is: the learning rate scales the step."
SIGNED_LABELS_SAYS = (
    "This is the rule for labels or outputs that are −1 and +1. Here both are 0 and 1, so it moves too far, "
    "too often, or not at all where the label is 0."
)
DECIDED_SAYS = "The decision inside `update` leaves the bias out: it belongs to the sum there as well."
SUM_FOR_OUTPUT_SAYS = "The step is the label minus the sum. It should be the label minus the output, which is 0 or 1."
INPUT_LEFT_OUT_SAYS = "Every weight moves by the same amount: each one's step is scaled by its own input."
BIAS_BY_INPUTS_SAYS = "The weights are right, but the bias moves by the inputs too: its own input is always 1."


def _resting_on_predict(wrong: Functions) -> list[Functions]:
    return [{"update": form} for form in perceptron.update_resting_on(wrong["predict"])]


UPDATE = Code(
    reference={"update": perceptron.update},
    checks=decisions.update_checks,
    mistakes=(
        _wrong("update", "sign-flipped", perceptron.update_sign_flipped, SIGN_SAYS),
        _wrong("update", "bias-not-updated", perceptron.update_without_bias, BIAS_NOT_UPDATED_SAYS),
        _wrong("update", "updates-when-right", perceptron.update_when_right, WHEN_RIGHT_SAYS),
        _wrong("update", "updates-when-right", perceptron.update_when_right_by_label, WHEN_RIGHT_SAYS),
        _wrong("update", "updates-when-right", perceptron.update_when_right_else, WHEN_RIGHT_SAYS),
        _wrong("update", "updates-when-right", perceptron.update_when_right_else_up, WHEN_RIGHT_SAYS),
        _wrong("update", "updates-when-right", perceptron.update_when_right_for_one, WHEN_RIGHT_SAYS),
        _wrong("update", "updates-when-right", perceptron.update_against_output, WHEN_RIGHT_SAYS),
        _wrong("update", "rate-forgotten", perceptron.update_without_rate, RATE_IGNORED_SAYS),
        _wrong("update", "labels-plus-minus-one", perceptron.update_signed_label, SIGNED_LABELS_SAYS),
        _wrong("update", "labels-plus-minus-one", perceptron.update_signed_output, SIGNED_LABELS_SAYS),
        _wrong("update", "labels-plus-minus-one", perceptron.update_signed_comparison, SIGNED_LABELS_SAYS),
        _wrong("update", "labels-plus-minus-one", perceptron.update_signed_both, SIGNED_LABELS_SAYS),
        _wrong("update", "labels-plus-minus-one", perceptron.update_sign_output, SIGNED_LABELS_SAYS),
        _wrong("update", "labels-plus-minus-one", perceptron.update_sign_comparison, SIGNED_LABELS_SAYS),
        _wrong("update", "labels-plus-minus-one", perceptron.update_sign_both, SIGNED_LABELS_SAYS),
        _wrong("update", "decided-without-bias", slips.update_decided_without_bias, DECIDED_SAYS),
        _wrong("update", "sum-for-output", slips.update_by_sum, SUM_FOR_OUTPUT_SAYS),
        _wrong("update", "input-left-out", slips.update_without_input, INPUT_LEFT_OUT_SAYS),
        _wrong("update", "bias-by-inputs", slips.update_bias_by_inputs, BIAS_BY_INPUTS_SAYS),
    ),
    parts=(Part("value", Decimal(6)), Part("pure", Decimal(1), what="pure", needs="value")),
    resting={"predict": _resting_on_predict},
)

NEVER_STOPS_SAYS = "Training goes on after an epoch without an error: that epoch should be the last one."
ONE_EPOCH_SAYS = "Training stops after its first pass over the samples, although some were still misclassified."
ERRORS_WRONG_SAYS = (
    "The weights are right, but `errors` does not tell how training went: it needs one count for each epoch, of the "
    "samples that were misclassified when they were met, and ends with the first epoch that has none."
)

TRAIN = Code(
    reference={"train": perceptron.train},
    checks=training.train_checks,
    mistakes=(
        Mistake("never-stops", NEVER_STOPS_SAYS, when=training.never_stops),
        Mistake("one-epoch", ONE_EPOCH_SAYS, when=training.stops_after_one),
        Mistake(training.ERRORS_WRONG, ERRORS_WRONG_SAYS),
    ),
    curves=training.train_curves,
)

QUESTIONS: Mapping[str, Definition] = {"predict": PREDICT, "update": UPDATE, "train": TRAIN}
