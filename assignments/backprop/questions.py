"""Backpropagation: a small graph, one neuron, and a network whose four gradients are judged one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from assignments.backprop import cases
from assignments.backprop.gradient_check import advice_on, remark_on
from assignments.backprop.network_slips import GRADIENTS, network_mistakes
from assignments.backprop.words import (
    ABSOLUTE_SAYS,
    BIAS_FORGOTTEN_SAYS,
    DOUBLED_SAYS,
    HALVED_SAYS,
    MEAN_SAYS,
    SIGN_SAYS,
    SLOPE_SLIPS,
    TARGET_FORGOTTEN_SAYS,
)
from assignments.language import Code, Definition, Mistake, Part
from reference import backprop, backprop_slips, graph_slips
from reference.backprop import Steps


def _wrong(function: str, name: str, variant: Callable[..., Any], says: str) -> Mistake:
    return Mistake(name, says, replaces={function: variant})


# --- the graph --------------------------------------------------------------------------------------------------------

GRAPH_SWAPPED_SAYS = (
    "The gradients of `x` and `y` are each other's. How fast a product grows with one factor is told by the other."
)
GRAPH_SIGN_SAYS = "Every sign is the wrong way round: what grows with `x`, `y` or `z` grows with a plus."
GRAPH_ONE_SIGN_SAYS = (
    "A sign is the wrong way round, though not every one: the check below says for which of the gradients. What grows "
    "with `x`, `y` or `z` grows with a plus."
)
GRAPH_DOUBLED_SAYS = "It is twice what it should be. Nothing here is squared: no line of the way back brings a 2."
GRAPH_TRANSPOSED_SAYS = "The gradients come back transposed. Each has the shape of the array it belongs to."
OWN_VALUE_SAYS = (
    "The gradient of `z` is `z` itself here. A gradient tells how fast c changes with an entry, whatever its value is."
)
ZERO_SAYS = "`z` has no gradient here, although c changes when an entry of `z` does."
SINGLE_NUMBER_SAYS = "The gradient of `z` is a single number here. It has an entry for each entry of `z`."
PRODUCT_SAYS = (
    "This is right for a product of all three. Here `z` is added, so it does not scale the others' gradients."
)
FROM_C_SAYS = "The way back starts with the value of c. It starts with the derivative of c with respect to itself."
ADDED_UP_SAYS = "Each gradient is added up to a single number. There is one derivative for every entry of an array."


def _graph(name: str, variant: Callable[..., Any], says: str) -> Mistake:
    return _wrong("graph_gradients", name, variant, says)


GRAPH = Code(
    reference={"graph_gradients": backprop.graph_gradients},
    checks=cases.graph_checks,
    mistakes=(
        _graph("swapped", graph_slips.graph_gradients_swapped, GRAPH_SWAPPED_SAYS),
        _graph("sign-flipped", graph_slips.graph_gradients_times(-1, -1, -1), GRAPH_SIGN_SAYS),
        *(
            _graph("sign-flipped", graph_slips.graph_gradients_times(*signs), GRAPH_ONE_SIGN_SAYS)
            for signs in ((-1, 1, 1), (1, -1, 1), (1, 1, -1), (-1, -1, 1))
        ),
        _graph("doubled", graph_slips.graph_gradients_times(2, 2, 2), GRAPH_DOUBLED_SAYS),
        _graph("transposed", graph_slips.graph_gradients_transposed, GRAPH_TRANSPOSED_SAYS),
        _graph("transposed", graph_slips.graph_gradients_factors_transposed, GRAPH_TRANSPOSED_SAYS),
        _graph("own-value", graph_slips.graph_gradients_own_z, OWN_VALUE_SAYS),
        _graph("z-forgotten", graph_slips.graph_gradients_zero_z, ZERO_SAYS),
        _graph("single-number", graph_slips.graph_gradients_one_z, SINGLE_NUMBER_SAYS),
        _graph("product-for-sum", graph_slips.graph_gradients_times_z, PRODUCT_SAYS),
        _graph("mean-for-sum", graph_slips.graph_gradients_of_the_mean, MEAN_SAYS),
        _graph("started-from-c", graph_slips.graph_gradients_from_c, FROM_C_SAYS),
        _graph("added-up", graph_slips.graph_gradients_added_up, ADDED_UP_SAYS),
    ),
    remark=remark_on("grad_x", "grad_y", "grad_z"),
    advice=advice_on("grad_x", "grad_y", "grad_z"),
)

# --- the neuron -------------------------------------------------------------------------------------------------------

X_MISSING_SAYS = "The sum z = x·w + b depends on each weight, too, and that factor is missing."
X_PRESENT_SAYS = "The sum z = x·w + b changes with b alike whatever the sample is."
W_FOR_X_SAYS = "The derivative of a product x·w by w is taken as w here."
LINEAR_SAYS = "The neuron's output is taken to be the sum itself: the sigmoid is missing, on the way forward and back."
COLUMN_SAYS = "`dl_dw` comes back as a column. It has the shape of `w`, which has one axis."
NEURON_ORDER_SAYS = "The two gradients come back in the wrong order."


def _neuron(name: str, variant: Callable[..., Any], says: str) -> Mistake:
    return _wrong("neuron_gradients", name, variant, says)


def _neuron_steps() -> Iterator[Mistake]:
    """Yield the slips in the lines that the neuron shares with the network."""
    errors = (
        ("sign-flipped", backprop_slips.error_negated, SIGN_SAYS),
        ("doubled", backprop_slips.error_doubled, DOUBLED_SAYS),
        ("halved", backprop_slips.error_halved, HALVED_SAYS),
        ("absolute-error", backprop_slips.error_absolute, ABSOLUTE_SAYS),
        ("target-forgotten", backprop_slips.error_is_output, TARGET_FORGOTTEN_SAYS),
    )
    for name, error, says in errors:
        yield _neuron(name, backprop.neuron_gradients_with(Steps(loss_grad=error)), says)
    both = backprop.neuron_gradients_with(Steps(loss_grad=backprop_slips.error_negated_and_doubled))
    yield _neuron("sign-flipped", both, f"{SIGN_SAYS} {DOUBLED_SAYS}")
    for slip in SLOPE_SLIPS:
        says = slip.says.format(where="the neuron")
        yield _neuron(slip.name, backprop.neuron_gradients_with(Steps(output_slope=slip.slope)), says)
    missing = SLOPE_SLIPS[0]
    for _, error, says in errors[:3]:
        variant = backprop.neuron_gradients_with(Steps(loss_grad=error, output_slope=missing.slope))
        yield _neuron(missing.name, variant, f"{missing.says.format(where='the neuron')} {says}")
    right = backprop.neuron_gradients
    apart = (
        ("sign-flipped", Steps(loss_grad=backprop_slips.error_negated), SIGN_SAYS),
        (missing.name, Steps(output_slope=missing.slope), missing.says.format(where="the neuron")),
    )
    for name, steps, says in apart:
        wrong = backprop.neuron_gradients_with(steps)
        yield _neuron(name, backprop_slips.neuron_gradients_apart(wrong, right), f"In `dl_dw` alone: {says}")
        yield _neuron(name, backprop_slips.neuron_gradients_apart(right, wrong), f"In `dl_db` alone: {says}")


NEURON = Code(
    reference={"neuron_gradients": backprop.neuron_gradients},
    checks=cases.neuron_checks,
    mistakes=(
        *_neuron_steps(),
        _neuron("x-missing", backprop_slips.neuron_gradients_without_x, X_MISSING_SAYS),
        _neuron("x-missing", backprop_slips.neuron_gradients_without_x_as_number, X_MISSING_SAYS),
        _neuron("x-present", backprop_slips.neuron_gradients_x_in_both, X_PRESENT_SAYS),
        _neuron("w-for-x", backprop_slips.neuron_gradients_times_w, W_FOR_X_SAYS),
        _neuron("bias-forgotten", backprop_slips.neuron_gradients_without_bias, BIAS_FORGOTTEN_SAYS),
        _neuron("sigmoid-missing", backprop_slips.neuron_gradients_linear, LINEAR_SAYS),
        _neuron("transposed", backprop_slips.neuron_gradients_column, COLUMN_SAYS),
        _neuron("results-swapped", backprop_slips.neuron_gradients_swapped, NEURON_ORDER_SAYS),
    ),
    remark=remark_on("dl_dw", "dl_db"),
    advice=advice_on("dl_dw", "dl_db"),
)

# --- the network ------------------------------------------------------------------------------------------------------

NETWORK = Code(
    reference={"network_gradients": backprop.network_gradients_by_parameter},
    checks=cases.network_checks,
    mistakes=tuple(network_mistakes()),
    parts=tuple(Part(name, Decimal(2), pick=at) for at, name in enumerate(GRADIENTS)),
    remark=remark_on(*GRADIENTS),
    advice=advice_on(*GRADIENTS),
)

QUESTIONS: Mapping[str, Definition] = {
    "graph_gradients": GRAPH,
    "neuron_gradients": NEURON,
    "network_gradients": NETWORK,
}
