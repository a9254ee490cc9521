"""Inputs for the activation functions: the same kinds for all ten, so that each is told apart from its neighbours.

Signs are mixed within an array, so that neither half alone earns it; between 30 and 750 there is nothing, since there
it depends on the precision and the spelling whether an exponential overflows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from assignments.language import Check
from assignments.script import Outcome, Status, call
from reference.arrays import Floats

SHOWN_NUMBERS = "numbers, shown"
NUMBERS = "numbers"
FAR_NUMBERS = "very large and very small numbers"

USUAL = (0.3, 3.2)
"""The sizes of most inputs."""

SCALARS = (0, 1, 4, 5, 6)
"""Where a single number of ordinary size is asked for, in the order of the checks."""

ARRAYS = (2, 3, 8, 9, 10, 11, 14)
"""Where an array with several entries is."""


def checks_of(
    function: str, *, has_kink: bool = False, larger: tuple[float, float] = (4.0, 14.0)
) -> Callable[[np.random.Generator], Sequence[Check]]:
    """Return what draws the checks of one function.

    Args:
        function: its name.
        has_kink: leave exactly 0 out.
        larger: the sizes of larger inputs, beyond those of every day.
    """

    def checks(rng: np.random.Generator) -> Sequence[Check]:
        return [*_shown(function), *_hidden(function, rng, has_kink=has_kink, larger=larger)]

    return checks


def _shown(function: str) -> list[Check]:
    return [
        Check("a positive number", call(function, 0.5), visible=True, group=SHOWN_NUMBERS),
        Check("a negative whole number", call(function, -2), visible=True, group=SHOWN_NUMBERS),
        Check("an array", call(function, np.array([-1.5, -0.25, 0.75, 3.0])), visible=True),
        Check("far out", call(function, np.array([-1000.0, 1000.0])), visible=True),
    ]


def _hidden(function: str, rng: np.random.Generator, *, has_kink: bool, larger: tuple[float, float]) -> list[Check]:
    rows, columns, layers = (int(size) for size in rng.permutation([2, 3, 4]))
    positive, negative, single = rng.uniform(*USUAL, 3) * (1.0, -1.0, 1.0 if rng.random() < 0.5 else -1.0)
    whole = int(rng.integers(2, 4))
    near = _mixed(rng, 0.002, 0.2, (6,))
    # Hardly off 0 on both sides, or a threshold beside 0 would pass.
    near[1:3] = rng.permutation(rng.uniform(0.0001, 0.001, 2) * (1.0, -1.0))
    if not has_kink:
        near[int(rng.integers(3, 5))] = 0.0
    far = _mixed(rng, *USUAL, (2, 3))
    far[0, 1], far[1, 2] = rng.uniform(-1000.0, -750.0), rng.uniform(750.0, 1000.0)
    return [
        Check("positive number", call(function, float(positive)), group=NUMBERS),
        Check("negative number", call(function, float(negative)), group=NUMBERS),
        Check("whole number", call(function, whole), group=NUMBERS),
        Check("array without axes, shape ()", call(function, np.array(single))),
        Check("small numbers, one axis", call(function, near)),
        Check(f"column, shape ({rows + 2}, 1)", call(function, _mixed(rng, *USUAL, (rows + 2, 1)))),
        Check(f"table, shape ({rows}, {columns})", call(function, _mixed(rng, *USUAL, (rows, columns)))),
        Check(
            f"larger numbers, shape ({layers}, {rows}, {columns})",
            call(function, _mixed(rng, *larger, (layers, rows, columns))),
        ),
        Check("the number 1000", call(function, 1000), group=FAR_NUMBERS),
        Check("the number -1000", call(function, -1000), group=FAR_NUMBERS),
        Check("some entries far out, shape (2, 3)", call(function, far)),
    ]


def _mixed(rng: np.random.Generator, low: float, high: float, shape: tuple[int, ...]) -> Floats:
    """Draw sizes in [low, high] with both signs; the first is negative, where `np.vectorize` picks the kind of all."""
    drawn: Floats = rng.uniform(low, high, shape) * rng.choice((-1.0, 1.0), shape)
    flat = drawn.reshape(-1)
    flat[0], flat[-1] = -abs(flat[0]), abs(flat[-1])
    return drawn


def works_for_scalars_only(outcomes: Sequence[Outcome]) -> bool:
    """Return whether every ordinary number gave something, and every array with several entries an exception."""
    refusals = {"TypeError", "ValueError"}
    return all(outcomes[at].status is Status.RETURNED and outcomes[at].value is not None for at in SCALARS) and all(
        outcomes[at].status is Status.RAISED and outcomes[at].error_type in refusals for at in ARRAYS
    )
