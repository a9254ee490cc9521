"""What goes wrong in the network's backward pass: one slip, or two in different lines of it.

A slip names the lines it replaces. As the four gradients are judged one by one, a slip that harms only some of them is
found for these, and two slips that harm different ones are each found for theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from assignments.backprop.words import (
    ABSOLUTE_SAYS,
    BIAS_FORGOTTEN_SAYS,
    DOUBLED_SAYS,
    HALVED_SAYS,
    MEAN_SAYS,
    SIGN_SAYS,
    SLOPE_SLIPS,
    TARGET_FORGOTTEN_SAYS,
    SlopeSlip,
)
from assignments.language import Mistake
from reference import backprop_slips as slips
from reference.backprop import Gradients, Steps, by_parameter, network_gradients_with
from reference.mlp import trace_without_bias

GRADIENTS = ("dW0", "db0", "dW1", "db1")
"""What is returned, in order, and the names of the parts."""

HARMS = {
    "paths": ("dW0", "db0"),
    "hidden_slope": ("dW0", "db0"),
    "outer_hidden": ("dW0",),
    "outer_output": ("dW1",),
}
"""The gradients that a wrong line spoils; the others spoil all four."""

HIDDEN, OUTPUT, BOTH = "the hidden layer", "the output layer", "both layers"

ONE_PATH_SAYS = (
    "Only the path through one output comes back to the hidden layer. Every hidden unit feeds all outputs, and a "
    "gradient adds up every path to the loss."
)
PATH_LEFT_OUT_SAYS = (
    "Some of the paths back to the hidden layer are left out, as in a loop that starts too late, ends too soon or "
    "knows of two outputs only. Every output is a path to the loss, be there one or many."
)
TRANSPOSED_SAYS = (
    "A gradient is transposed. It has the shape of what it belongs to: a row for each unit, a column for each of the "
    "unit's inputs. With as many units as inputs the shape does not show it."
)
PATHS_TRANSPOSED_SAYS = (
    "`W1` is taken the wrong way round on the way back to the hidden layer: a hidden unit collects from all outputs "
    "over the weights that lead from it to them, and these stand in one column of `W1`."
)
UPDATED_SAYS = (
    "`W1` was already updated when the gradient went back through it. All gradients belong to the old weights: take "
    "them all first, and then move the weights. This function need not move any."
)
PATHS_AVERAGED_SAYS = "The paths from the outputs to a hidden unit are averaged. They add up."
WEIGHTS_MISSING_SAYS = (
    "On the way back to the hidden layer the weights `W1` have no effect: what a weight multiplies on the way forward, "
    "it multiplies on the way back."
)
ELEMENTWISE_SAYS = (
    "Units and inputs are multiplied entry by entry. Every unit meets every input, so a weight matrix has an entry for "
    "each pair of them."
)
INPUTS_MISSING_SAYS = (
    "The layer's inputs have no effect on the gradient of its weights, although they are multiplied with them."
)
ORDER_SAYS = (
    "The gradients come back in another order than asked for: hidden weights, hidden biases, output weights, output "
    "biases."
)
ONE_BIAS_SAYS = (
    "A layer's bias gradients are added up to one number. Here each unit has a bias of its own, and a gradient for it."
)


@dataclass(frozen=True)
class Slip:
    """One slip: a mistake's name, the lines of `Steps` it replaces, and the words for it.

    One that raises where the sizes do not allow it takes all four gradients with it.
    """

    name: str
    steps: Mapping[str, Callable[..., Any]]
    says: str
    may_raise: bool = False


def _slope(slip: SlopeSlip, where: str) -> Slip:
    lines = {OUTPUT: ("output_slope",), HIDDEN: ("hidden_slope",), BOTH: ("output_slope", "hidden_slope")}[where]
    return Slip(slip.name, dict.fromkeys(lines, slip.slope), slip.says.format(where=where))


ONE_PATH = Slip("one-path", {"paths": slips.only_first_path}, ONE_PATH_SAYS)
LAST_PATH = Slip(ONE_PATH.name, {"paths": slips.only_last_path}, ONE_PATH_SAYS)
BOTH_TRANSPOSED = Slip(
    "transposed", {"outer_output": slips.outer_transposed, "outer_hidden": slips.outer_transposed}, TRANSPOSED_SAYS
)
SIGN = Slip("sign-flipped", {"loss_grad": slips.error_negated}, SIGN_SAYS)
DOUBLED = Slip("doubled", {"loss_grad": slips.error_doubled}, DOUBLED_SAYS)
NO_SLOPE = SLOPE_SLIPS[0]

MAIN_SLIPS = (_slope(NO_SLOPE, OUTPUT), _slope(NO_SLOPE, HIDDEN), ONE_PATH, BOTH_TRANSPOSED, SIGN, DOUBLED)
"""Those that are also looked for two at a time."""

RATES = (1.0, 0.5, 0.2, 0.1, 0.05, 0.01, 0.001)
"""Learning rates that a step taken too soon is likely to have."""

OTHER_SLIPS = (
    _slope(NO_SLOPE, BOTH),
    LAST_PATH,
    *(
        Slip("path-left-out", {"paths": slips.paths_through(outputs)}, PATH_LEFT_OUT_SAYS)
        for outputs in (slice(-1), slice(1, None), slice(2))
    ),
    *(Slip("updated-too-soon", {"paths": slips.paths_after_update(rate)}, UPDATED_SAYS) for rate in RATES),
    Slip("transposed", {"outer_output": slips.outer_transposed}, TRANSPOSED_SAYS),
    Slip("transposed", {"outer_hidden": slips.outer_transposed}, TRANSPOSED_SAYS),
    Slip("transposed", {"paths": slips.paths_transposed}, PATHS_TRANSPOSED_SAYS, may_raise=True),
    Slip("transposed", {"paths": slips.paths_transposed_where_square}, PATHS_TRANSPOSED_SAYS),
    Slip("transposed", {"paths": slips.paths_transposed_in_loops}, PATHS_TRANSPOSED_SAYS, may_raise=True),
    Slip("halved", {"loss_grad": slips.error_halved}, HALVED_SAYS),
    Slip("mean-for-sum", {"loss_grad": slips.error_averaged}, MEAN_SAYS),
    Slip("mean-for-sum", {"loss_grad": slips.error_averaged_and_doubled}, MEAN_SAYS),
    Slip("sign-flipped", {"loss_grad": slips.error_negated_and_doubled}, f"{SIGN_SAYS} {DOUBLED_SAYS}"),
    Slip("absolute-error", {"loss_grad": slips.error_absolute}, ABSOLUTE_SAYS),
    Slip("target-forgotten", {"loss_grad": slips.error_is_output}, TARGET_FORGOTTEN_SAYS),
    # A wrong σ′ is mostly a wrong helper; one in the output layer alone is found by its own two gradients.
    *(_slope(slip, where) for slip in SLOPE_SLIPS[1:] for where in (HIDDEN, BOTH)),
    Slip("paths-averaged", {"paths": slips.averaged_paths}, PATHS_AVERAGED_SAYS),
    Slip("weights-missing", {"paths": slips.paths_without_weights}, WEIGHTS_MISSING_SAYS),
    Slip(
        "elementwise",
        {"outer_output": slips.outer_elementwise, "outer_hidden": slips.outer_elementwise},
        ELEMENTWISE_SAYS,
        may_raise=True,
    ),
    Slip("elementwise", {"outer_hidden": slips.outer_elementwise}, ELEMENTWISE_SAYS, may_raise=True),
    Slip("elementwise", {"outer_output": slips.outer_elementwise}, ELEMENTWISE_SAYS, may_raise=True),
    Slip(
        "inputs-missing",
        {"outer_output": slips.outer_without_inputs, "outer_hidden": slips.outer_without_inputs},
        INPUTS_MISSING_SAYS,
    ),
    Slip("bias-forgotten", {"forward": trace_without_bias}, BIAS_FORGOTTEN_SAYS),
)


def network_mistakes() -> Iterator[Mistake]:
    """Yield every mistake of `network_gradients`, slips that stand alone before those that come in pairs."""
    for slip in (*MAIN_SLIPS, *OTHER_SLIPS):
        yield _mistake(slip)
    yield _named("results-swapped", slips.network_gradients_output_first, ORDER_SAYS)
    yield _named("results-swapped", slips.network_gradients_weights_first, ORDER_SAYS, ("db0", "dW1"))
    yield _named("bias-shared", slips.network_gradients_one_bias, ONE_BIAS_SAYS, ("db0", "db1"))
    for first, second in combinations(MAIN_SLIPS, 2):
        if not first.steps.keys() & second.steps.keys():
            yield _mistake(Slip(first.name, {**first.steps, **second.steps}, f"{first.says} {second.says}"))


def _mistake(slip: Slip) -> Mistake:
    harmed = {gradient for line in slip.steps for gradient in HARMS.get(line, GRADIENTS)}
    fails = () if slip.may_raise else tuple(gradient for gradient in GRADIENTS if gradient in harmed)
    return _named(slip.name, network_gradients_with(Steps(**slip.steps)), slip.says, fails)


def _named(name: str, gradients: Gradients, says: str, fails: tuple[str, ...] = ()) -> Mistake:
    return Mistake(name, says, replaces={"network_gradients": by_parameter(gradients)}, fails=fails)
