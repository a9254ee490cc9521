"""The words for slips that the neuron and the network share, and the slips of σ′ that either can make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reference import backprop_slips
from reference.arrays import Floats

SIGN_SAYS = (
    "The sign is the wrong way round: differentiate the loss by the output, and see which of the two comes first."
)
DOUBLED_SAYS = "It is twice what it should be: the 2 that the square brings cancels against the ½ of the loss."
HALVED_SAYS = "It is half of what it should be: the ½ of the loss cancels against the 2 that the square brings."
MEAN_SAYS = "It is divided by the number of terms. The loss adds up, and does not take a mean."
ABSOLUTE_SAYS = "The sign of the error is lost: whether the output is too high or too low decides where the way goes."
TARGET_FORGOTTEN_SAYS = "The target has no effect on this gradient: the loss compares the output with it."
BIAS_FORGOTTEN_SAYS = "The bias is missing on the way forward, so that every value the gradient is made of is off."


@dataclass(frozen=True)
class SlopeSlip:
    """A wrong σ′: a mistake's name, the function taken for it, and the words for it."""

    name: str
    slope: Callable[[Floats, Floats], Floats]
    says: str  # with {where}


SLOPE_SLIPS = (
    SlopeSlip(
        "slope-missing",
        backprop_slips.slope_missing,
        "In {where} σ′ is missing: on its way back the gradient has to pass the sigmoid, and that costs a factor.",
    ),
    SlopeSlip(
        "sigma-for-its-slope",
        backprop_slips.slope_is_sigma,
        "In {where} the factor for the sigmoid is its value. It has to be its derivative.",
    ),
    SlopeSlip(
        "sigmoid-twice",
        backprop_slips.slope_at_output,
        "In {where} the sigmoid is applied twice: σ′ is taken at the unit's output instead of at its weighted sum.",
    ),
    SlopeSlip(
        "slope-fed-the-sum",
        backprop_slips.slope_without_sigma,
        "In {where} the derivative is written in terms of the sigmoid's value, but fed the weighted sum.",
    ),
    SlopeSlip(
        "slope-of-tanh",
        backprop_slips.slope_of_tanh,
        "In {where} the derivative has the form of tanh's. The sigmoid's is another one.",
    ),
)
