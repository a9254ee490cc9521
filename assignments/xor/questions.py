"""XOR: one perceptron cannot, two layers can. Every network that works is right, so what counts is its truth table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from assignments.compare import numbers
from assignments.language import Check, Choice, Code, Definition, Fault, Mistake
from assignments.script import call
from reference import logic
from reference.arrays import Floats
from reference.logic import Network

NAMES: Final = ("W0", "b0", "W1", "b1")
TRANSPOSED: Final = "transposed"
AT_LEAST: Final = "at-least"
THRESHOLDS: Final = "thresholds-for-biases"

GATE_SAYS: Mapping[str, str] = {
    "OR": "This network computes OR: it says 1 for (1, 1) as well. XOR means one of the two, but not both.",
    "AND": "This network computes AND: it says 1 only where both inputs are 1. XOR asks for exactly one of them.",
    "NAND": "This network computes NAND: it says 1 for (0, 0) as well. XOR asks for exactly one input that is 1.",
    "XNOR": "This network computes XNOR, the opposite of XOR: every one of the four outputs is turned round.",
}
TRANSPOSED_SAYS = (
    "With `W0` turned over, its rows for its columns, this network works. Row k of `W0` holds the weights of hidden "
    "unit k, and each column belongs to one input."
)
AT_LEAST_SAYS = (
    "This network works if a unit says 1 on a sum of exactly 0. Here a sum has to be larger than 0 for that: move the "
    "biases off the edge."
)
THRESHOLDS_SAYS = (
    "This network works if `b0` and `b1` are thresholds that a sum has to pass. Here they are biases, which are added "
    "to the sum before it is compared with 0: their signs are turned round."
)


class UnfitError(Exception):
    """What came back is no such network; the message is for the student."""


def holds(value: Any) -> str | Fault | None:
    """Return None where the network computes XOR, else what it computes instead or which inputs come out wrong."""
    try:
        network = read(value)
    except UnfitError as error:
        return str(error)
    table = logic.truth_table(*network)
    if table == logic.TRUTH["XOR"]:
        return None
    for gate in GATE_SAYS:
        if table == logic.TRUTH[gate]:
            return Fault(f"The network's outputs are those of {gate}.", gate.lower())
    wrong = _wrong_inputs(table)
    for name, works in _SLIPS.items():
        if works(*network):
            return Fault(f"The output is wrong for {wrong}.", name)
    return f"The output is wrong for {wrong}.{_constant(table)}{_idle_units(network)}"


def read(value: Any) -> Network:
    """Return the network that came back.

    Raises:
        UnfitError: there are not four arrays of numbers, of the shapes that belong together.
    """
    if isinstance(value, np.ndarray) and value.ndim:
        value = tuple(value)
    if not isinstance(value, tuple | list):
        raise UnfitError("What came back is no tuple; expected the four arrays (W0, b0, W1, b1).")
    if len(value) != len(NAMES):
        raise UnfitError(f"{len(value)} values came back; expected four: (W0, b0, W1, b1).")
    arrays: list[Floats] = []
    for name, item in zip(NAMES, value, strict=True):
        array = numbers(item)
        if isinstance(array, str):
            raise UnfitError(f"`{name}` is {array}; expected an array of numbers.")
        if not np.isfinite(array).all():
            raise UnfitError(f"`{name}` holds NaN or infinity; expected finite numbers.")
        arrays.append(array.astype(np.float64))
    W0, b0, W1, b1 = arrays
    _require_shapes(W0, b0, W1, b1)
    return W0, b0, W1, b1


def _require_shapes(W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> None:
    if W0.ndim != 2 or W0.shape[1] != 2 or not W0.shape[0]:
        turned = " Is a transpose missing?" if W0.ndim == 2 and W0.shape[0] == 2 and W0.shape[1] else ""
        raise UnfitError(
            f"`W0` has shape {W0.shape}; expected (k, 2), a row for each of the k hidden units and a column for each "
            f"input.{turned}"
        )
    units = W0.shape[0]
    wanted = {"b0": (b0, (units,)), "W1": (W1, (1, units)), "b1": (b1, (1,))}
    wrong = [
        f"`{name}` {f'has shape {array.shape}' if array.ndim else 'is a single number'}; expected shape {shape}"
        for name, (array, shape) in wanted.items()
        if array.shape != shape
    ]
    if wrong:
        raise UnfitError(f"`W0` has {units} row{'s' * (units != 1)}, one for each hidden unit. {'. '.join(wrong)}.")


def _works(W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> bool:
    return logic.truth_table(W0, b0, W1, b1) == logic.TRUTH["XOR"]


_SLIPS: Mapping[str, Callable[[Floats, Floats, Floats, Floats], bool]] = {
    TRANSPOSED: lambda W0, b0, W1, b1: W0.shape == (2, 2) and _works(W0.T, b0, W1, b1),
    THRESHOLDS: lambda W0, b0, W1, b1: _works(W0, -b0, W1, -b1),
    AT_LEAST: lambda W0, b0, W1, b1: logic.truth_table_at_least(W0, b0, W1, b1) == logic.TRUTH["XOR"],
}
"""What makes a network work that does not: name → whether it does."""


def _wrong_inputs(table: Sequence[int]) -> str:
    pairs = zip(logic.INPUTS, table, logic.TRUTH["XOR"], strict=True)
    places = [f"({x[0]:.0f}, {x[1]:.0f})" for x, got, want in pairs if got != want]
    return " and ".join([", ".join(places[:-1]), places[-1]] if len(places) > 1 else places)


def _constant(table: Sequence[int]) -> str:
    return f" It is {table[0]} for all four inputs." if len(set(table)) == 1 else ""


def _idle_units(network: Network) -> str:
    """Return a remark on hidden units that say the same for all inputs, and so decide nothing."""
    said = logic.hidden_outputs(*network[:2])
    idle = [f"{unit}" for unit in range(said.shape[1]) if len(set(said[:, unit])) == 1]
    if not idle:
        return ""
    if len(idle) == 1:
        return f" Hidden unit {idle[0]}, counted from 0, says the same for all four inputs."
    return f" {len(idle)} of the {said.shape[1]} hidden units say the same for all four inputs, and so decide nothing."


def _checks(rng: np.random.Generator) -> Sequence[Check]:
    # Nothing is drawn: the function takes no argument, and four inputs are all there are.
    del rng
    return [Check("the four inputs", call("xor_network"), visible=True, holds=holds)]


QUESTIONS: Mapping[str, Definition] = {
    "perceptron_can": Choice(
        "no",
        says={
            "yes": "One perceptron draws one straight line through the plane, with all its ones on the same side. "
            "Draw the four inputs of XOR and try to."
        },
        names={"yes": "one-line"},
    ),
    "xor_network": Code(
        reference={"xor_network": logic.xor_network},
        checks=_checks,
        mistakes=(
            *(Mistake(gate.lower(), says) for gate, says in GATE_SAYS.items()),
            Mistake(TRANSPOSED, TRANSPOSED_SAYS),
            Mistake(THRESHOLDS, THRESHOLDS_SAYS),
            Mistake(AT_LEAST, AT_LEAST_SAYS),
        ),
    ),
}
