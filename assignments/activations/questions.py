"""Six activation functions and four derivatives: each judged by value, and by whether it stays quiet far out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from assignments.activations.cases import checks_of, works_for_scalars_only
from assignments.activations.spellings import Function, spellings
from assignments.language import Check, Code, Definition, Functions, Mistake, Part
from reference import activations as h

PARTS = (Part("value", Decimal("1.0")), Part("quiet", Decimal("0.2"), what="quiet", needs="value"))
FAR = 700.0

Resting = Mapping[str, Callable[[Functions], list[Functions]]]

# `softplus_grad` is the sigmoid and `relu_grad` the step, so these eight are all the different ones.
FUNCTIONS: Mapping[str, Function] = {
    "identity": h.identity,
    "step": h.step,
    "sigmoid": h.sigmoid,
    "tanh": h.tanh,
    "relu": h.relu,
    "softplus": h.softplus,
    "sigmoid_grad": h.sigmoid_grad,
    "tanh_grad": h.tanh_grad,
}
SLOPE = "A derivative is the slope of its function h: hold it against (h(z + d) − h(z − d)) / 2d for a small d."
REMEMBER = {
    "identity": "Nothing at all is done to z here.",
    "step": "It gives one of two values, and nothing but the sign of z decides which.",
    "sigmoid": "It rises from 0 to 1, each entry by itself; on the way, at z = 0, it is a half.",
    "tanh": "It rises from −1 to 1; around 0 it is nearly z itself.",
    "relu": "It is z on one side of 0 and constant on the other, and the two sides meet.",
    "softplus": "It lies a little above relu everywhere; at z = 0 it is the natural logarithm of 2.",
}
SAME = {"softplus_grad": "sigmoid", "relu_grad": "step"}

SCALARS_SAYS = (
    "It works for a single number only: given an array, it stops. Tools from `math`, `float()`, and `if` on the input "
    "need one number; NumPy's functions, `np.where` among them, work entry by entry."
)
EXP_PLUS_SAYS = (
    "The exponent has the wrong sign: what comes out falls where the sigmoid rises. Look at the sign of z inside exp()."
)
SOFTPLUS_SIGN_SAYS = "The exponent has the wrong sign: what comes out falls where the softplus rises."
FED_Z_SAYS = (
    "The rule is the right one, but z itself was put into it. It is written in terms of the function's value, "
    "so that value has to be worked out from z first."
)
HALF_SAYS = "This is 2σ(z) − 1, which rises half as fast as tanh: in tanh's formula both exponents carry z in full."
ABSOLUTE_SAYS = "This is the absolute value: the negative side was turned up, where relu cuts it off."
OVERFLOW_SAYS = (
    "Right, but for inputs far out: exp() of a large number is infinite, and so is what comes back. Rearrange the "
    "formula so that exp() never gets a large positive number."
)
SIGNED_SAYS = "On the negative side comes −1, where 0 is due: this is the sign function."
TURNED_SAYS = "It fires on the wrong side of 0."
NEGATIVE_SIDE_SAYS = "This keeps the negative side and cuts the positive one off; relu does the opposite."
SQUARE_SAYS = "The square is missing: tanh enters its own derivative squared."
FACTOR_SAYS = "A part of the rule is missing, or has the wrong sign. " + SLOPE
TWICE_SAYS = "The function was applied twice: the slope is asked at z, and this is the slope at the function's value."
SQUARE_INSIDE_SAYS = "The square is in the wrong place: z was squared, not the value of tanh."
OTHER_RULE_SAYS = "The derivatives of σ and tanh follow different rules, and this is the other one's."


def _wrong(question: str, name: str, says: str, *variants: Function) -> Iterator[Mistake]:
    return (Mistake(name, says, replaces={question: variant}) for variant in variants)


def _another_function(question: str) -> Iterator[Mistake]:
    """Yield a mistake for each other function of this assignment that may have got into the place of the right one."""
    others = {**FUNCTIONS, "the derivative of identity": h.identity_grad}
    others.pop(SAME.get(question, question))
    for name, function in others.items():
        said = name if name not in FUNCTIONS else f"`{name}`"
        yield Mistake("another-function", f"What came back is {said}, not `{question}`.", replaces={question: function})


def _hint(remember: str) -> Callable[[Any, Any], str | None]:
    """Return what is said beside a wrong result: what it shows, else what to remember of the function."""

    def hint(got: Any, want: Any) -> str | None:
        if got is None:
            return None
        given, wanted = np.asarray(got, dtype=np.float64), np.asarray(want, dtype=np.float64)
        if given.shape != wanted.shape:
            return "The result has the shape of z: a number for a number, an entry for each entry of an array."
        if not np.isfinite(given).all():
            return "exp() of a large number is infinite, and ∞/∞ is no number: rearrange it so that exp() stays small."
        if given.any() and np.array_equal(given, np.trunc(wanted)):
            return (
                "The results were cut to whole numbers. `np.vectorize` and `np.zeros_like` take their kind of number "
                "from the first result or from the input: ask for floats."
            )
        is_off = ~np.isclose(given, wanted, rtol=1e-6, atol=1e-9)
        if (np.abs(wanted[is_off]) > FAR).all():
            return "Only where z is far out it is wrong. Clipping z there changes the result as well."
        return remember

    return hint


def _question(
    name: str,
    function: Function,
    mistakes: Iterable[Mistake] = (),
    resting: Resting | None = None,
    *,
    checks: Callable[[np.random.Generator], Sequence[Check]] | None = None,
) -> Code:
    return Code(
        reference={name: function},
        checks=checks or checks_of(name),
        mistakes=(
            *mistakes,
            *_another_function(name),
            Mistake("scalars-only", SCALARS_SAYS, when=works_for_scalars_only),
        ),
        parts=PARTS,
        hint=_hint(REMEMBER.get(name, SLOPE)),
        resting=resting or {},
    )


def _on(
    inner: str, outer: str, rule: Callable[[Any, Any], Any]
) -> Mapping[str, Callable[[Functions], list[Functions]]]:
    """Return how `outer` looks when it calls the student's own `inner`: rule(inner, z).

    `softplus_grad` and `relu_grad` are left out: there nothing tells a call from the same slip made twice.
    """

    def forms(wrong: Functions) -> list[Functions]:
        # On top of the identity the rule is what it is when z itself is put into it, a mistake of its own.
        return [] if wrong[inner] is h.identity else [{outer: lambda z: rule(wrong[inner], z)}]

    return {inner: forms}


QUESTIONS: Mapping[str, Definition] = {
    "identity": _question("identity", h.identity),
    "step": _question(
        "step",
        h.step,
        (
            *_wrong("step", "minus-one", SIGNED_SAYS, h.step_signed),
            *_wrong("step", "turned-round", TURNED_SAYS, h.step_turned_round),
        ),
        checks=checks_of("step", has_kink=True),
    ),
    "sigmoid": _question(
        "sigmoid",
        h.sigmoid,
        _wrong(
            "sigmoid",
            "exp-plus-z",
            EXP_PLUS_SAYS,
            *spellings(h.sigmoid_exp_plus, "above"),
            *spellings(h.sigmoid_exp_plus, "below", np.nan),
        ),
    ),
    "tanh": _question(
        "tanh",
        h.tanh,
        _wrong(
            "tanh",
            "two-sigma-minus-one",
            HALF_SAYS,
            *spellings(h.tanh_half, "below"),
            *spellings(h.tanh_half, "above", np.nan),
            *spellings(h.tanh_half, "below", np.nan),
        ),
        _on("sigmoid", "tanh", lambda sigmoid, z: 2.0 * sigmoid(2.0 * np.asarray(z)) - 1.0),
    ),
    "relu": _question(
        "relu",
        h.relu,
        (
            *_wrong("relu", "absolute-value", ABSOLUTE_SAYS, h.relu_absolute),
            *_wrong("relu", "negative-side", NEGATIVE_SIDE_SAYS, h.relu_negative_side),
        ),
    ),
    "softplus": _question(
        "softplus",
        h.softplus,
        (
            *_wrong(
                "softplus",
                "overflow",
                OVERFLOW_SAYS,
                *spellings(h.softplus_as_printed, "above", np.inf),
                *spellings(h.softplus, "below", np.inf),
                *spellings(h.softplus, "below", np.nan),
                *spellings(h.softplus_as_printed, "below", np.nan),
            ),
            *_wrong(
                "softplus",
                "exp-minus-z",
                SOFTPLUS_SIGN_SAYS,
                *spellings(h.softplus_exp_minus, "below"),
                *spellings(h.softplus_exp_minus, "below", np.inf),
            ),
        ),
    ),
    "sigmoid_grad": _question(
        "sigmoid_grad",
        h.sigmoid_grad,
        (
            *_wrong("sigmoid_grad", "fed-z", FED_Z_SAYS, h.sigmoid_grad_fed_z, h.sigmoid_grad_half_fed_z),
            *_wrong("sigmoid_grad", "applied-twice", TWICE_SAYS, h.sigmoid_grad_of_sigmoid),
            *_wrong(
                "sigmoid_grad",
                "part-of-the-rule",
                FACTOR_SAYS,
                h.sigmoid_grad_plus,
                h.sigmoid_grad_first_factor,
                h.sigmoid_grad_second_factor,
            ),
            *_wrong("sigmoid_grad", "the-other-rule", OTHER_RULE_SAYS, h.sigmoid_grad_squared),
        ),
        _on("sigmoid", "sigmoid_grad", lambda sigmoid, z: sigmoid(z) * (1.0 - sigmoid(z))),
    ),
    "tanh_grad": _question(
        "tanh_grad",
        h.tanh_grad,
        (
            *_wrong("tanh_grad", "fed-z", FED_Z_SAYS, h.tanh_grad_fed_z),
            *_wrong("tanh_grad", "square-forgotten", SQUARE_SAYS, h.tanh_grad_without_square),
            *_wrong("tanh_grad", "square-on-z", SQUARE_INSIDE_SAYS, h.tanh_grad_square_inside),
            *_wrong("tanh_grad", "applied-twice", TWICE_SAYS, h.tanh_grad_of_tanh),
            *_wrong("tanh_grad", "part-of-the-rule", FACTOR_SAYS, h.tanh_grad_plus, h.tanh_grad_square_alone),
            *_wrong("tanh_grad", "the-other-rule", OTHER_RULE_SAYS, h.tanh_grad_as_sigmoid),
        ),
        _on("tanh", "tanh_grad", lambda tanh, z: 1.0 - tanh(z) ** 2),
        # Between about 3.5 and 10, 1 - tanh² in float32 is all rounding, too near to what is tolerated.
        checks=checks_of("tanh_grad", larger=(10.5, 14.0)),
    ),
    "relu_grad": _question(
        "relu_grad",
        h.relu_grad,
        (
            *_wrong("relu_grad", "minus-one", SIGNED_SAYS, h.step_signed),
            *_wrong("relu_grad", "turned-round", TURNED_SAYS, h.step_turned_round),
        ),
        checks=checks_of("relu_grad", has_kink=True),
    ),
    "softplus_grad": _question(
        "softplus_grad",
        h.softplus_grad,
        (
            *_wrong(
                "softplus_grad",
                "exp-plus-z",
                EXP_PLUS_SAYS,
                *spellings(h.sigmoid_exp_plus, "above"),
                *spellings(h.sigmoid_exp_plus, "below", np.nan),
            ),
            *_wrong("softplus_grad", "fed-z", FED_Z_SAYS, h.softplus_grad_fed_z),
        ),
    ),
}
