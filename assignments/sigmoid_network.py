"""The 2-3-2 network of a statement's numbers, as the arrays the reference calculates with; names as in `LECTURE`."""

from __future__ import annotations

import numpy as np

from assignments.language import Variant
from assignments.sigmoid_numbers import HIDDEN, OUTPUTS
from reference import mlp
from reference.arrays import Floats


def network(v: Variant) -> mlp.Network:
    """Return the parameters: one row of weights a unit, the layer's bias for each of its units."""
    return mlp.Network(
        W0=np.array([[v[f"W0_{unit}{i}"] for i in range(2)] for unit in range(HIDDEN)]),
        b0=np.full(HIDDEN, v["b_hidden"]),
        W1=np.array([[v[f"W1_{unit}{i}"] for i in range(HIDDEN)] for unit in range(OUTPUTS)]),
        b1=np.full(OUTPUTS, v["b_output"]),
    )


def sample(v: Variant) -> Floats:
    """Return the input x, (2,)."""
    return np.array([v["x_0"], v["x_1"]])


def target(v: Variant) -> Floats:
    """Return the target y, (2,)."""
    return np.array([v["y_0"], v["y_1"]])
