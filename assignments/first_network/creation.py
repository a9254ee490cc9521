"""Cases for `create`: what a network keeps of the weights it is given, seen through the student's own forward pass.

Where the outputs are not right, the forward pass may be what is wrong. Then the network is right all the same when it
behaves as one whose weights are where they belong: two hidden units that change places change nothing, two outputs
that change places exchange their outputs, and so do inputs. A mistake in the forward pass does not disturb that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from assignments.first_network import networks
from assignments.first_network.networks import DECK, NN, OUTPUTS, Setup
from assignments.language import Check, Fault
from assignments.script import Call, Script
from reference import first_network
from reference.arrays import Floats

CLOSE, NEAR_ZERO = 1e-4, 1e-6
ROUNDING = 1e-5
"""How far two ways through the same network may be apart: sums in another order, in float32 at worst."""

COLUMNS, MIXED_BIASES = "column-by-column", "biases-mixed-up"
WRONG_CREATES = (
    (COLUMNS, first_network.create_column_by_column),
    (MIXED_BIASES, first_network.create_biases_swapped),
    (MIXED_BIASES, first_network.create_one_bias),
)

CANNOT_BE_READ = "the outputs of the new network cannot be read as {} numbers"
MOVED = (
    "the outputs are not those of a network with these weights: the flat lists go row by row, first all weights of the "
    "first unit, then all of the second"
)
ZERO = (
    "with a bias of 0 the outputs are not those of the network: a bias that is 0 is given, not missing. `if not bias` "
    "and `bias or …` take 0 for missing"
)
DEAF = "the outputs do not follow the weights the network was created with"
ALIKE = (
    "two networks created {what} gave exactly the same outputs: what is not given is drawn at random in every call; it "
    "is no constant, and the generator is not seeded first"
)
UNIFORM = "all outputs of a network created {what} are the same: each weight has to be drawn by itself"


def create_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `create`: one shown, the others hidden."""
    deck_x = first_network.DECK_X
    checks = [_given("the deck's weights", DECK, deck_x, is_visible=True)]
    for sizes in ((3, 4, 2), (2, 5, 3), (4, 3, 2)):
        setup = networks.draw(rng, sizes)
        checks.append(_given(f"given weights, {_words(sizes)}", setup, networks.sample(rng, setup)[0]))
    zero = networks.draw(rng, (3, 2, 4))
    zero = replace(zero, hidden_bias=0.0, output_bias=0)
    checks.append(_given("a bias of 0 is given, not missing", zero, networks.sample(rng, zero)[0], moved=ZERO))
    checks.append(_random("without any weights", DECK, deck_x, {}, shows="nn = neural_network_create(2, 3, 2), twice"))
    setup = networks.draw(rng, (3, 4, 2))
    x = networks.sample(rng, setup)[0]
    biases = {"hidden_layer_bias": setup.hidden_bias, "output_layer_bias": setup.output_bias}
    weights = {
        "hidden_layer_weights": list(setup.hidden_weights),
        "output_layer_weights": list(setup.output_weights),
    }
    without_hidden = biases | {"output_layer_weights": weights["output_layer_weights"]}
    without_output = biases | {"hidden_layer_weights": weights["hidden_layer_weights"]}
    for what, given in (
        ("without weights", biases),
        ("without hidden weights", without_hidden),
        ("without output weights", without_output),
        ("without a hidden bias", weights | {"output_layer_bias": setup.output_bias}),
        ("without an output bias", weights | {"hidden_layer_bias": setup.hidden_bias}),
    ):
        checks.append(_random(what, setup, x, given))
    return checks


def _words(sizes: tuple[int, int, int]) -> str:
    return "{} inputs, {} hidden, {} outputs".format(*sizes)


# --- given weights ----------------------------------------------------------------------------------------------------


def _given(name: str, setup: Setup, x: Floats, *, is_visible: bool = False, moved: str = MOVED) -> Check:
    turned = _turned(setup, x)
    steps = [step for each, sample in turned for step in (networks.create(each, rests_on=None), networks.look(sample))]

    def holds(value: Any) -> str | Fault | None:
        outputs = networks.read_outputs(value, [setup.num_outputs] * len(turned))
        if outputs is None or not np.isfinite(outputs).all():
            return CANNOT_BE_READ.format(setup.num_outputs)
        if _is_close(outputs, _outputs(first_network.create, turned)):
            return None
        for mistake, wrong_create in WRONG_CREATES:
            if _is_close(outputs, _outputs(wrong_create, turned)):
                return Fault(MOVED, mistake)
        return moved if _disorder(outputs) == MOVED else _disorder(outputs)

    shows = f"{networks.DECK_CALL}, seen through neural_network_feed_forward" if is_visible else None
    return Check(name, Script(tuple(steps), returns=(OUTPUTS,)), visible=is_visible, holds=holds, shows=shows)


def _turned(setup: Setup, x: Floats) -> list[tuple[Setup, Floats]]:
    """Return the network itself, with its hidden units, outputs and inputs turned by one, and with other weights."""
    W0, W1 = setup.W0, setup.W1
    return [
        (setup, x),
        (setup.with_weights(np.roll(W0, 1, axis=0), np.roll(W1, 1, axis=1)), x),
        (setup.with_weights(W0, np.roll(W1, 1, axis=0)), x),
        (setup.with_weights(np.roll(W0, 1, axis=1), W1), np.roll(x, 1)),
        (setup.with_weights(-W0, W1), x),
        (setup.with_weights(W0, -W1), x),
    ]


def _outputs(create: Any, turned: Sequence[tuple[Setup, Floats]]) -> list[Floats]:
    return [first_network.feed_forward(create(*setup.arguments), x) for setup, x in turned]


def _is_close(got: Sequence[Floats], want: Sequence[Floats], rtol: float = CLOSE) -> bool:
    return bool(np.allclose(got, want, rtol=rtol, atol=NEAR_ZERO))


def _disorder(outputs: Sequence[Floats]) -> str | None:
    """Return how outputs that are not right contradict the order of the weights, or None where they do not."""
    plain, hidden_turned, outputs_turned, inputs_turned, other_hidden, other_output = outputs
    spread = np.ptp(plain) if plain.size > 1 else 1.0
    moved = (np.abs(plain - other).max() for other in (other_hidden, other_output))
    if min(spread, *moved) <= ROUNDING:
        return DEAF
    expected = (plain, np.roll(plain, 1), plain)
    if not _is_close((hidden_turned, outputs_turned, inputs_turned), expected, ROUNDING):
        return MOVED
    return None


# --- random ones ------------------------------------------------------------------------------------------------------


def _random(what: str, setup: Setup, x: Floats, given: Mapping[str, Any], shows: str | None = None) -> Check:
    made = Call("neural_network_create", setup.sizes, dict(given), save=NN.name)
    bias = "hidden_bias" if "hidden bias" in what else "output_bias"
    other = replace(setup, **{bias: getattr(setup, bias) + 1.0})
    biased = [step for each in (setup, other) for step in (networks.create(each, rests_on=None), networks.look(x))]
    script = Script((*(made, networks.look(x)) * 2, *biased), returns=(OUTPUTS,))

    def holds(value: Any) -> str | None:
        outputs = networks.read_outputs(value, [setup.num_outputs] * 4)
        if outputs is None or not np.isfinite(outputs).all():
            return CANNOT_BE_READ.format(setup.num_outputs)
        # Where even given biases make no difference, the forward pass does not look at them.
        is_hidden_from_us = "weights" not in what and np.array_equal(outputs[2], outputs[3])
        if np.array_equal(outputs[0], outputs[1]) and not is_hidden_from_us:
            return ALIKE.format(what=what)
        return UNIFORM.format(what=what) if any(np.ptp(each) == 0 for each in outputs) else None

    return Check(f"created {what}, twice", script, visible=shows is not None, holds=holds, shows=shows)
