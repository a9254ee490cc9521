"""Gradients by hand: a product, one sigmoid neuron, and two weights of the 2-3-2 network.

The point and the network are the lecture's or the student's own: `variant.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

import numpy as np

from assignments.language import Definition, Expression, Number, Variant, WrongExpression, WrongNumber
from assignments.sigmoid_network import network, sample, target
from reference import backprop, mlp
from reference.arrays import Floats

# --- 1. a product -----------------------------------------------------------------------------------------------------

By = Callable[[Variant], float]


def _letter(name: str) -> By:
    return lambda v: v[name]


def _value(at: int) -> By:
    return lambda v: backprop.product_of_sum(v["x"], v["y"], v["z"])[at]


def _derivative(at: int) -> By:
    return lambda v: backprop.product_of_sum_gradients(v["x"], v["y"], v["z"])[at]


def _negative(value: By) -> By:
    return lambda v: -value(v)


Q, F = _value(0), _value(1)
DF_DX, DF_DY, DF_DZ = (_derivative(at) for at in range(3))

SIGN: Final = "sign-flipped"
SWAPPED: Final = "swapped"
OWN_VALUE: Final = "own-value"

SIGN_SAYS = "The size is right, the sign is not: follow the minus sign of the factor through the product."
SWAPPED_SAYS = (
    "A product's derivative by one factor is the other factor. Here it is the factor itself: "
    "write f = q·z, take the derivative by q first, and go on to this letter from there."
)
OWN_VALUE_SAYS = (
    "This is the value of the letter itself. A derivative says how fast f changes when the letter does, "
    "whatever the letter's own value is."
)
Z_VALUE_SAYS = (
    "This is the value that goes into z. By z, the derivative of q·z is the factor that z is multiplied with, "
    "and not z itself."
)

PRODUCT: Mapping[str, Definition] = {
    "q": Number(Q, 0, says="Add the two numbers, with their signs."),
    "f": Number(F, 0, says="Multiply q by z; mind the sign."),
    "df_dx": Number(
        DF_DX,
        0,
        (
            WrongNumber(SWAPPED, DF_DZ, SWAPPED_SAYS),
            WrongNumber(SIGN, _negative(DF_DX), SIGN_SAYS),
            WrongNumber(OWN_VALUE, _letter("x"), OWN_VALUE_SAYS),
        ),
        says="Take the derivative of f by q, and multiply by the derivative of q by x.",
    ),
    "df_dy": Number(
        DF_DY,
        0,
        (
            WrongNumber(SWAPPED, DF_DZ, SWAPPED_SAYS),
            WrongNumber(SIGN, _negative(DF_DY), SIGN_SAYS),
            WrongNumber(OWN_VALUE, _letter("y"), OWN_VALUE_SAYS),
        ),
        says="Take the derivative of f by q, and multiply by the derivative of q by y.",
    ),
    # Here the other derivative and the value of z are the same number, so one name must do for both.
    "df_dz": Number(
        DF_DZ,
        0,
        (WrongNumber(SWAPPED, DF_DX, Z_VALUE_SAYS), WrongNumber(SIGN, _negative(DF_DZ), SIGN_SAYS)),
        says="z multiplies something; by z, the derivative of that product is what z is multiplied with.",
    ),
}


# --- 2. one sigmoid neuron --------------------------------------------------------------------------------------------


def sigma(z: float) -> float:
    """Return σ(z); a very negative z gives 0 instead of an overflow."""
    return 1.0 / (1.0 + math.exp(-z)) if z >= 0 else math.exp(z) / (1.0 + math.exp(z))


def _neuron(rng: np.random.Generator) -> Mapping[str, float]:
    """Draw one neuron in general position: x is not 0, ŷ is not y, and σ is neither flat nor close to ½."""
    x = float(rng.choice([-1.0, 1.0]) * rng.uniform(0.4, 2.5))
    z = float(rng.choice([-1.0, 1.0]) * rng.uniform(0.3, 2.0))
    w = float(rng.choice([-1.0, 1.0]) * rng.uniform(0.3, 1.5))
    y_hat = sigma(z)
    y = y_hat + float(rng.choice([-1.0, 1.0]) * rng.uniform(0.2, 0.9))
    return {"z": z, "w": w, "b": z - w * x, "x": x, "y": y, "y_hat": y_hat}


NO_SLOPE_SAYS = (
    "The error has to pass the sigmoid on its way back, so its derivative σ'(z) is a factor too. It is missing here."
)
SLOPE_IS_SIGMA_SAYS = "The factor for the sigmoid is its derivative at z. Here it is the sigmoid's value."
EXPRESSION_SIGN_SAYS = (
    "The sign is the wrong way round: take the derivative of ½(ŷ − y)² by ŷ, and see which of the two comes first."
)
TWICE_SAYS = "This is twice the derivative: the 2 of the square cancels against the ½ of the loss."
X_MISSING_SAYS = "The sum z = w·x + b has a derivative by w, too, and that is not 1."
X_PRESENT_SAYS = "The derivative of z = w·x + b by b has no x in it."

NAMES = ("z", "w", "b", "x", "y", "y_hat")
FUNCTIONS = {"sigma": sigma, "exp": math.exp}
ALIASES = {"ŷ": "y_hat", "σ": "sigma"}

DL_DB = "(y_hat-y)*y_hat*(1-y_hat)"
DL_DW = f"{DL_DB}*x"


def _slips(times_x: str) -> tuple[WrongExpression, ...]:
    """Return the wrong formulas that weight and bias have in common; `times_x` ends the weight's."""
    return (
        WrongExpression("slope-missing", f"(y_hat-y){times_x}", NO_SLOPE_SAYS),
        WrongExpression(SIGN, f"(y-y_hat)*y_hat*(1-y_hat){times_x}", EXPRESSION_SIGN_SAYS),
        WrongExpression("doubled", f"2*{DL_DB}{times_x}", TWICE_SAYS),
        WrongExpression("sigma-for-its-slope", f"(y_hat-y)*sigma(z){times_x}", SLOPE_IS_SIGMA_SAYS),
    )


def _neuron_question(answer: str, mistakes: tuple[WrongExpression, ...], says: str) -> Expression:
    return Expression(answer, NAMES, _neuron, FUNCTIONS, ALIASES, mistakes, says)


NEURON: Mapping[str, Definition] = {
    "dl_dw": _neuron_question(
        DL_DW,
        (*_slips("*x"), WrongExpression("x-missing", DL_DB, X_MISSING_SAYS)),
        "Multiply three derivatives: of the loss by ŷ, of ŷ by z, and of z by w.",
    ),
    "dl_db": _neuron_question(
        DL_DB,
        (*_slips(""), WrongExpression("x-present", DL_DW, X_PRESENT_SAYS)),
        "Multiply three derivatives: of the loss by ŷ, of ŷ by z, and of z by b.",
    ),
}


# --- 3. the network ---------------------------------------------------------------------------------------------------

ETA = 0.5

Gradients = Callable[[Floats, Floats, mlp.Network], mlp.Network]


def _slope(pick: Callable[[mlp.Network], Any], gradients: Gradients = backprop.network_gradients) -> By:
    return lambda v: float(pick(gradients(sample(v), target(v), network(v))))


def _stepped(rate: float) -> By:
    return lambda v: v["W1_00"] - rate * DL_DW3_0(v)


DL_DW3_0 = _slope(lambda gradient: gradient.W1[0, 0])
DL_DW0_0 = _slope(lambda gradient: gradient.W0[0, 0])
ONE_PATH = _slope(lambda gradient: gradient.W0[0, 0], backprop.network_gradients_first_output_only)
NO_SLOPE = _slope(lambda gradient: gradient.W1[0, 0], backprop.network_gradients_without_slope)
H_MISSING = _slope(lambda gradient: gradient.b1[0])


def _with_fewer_decimals(value: By) -> Callable[[Variant], tuple[str, ...]]:
    """Return what a number of 6 decimals is with 4 and with 5, where its first digit stands at the fourth."""
    return lambda v: tuple(f"{value(v):.{decimals}f}" for decimals in (4, 5))


H_MISSING_SAYS = (
    "This is the gradient of the sum z₃. The weight multiplies something on its way into that sum, and that is a "
    "factor of its gradient."
)
ONE_PATH_SAYS = (
    "This follows only the path through the first output. Hidden unit 0 feeds both outputs, and a gradient adds up "
    "every path to the loss. (The slide stops here, too.)"
)
ADDED_SAYS = "The weight was moved uphill: gradient descent subtracts the gradient."
NO_RATE_SAYS = "The whole gradient was taken; a step is the learning rate times the gradient."

NETWORK: Mapping[str, Definition] = {
    "dl_dw3_0": Number(
        DL_DW3_0,
        4,
        (
            WrongNumber("slope-missing", NO_SLOPE, NO_SLOPE_SAYS),
            WrongNumber("h-missing", H_MISSING, H_MISSING_SAYS),
            WrongNumber(
                SIGN, _negative(DL_DW3_0), "The size is right, the sign is not: the error is p − y, not y − p."
            ),
        ),
        says="Multiply three derivatives: of the loss by the output, of that by its sum, of the sum by the weight.",
    ),
    "dl_dw0_0": Number(
        DL_DW0_0,
        6,
        (
            WrongNumber(
                "one-path", ONE_PATH, ONE_PATH_SAYS, keeps=Fraction(1, 2), accepts=_with_fewer_decimals(ONE_PATH)
            ),
        ),
        accepts=_with_fewer_decimals(DL_DW0_0),
        says="Add the paths through both outputs, then go on through the hidden unit's sigmoid to the input.",
    ),
    "w3_0_next": Number(
        _stepped(ETA),
        4,
        (
            WrongNumber("added", _stepped(-ETA), ADDED_SAYS),
            WrongNumber("rate-forgotten", _stepped(1), NO_RATE_SAYS),
        ),
        says="Start from the weight's value above, and take a step of η times its gradient.",
    ),
}

QUESTIONS: Mapping[str, Definition] = {**PRODUCT, **NEURON, **NETWORK}
