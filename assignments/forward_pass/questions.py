"""Forward pass by hand: the numbers of the 2-3-2 network, computed by the reference and never written down here.

The network is the lecture's or the student's own: `variant.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np

from assignments.language import Definition, Number, Variant, WrongNumber
from assignments.sigmoid_network import network, sample, target
from assignments.sigmoid_numbers import HIDDEN, OUTPUTS
from reference import losses, mlp
from reference.activations import sigmoid
from reference.arrays import Floats

Tracer = Callable[[Floats, mlp.Network], mlp.Trace]
Typed = Mapping[str, float]

DECIMALS: Final = 4
MISTAKE_DECIMALS: Final = 3  # whoever also rounded on the way is off by a unit of the fourth digit


def _values(v: Variant, tracer: Tracer = mlp.trace) -> dict[str, float]:
    """Return every field of the page but the loss, as one tracer computes them."""
    passed = tracer(sample(v), network(v))
    groups: dict[str, Floats] = {"z": np.append(passed.z_hidden, passed.z_output), "h": passed.h, "p": passed.p}
    return {f"{letter}{i}": float(value) for letter, values in groups.items() for i, value in enumerate(values)}


def _answer(field: str, tracer: Tracer = mlp.trace) -> Callable[[Variant], float]:
    return lambda v: _values(v, tracer)[field]


def _outputs(v: Variant, tracer: Tracer = mlp.trace) -> Floats:
    return tracer(sample(v), network(v)).p


# --- what people get wrong --------------------------------------------------------------------------------------------

BIAS_FORGOTTEN = "Each unit also adds its bias before anything else happens to the sum. Here the bias is missing."
TANH = "This is what tanh gives. The units of this network use the sigmoid, which lies between 0 and 1."
NO_HALF = "The squared differences are added up, but the loss also has the factor ½ in front."
MEAN = "This divides by the number of outputs. The loss is half the sum of the squared differences, not of their mean."


def _without_own_bias(field: str) -> Callable[[Variant], float]:
    """Return the value when only this unit's own bias was left out, and everything before it is right."""
    letter, unit = field[0], int(field[1])

    def value(v: Variant) -> float:
        right = _values(v)
        sums_field = field if letter == "z" else f"z{unit if letter == 'h' else unit + HIDDEN}"
        is_hidden = int(sums_field[1]) < HIDDEN
        bare = right[sums_field] - v["b_hidden" if is_hidden else "b_output"]
        return bare if letter == "z" else float(sigmoid(bare))

    return value


def _wrong(name: str, value: Callable[[Variant], float], says: str) -> WrongNumber:
    return WrongNumber(name, value, says, decimals=MISTAKE_DECIMALS)


def _mistakes(field: str) -> Iterator[WrongNumber]:
    yield _wrong("bias-forgotten", _without_own_bias(field), BIAS_FORGOTTEN)
    is_downstream = field[0] == "p" or field in {"z3", "z4"}
    if is_downstream:
        yield _wrong("bias-forgotten", _answer(field, mlp.trace_without_bias), BIAS_FORGOTTEN)
    if field[0] in "hp":
        sums = f"z{int(field[1]) + (HIDDEN if field[0] == 'p' else 0)}"
        yield _wrong("tanh-for-sigmoid", lambda v: float(np.tanh(_values(v)[sums])), TANH)
    if is_downstream:
        yield _wrong("tanh-for-sigmoid", _answer(field, mlp.trace_with_tanh), TANH)


def _loss_mistakes() -> Iterator[WrongNumber]:
    def loss(tracer: Tracer) -> Callable[[Variant], float]:
        return lambda v: losses.squared_loss(_outputs(v, tracer), target(v))

    yield _wrong("no-half", lambda v: losses.squared_loss_without_half(_outputs(v), target(v)), NO_HALF)
    yield _wrong("mean-for-sum", lambda v: losses.squared_loss_mean(_outputs(v), target(v)), MEAN)
    yield _wrong("bias-forgotten", loss(mlp.trace_without_bias), BIAS_FORGOTTEN)
    yield _wrong("tanh-for-sigmoid", loss(mlp.trace_with_tanh), TANH)


# --- right given what was typed before --------------------------------------------------------------------------------


def _follow_activation(sums: str) -> Callable[[Variant, Typed], float]:
    return lambda _v, typed: float(sigmoid(typed[sums]))


def _follow_output_sum(unit: int) -> Callable[[Variant, Typed], float]:
    def follow(v: Variant, typed: Typed) -> float:
        h = np.array([typed[f"h{i}"] for i in range(HIDDEN)])
        layers = network(v)
        return float(layers.W1[unit] @ h + layers.b1[unit])

    return follow


def _follow_loss(v: Variant, typed: Typed) -> float:
    return losses.squared_loss(np.array([typed[f"p{i}"] for i in range(OUTPUTS)]), target(v))


def _number(field: str, says: str, follow: Callable[[Variant, Typed], float] | None = None) -> Number:
    return Number(_answer(field), DECIMALS, tuple(_mistakes(field)), follow=follow, says=says)


ROW_OF_WEIGHTS = "Multiply each input of the unit by the weight that leads from it, add the products, then the bias."
ACTIVATION = "Put the unit's own sum into 1/(1 + exp(-z)); mind the minus sign, and round only at the end."

QUESTIONS: Mapping[str, Definition] = {
    **{f"z{i}": _number(f"z{i}", ROW_OF_WEIGHTS) for i in range(HIDDEN)},
    **{f"h{i}": _number(f"h{i}", ACTIVATION, _follow_activation(f"z{i}")) for i in range(HIDDEN)},
    **{f"z{i + HIDDEN}": _number(f"z{i + HIDDEN}", ROW_OF_WEIGHTS, _follow_output_sum(i)) for i in range(OUTPUTS)},
    **{f"p{i}": _number(f"p{i}", ACTIVATION, _follow_activation(f"z{i + HIDDEN}")) for i in range(OUTPUTS)},
    "loss": Number(
        lambda v: losses.squared_loss(_outputs(v), target(v)),
        DECIMALS,
        tuple(_loss_mistakes()),
        follow=_follow_loss,
        says="Square the difference of each output from its target, add both, and take half.",
    ),
}
