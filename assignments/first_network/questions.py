"""The deck's first network: four functions over an object of the student's own, and a thousand steps of training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from assignments.first_network import creation, networks, training
from assignments.first_network.networks import DECK, DECK_CALL, NN
from assignments.language import Check, Code, Definition, Functions, Mistake
from assignments.script import Call, Script
from reference import first_network as network
from reference import first_network_training as learning

CREATE, FORWARD = "neural_network_create", "neural_network_feed_forward"
TOTAL_ERROR, TRAIN = "neural_network_total_error", "neural_network_train"

REFERENCE: Functions = {
    CREATE: network.create,
    FORWARD: network.feed_forward,
    TOTAL_ERROR: network.total_error,
    TRAIN: learning.train,
}


def _wrong(
    function: str, name: str, says: str, *variants: Callable[..., Any], keeps: Fraction = Fraction(0)
) -> list[Mistake]:
    return [Mistake(name, says, replaces={function: variant}, keeps=keeps) for variant in variants]


def _resting(function: str) -> Callable[[Functions], Sequence[Functions]]:
    """Return what a mistake of `function` makes of the questions that use it: the same functions over the wrong one."""
    return lambda wrong: [{function: wrong[function]}] if function in wrong else []


# --- create -----------------------------------------------------------------------------------------------------------

COLUMNS_SAYS = (
    "The weights are read in the wrong order: a flat list holds all weights of the first unit, then all of the second, "
    "and so on."
)
BIASES_SAYS = "The biases are not where they belong: each layer has its own, shared by all of its units."

CREATE_QUESTION = Code(
    reference=REFERENCE,
    checks=creation.create_checks,
    mistakes=(
        *_wrong(CREATE, creation.COLUMNS, COLUMNS_SAYS, network.create_column_by_column),
        *_wrong(CREATE, creation.MIXED_BIASES, BIASES_SAYS, network.create_biases_swapped, network.create_one_bias),
    ),
)

# --- feed_forward -----------------------------------------------------------------------------------------------------


def _forward_checks(rng: np.random.Generator) -> Sequence[Check]:
    def check(name: str, setup: networks.Setup, x: Any, shows: str | None = None) -> Check:
        script = Script((networks.create(setup), Call(FORWARD, (NN, x))))
        return Check(name, script, visible=shows is not None, shows=shows)

    deck, small = f"{DECK_CALL}; x = [0.05, 0.1]", f"{networks.SMALL_CALL}; x = [0.5]"
    checks = [
        check("the deck's network", DECK, network.DECK_X, deck),
        check("the worked example", networks.SMALL, networks.SMALL_X, small),
    ]
    for sizes in ((3, 4, 1), (4, 2, 3), (2, 5, 2), (1, 3, 4)):
        setup = networks.draw(rng, sizes)
        checks.append(check("{}-{}-{} network".format(*sizes), setup, networks.sample(rng, setup)[0]))
    setup = networks.draw(rng, (3, 2, 2))
    first, second = networks.sample(rng, setup)[0], networks.sample(rng, setup)[0]
    looks = tuple(networks.look(x, rests_on=None) for x in (first, second, first))
    script = Script((networks.create(setup), *looks), returns=(networks.OUTPUTS,))
    return [*checks, Check("three samples, one after another", script)]


BIAS_SAYS = "The bias is missing from a sum: every unit adds its bias to its weighted inputs before the activation."
ACTIVATION_SAYS = "An activation is missing: the sigmoid belongs to both layers, the hidden one and the output."
AFTER_SAYS = "The bias comes too late: it belongs into the sum that the sigmoid is taken of."
TANH_SAYS = "These are the outputs with tanh. Both layers of this network use the sigmoid."
EXPONENT_SAYS = "The sign in the sigmoid's exponent is the wrong way round: it grows with z, so it is exp(−z)."
HIDDEN_SAYS = "These are the outputs of the hidden layer: they go through the output layer as well."
SHAPE_SAYS = (
    "The numbers are right, but the result has two dimensions: for one sample return one of shape (num_outputs,)."
)

FORWARD_QUESTION = Code(
    reference=REFERENCE,
    checks=_forward_checks,
    mistakes=(
        *_wrong(
            FORWARD,
            "bias-forgotten",
            BIAS_SAYS,
            network.feed_forward_without_bias,
            network.feed_forward_without_hidden_bias,
            network.feed_forward_without_output_bias,
        ),
        *_wrong(
            FORWARD,
            "activation-missing",
            ACTIVATION_SAYS,
            network.feed_forward_linear_output,
            network.feed_forward_linear_hidden,
        ),
        *_wrong(FORWARD, "bias-after-activation", AFTER_SAYS, network.feed_forward_bias_after),
        *_wrong(FORWARD, "tanh-for-sigmoid", TANH_SAYS, network.feed_forward_tanh),
        *_wrong(FORWARD, "exponent-sign", EXPONENT_SAYS, network.feed_forward_sign_in_exponent),
        *_wrong(FORWARD, "hidden-layer-returned", HIDDEN_SAYS, network.feed_forward_hidden),
        *_wrong(FORWARD, "two-dimensional", SHAPE_SAYS, network.feed_forward_column, network.feed_forward_row),
    ),
    rests_on=("create",),
    resting={"create": _resting(CREATE)},
)

# --- total_error ------------------------------------------------------------------------------------------------------


def _total_error_checks(rng: np.random.Generator) -> Sequence[Check]:
    def check(name: str, setup: networks.Setup, x: Any, y: Any, shows: str | None = None) -> Check:
        script = Script((networks.create(setup), Call(TOTAL_ERROR, (NN, np.array(x), np.array(y)))))
        return Check(name, script, visible=shows is not None, shows=shows)

    one = f"{DECK_CALL}; {TOTAL_ERROR}(nn, [[0.05, 0.1]], [[0.01, 0.99]])"
    two = f"{networks.SMALL_CALL}; {TOTAL_ERROR}(nn, [[0.5], [2.0]], [[0.0], [1.0]])"
    checks = [
        check("the deck's one sample", DECK, [network.DECK_X], [network.DECK_Y], one),
        check("two samples", networks.SMALL, [[0.5], [2.0]], [[0.0], [1.0]], two),
    ]
    for sizes, count in (((2, 3, 2), 3), ((3, 2, 1), 4), ((1, 4, 3), 2), ((4, 2, 3), 7), ((2, 2, 4), 1)):
        name = f"{sizes[0]}-{sizes[1]}-{sizes[2]} network, {count} sample{'s' * (count > 1)}"
        setup = networks.draw(rng, sizes)
        samples = [networks.sample(rng, setup) for _ in range(count)]
        checks.append(check(name, setup, [x for x, _ in samples], [y for _, y in samples]))
    return [*checks, _unchanged_check(rng)]


def _unchanged_check(rng: np.random.Generator) -> Check:
    """Return the check that looks at a network before and after its error is asked for."""
    setup = networks.draw(rng, (2, 3, 2))
    x, y = networks.sample(rng, setup)
    asked = Call(TOTAL_ERROR, (NN, x[None], y[None]))
    steps = (networks.create(setup), networks.look(x), asked, networks.look(x))

    def holds(value: Any) -> str | None:
        before, after = networks.read_outputs(value, [setup.num_outputs] * 2) or (x, x)
        return None if np.array_equal(before, after) else "asking for the error changed the network; only training may"

    return Check("the network stays as it is", Script(steps, returns=(networks.OUTPUTS,)), holds=holds)


def _total_error_resting(wrong: Functions) -> Sequence[Functions]:
    """Return what a mistake of `feed_forward` makes of a total error that calls it."""
    if FORWARD not in wrong:
        return []
    return [{**wrong, TOTAL_ERROR: partial(network.total_error_of, wrong[FORWARD])}]


HALF_SAYS = "The factor ½ of the loss is missing."
MEAN_SAYS = (
    "This is a mean: the errors of all samples and outputs are added up, and nothing is divided by their number."
)
ONE_SAMPLE_SAYS = "Only one sample counts here: add up the errors of all of them."
LENGTH_SAYS = "The differences of p and y enter squared."
SQUARE_LAST_SAYS = "Each difference is squared by itself, and the squares are added up; not the other way round."

TOTAL_ERROR_QUESTION = Code(
    reference=REFERENCE,
    checks=_total_error_checks,
    mistakes=(
        *_wrong(TOTAL_ERROR, "half-missing", HALF_SAYS, network.total_error_without_half),
        *_wrong(
            TOTAL_ERROR,
            "mean-for-sum",
            MEAN_SAYS,
            network.total_error_mean,
            network.total_error_mean_without_half,
            network.total_error_mean_of_outputs,
            network.total_error_mean_square,
        ),
        *_wrong(
            TOTAL_ERROR,
            "one-sample-only",
            ONE_SAMPLE_SAYS,
            network.total_error_first_sample,
            network.total_error_last_sample,
        ),
        *_wrong(TOTAL_ERROR, "not-squared", LENGTH_SAYS, network.total_error_length, network.total_error_absolute),
        *_wrong(TOTAL_ERROR, "square-of-sum", SQUARE_LAST_SAYS, network.total_error_square_of_sum),
    ),
    rests_on=("create", "feed_forward"),
    resting={"create": _resting(CREATE), "feed_forward": _total_error_resting},
)

# --- train ------------------------------------------------------------------------------------------------------------

NEW_WEIGHTS_SAYS = (
    "A gradient was taken after weights had been changed. Work out all gradients at the old weights first (the "
    "hidden ones go through the old output weights), then change all of them."
)
BIASES_TOO_SAYS = "The biases moved as well. In this program they stay fixed, and only the weights learn."
OUTPUT_ONLY_SAYS = "Only the output weights learn: the hidden weights did not move."
HIDDEN_ONLY_SAYS = "Only the hidden weights learn: the output weights did not move."
UPHILL_SAYS = "Weights moved up the slope: a step goes against the gradient, so that the loss falls."
SLOPE_SAYS = "The derivative of a sigmoid is missing from the chain rule: each layer contributes one."
ONE_OUTPUT_SAYS = "Only one output's error reaches the hidden layer: every hidden unit feeds all of the outputs."
DOUBLED_SAYS = "Every step is twice as long as it should be: the ½ of the loss cancels the 2 of its derivative."
RATE_SAYS = "The step does not depend on `learning_rate`."
UNTOUCHED_SAYS = (
    "The network is exactly as it was before `neural_network_train`. The step has to change the weights inside the "
    "`nn` it was given: a new network that is returned is not used."
)

TRAIN_QUESTION = Code(
    reference=REFERENCE,
    checks=training.train_checks,
    mistakes=(
        *_wrong(
            TRAIN,
            "new-weights-used",
            NEW_WEIGHTS_SAYS,
            learning.train_with_new_output_weights,
            learning.train_output_then_hidden,
            learning.train_hidden_then_output,
            learning.train_new_output_weights_and_biases,
        ),
        *_wrong(
            TRAIN,
            "biases-updated",
            BIASES_TOO_SAYS,
            learning.train_biases_too,
            learning.train_shared_biases_too,
            learning.train_mean_biases_too,
            learning.train_output_bias_too,
            learning.train_hidden_bias_too,
            learning.train_shared_output_bias_too,
            learning.train_shared_hidden_bias_too,
            learning.train_biases_uphill,
            keeps=Fraction(1, 2),
        ),
        *_wrong(
            TRAIN,
            "output-layer-only",
            OUTPUT_ONLY_SAYS,
            learning.train_output_layer_only,
            learning.train_output_layer_and_bias_only,
        ),
        *_wrong(
            TRAIN,
            "gradient-ascent",
            UPHILL_SAYS,
            learning.train_uphill,
            learning.train_uphill_with_biases,
            learning.train_uphill_with_new_output_weights,
            learning.train_hidden_uphill,
            learning.train_output_uphill,
            learning.train_output_layer_only_uphill,
        ),
        *_wrong(TRAIN, "hidden-layer-only", HIDDEN_ONLY_SAYS, learning.train_hidden_layer_only),
        *_wrong(
            TRAIN,
            "slope-missing",
            SLOPE_SAYS,
            learning.train_without_output_slope,
            learning.train_without_hidden_slope,
            learning.train_without_slopes,
        ),
        *_wrong(TRAIN, "one-output-only", ONE_OUTPUT_SAYS, learning.train_first_output_only),
        *_wrong(TRAIN, "doubled", DOUBLED_SAYS, learning.train_doubled),
        *_wrong(TRAIN, "rate-forgotten", RATE_SAYS, learning.train_without_rate),
        Mistake("not-in-place", UNTOUCHED_SAYS, when=training.is_untouched),
    ),
    rests_on=("create", "feed_forward"),
    hint=training.hint,
    resting={"create": _resting(CREATE), "feed_forward": _resting(FORWARD)},
)

# --- learns -----------------------------------------------------------------------------------------------------------

LEARNS_QUESTION = Code(
    reference=REFERENCE,
    checks=training.learns_checks,
    rests_on=("create", "feed_forward"),
    curves=training.learns_curves,
    is_slow=True,
)

QUESTIONS: Mapping[str, Definition] = {
    "create": CREATE_QUESTION,
    "feed_forward": FORWARD_QUESTION,
    "total_error": TOTAL_ERROR_QUESTION,
    "train": TRAIN_QUESTION,
    "learns": LEARNS_QUESTION,
}
