"""Vanishing gradients: a product of small factors, and what n sigmoid layers leave of a gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from assignments.language import Check, Code, Definition, Mistake, Number, Tolerance, WrongNumber
from assignments.script import call
from reference import vanishing

SMALL, FACTORS = vanishing.SMALL, vanishing.FACTORS

SIGMA: Final = "sigma-for-its-slope"
OFF_BY_ONE: Final = "off-by-one"
HARD_WIRED: Final = "quarter-hard-wired"

RELATIVE_ONLY = Tolerance(rtol=1e-6, atol=0.0)
"""The entries span ten orders of magnitude: any absolute tolerance would take the last ones as they come."""

SIGMA_SAYS = (
    "The factor of a layer is the slope of σ at z, not σ(z) itself: a gradient is multiplied by a derivative on its "
    "way back."
)
BEHIND_SAYS = (
    "Every entry is one layer behind: the first one is the factor of one layer, not the 1 of no layer, and the last "
    "one that of n layers."
)
AHEAD_SAYS = "Every entry is one layer ahead: the first one is the factor of a single layer."
SHORT_SAYS = "The number of entries is off by one: there is one for each of the n layers."
HARD_WIRED_SAYS = "The slope is taken as 1/4 whatever z is. That is its value at z = 0 only; elsewhere it is smaller."
BY_Z_SAYS = "In σ(z)(1 − σ(z)) both factors have σ(z) in them; here they have z itself."
TANH_SAYS = "This is the slope of tanh. The layers are sigmoid layers."
ADDED_SAYS = "The factors were added up. Going back through a layer multiplies a gradient, so k+1 layers give a power."
ONE_LAYER_SAYS = "Every entry is the factor of one layer alone. Entry k is what k+1 layers do together."
LAST_SAYS = "This is the factor of all n layers, one number. Asked for are all of them on the way, from 1 layer to n."
BACKWARDS_SAYS = "The entries are in the opposite order: entry 0 belongs to one layer, and the last one to all n."
FED_ON_SAYS = "Here z is the same in every layer; the output of one layer is not fed to the next one as its z."


def _checks(rng: np.random.Generator) -> Iterator[Check]:
    name = "gradient_through_layers"
    yield Check("three layers, z = 0", call(name, 3), visible=True)
    yield Check("four layers, z = 2", call(name, 4, 2.0), visible=True)
    yield Check("two layers, z = -1", call(name, 2, z=-1.0), visible=True)
    # |z| from 0.4, so that the slope is not 1/4, to 2, so that single precision keeps its digits through all layers.
    for n in (1, 2, 5, int(rng.integers(6, 10)), 12):
        sign = 1.0 if rng.random() < 0.5 else -1.0
        z = sign * round(float(rng.uniform(0.4, 2.0)), 3)
        yield Check(_named(n, "some z"), call(name, n, z) if rng.random() < 0.5 else call(name, n=n, z=z))
        yield Check(_named(n, "z of the other sign"), call(name, n, round(-z * 0.9, 3)))
    yield Check("three layers, large z", call(name, 3, round(float(rng.uniform(2.5, 4.0)), 3)))
    yield Check("twenty layers, z left out", call(name, 20))
    yield Check("three layers, whole z", call(name, 3, int(rng.choice([-2, -1, 1, 2]))))


def _named(n: int, what: str) -> str:
    return f"{n} layer{'s' * (n != 1)}, {what}"


def _wrong(name: str, function: Callable[..., Any], says: str) -> Mistake:
    return Mistake(name, says, replaces={"gradient_through_layers": function})


def _hint(got: Any, want: Any) -> str | None:
    """Notice a result that was rounded: the one thing that looks right when it is printed."""
    given, wanted = np.asarray(got, dtype=np.float64), np.asarray(want, dtype=np.float64)
    if given.shape == wanted.shape and any(np.array_equal(given, np.round(wanted, d)) for d in range(1, 16)):
        return (
            "These are rounded. Return the factors as they are: however small, each is compared by its relative error."
        )
    return None


def _all_checks(rng: np.random.Generator) -> Sequence[Check]:
    return list(_checks(rng))


QUESTIONS: Mapping[str, Definition] = {
    "product": Number(
        SMALL**FACTORS,
        mistakes=(
            WrongNumber("added", SMALL * FACTORS, "The factors were added up. A product multiplies them."),
            WrongNumber("one-factor-off", SMALL ** (FACTORS - 1), "One factor is missing: count them again."),
            WrongNumber("one-factor-off", SMALL ** (FACTORS + 1), "There is one factor too many: count them again."),
            WrongNumber(
                "exponent-sign", SMALL**-FACTORS, "Each factor makes the product smaller: it cannot be above 1."
            ),
            WrongNumber(
                "exponent-alone", -FACTORS, "This is the exponent of 10. Asked for is the number itself, as in 2e-5."
            ),
            WrongNumber(
                "rounded-to-zero",
                0.0,
                "It is very small, but it is not 0. Write it with an exponent, as in 2e-5 for 0.00002.",
            ),
            WrongNumber("one-factor", SMALL, "This is one factor alone. Asked for is what all of them make together."),
        ),
        says="Each factor of 0.1 moves the decimal point by one place.",
    ),
    "gradient_through_layers": Code(
        reference={"gradient_through_layers": vanishing.gradient_through_layers},
        checks=_all_checks,
        tolerance=RELATIVE_ONLY,
        hint=_hint,
        mistakes=(
            _wrong(SIGMA, vanishing.gradient_by_sigmoid, SIGMA_SAYS),
            _wrong(SIGMA, vanishing.gradient_by_sigmoid_from_no_layer, SIGMA_SAYS),
            _wrong(OFF_BY_ONE, vanishing.gradient_from_no_layer, BEHIND_SAYS),
            _wrong(OFF_BY_ONE, vanishing.gradient_from_two_layers, AHEAD_SAYS),
            _wrong(OFF_BY_ONE, vanishing.gradient_one_short, SHORT_SAYS),
            _wrong(OFF_BY_ONE, vanishing.gradient_one_long, SHORT_SAYS),
            _wrong(OFF_BY_ONE, vanishing.gradient_one_further, SHORT_SAYS),
            _wrong(HARD_WIRED, vanishing.gradient_quarters, HARD_WIRED_SAYS),
            _wrong(HARD_WIRED, vanishing.gradient_quarters_from_no_layer, HARD_WIRED_SAYS),
            _wrong("z-for-sigma", vanishing.gradient_by_z, BY_Z_SAYS),
            _wrong("tanh-for-sigmoid", vanishing.gradient_by_tanh, TANH_SAYS),
            _wrong("added", vanishing.gradient_added, ADDED_SAYS),
            _wrong("one-layer", vanishing.gradient_of_one_layer, ONE_LAYER_SAYS),
            _wrong("last-only", vanishing.gradient_last_only, LAST_SAYS),
            _wrong("backwards", vanishing.gradient_backwards, BACKWARDS_SAYS),
            _wrong("output-fed-on", vanishing.gradient_of_a_changing_input, FED_ON_SAYS),
            _wrong("output-fed-on", vanishing.gradient_of_an_output, FED_ON_SAYS),
        ),
    ),
}
