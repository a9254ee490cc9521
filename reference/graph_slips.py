"""Wrong gradients of the graph c = Σ (x * y + z), each named after what goes wrong.

Deck 000, "Comparisons in code: Numpy". All arrays are (N, D). The right gradients are in `reference.backprop`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reference.arrays import Floats
from reference.backprop import GraphGradients, graph, graph_gradients


def graph_gradients_swapped(x: Floats, y: Floats, z: Floats) -> GraphGradients:
    """Take each factor's own value for the other one's."""
    grad_x, grad_y, grad_z = graph_gradients(x, y, z)
    return grad_y, grad_x, grad_z


def graph_gradients_times(*factors: float) -> Callable[[Floats, Floats, Floats], GraphGradients]:
    """Return the gradients times a factor each: -1 turns a sign round."""

    def gradients(x: Floats, y: Floats, z: Floats) -> GraphGradients:
        grad_x, grad_y, grad_z = (f * grad for f, grad in zip(factors, graph_gradients(x, y, z), strict=True))
        return grad_x, grad_y, grad_z

    return gradients


def graph_gradients_transposed(x: Floats, y: Floats, z: Floats) -> GraphGradients:
    """Return every gradient as (D, N)."""
    grad_x, grad_y, grad_z = graph_gradients(x, y, z)
    return grad_x.T, grad_y.T, grad_z.T


def graph_gradients_factors_transposed(x: Floats, y: Floats, z: Floats) -> GraphGradients:
    """Return the gradients of x and y as (D, N)."""
    grad_x, grad_y, grad_z = graph_gradients(x, y, z)
    return grad_x.T, grad_y.T, grad_z


def graph_gradients_own_z(x: Floats, y: Floats, z: Floats) -> GraphGradients:
    """Take z itself for the gradient with respect to z."""
    grad_x, grad_y, _ = graph_gradients(x, y, z)
    return grad_x, grad_y, z


def graph_gradients_zero_z(x: Floats, y: Floats, z: Floats) -> GraphGradients:
    """Let z have no gradient."""
    grad_x, grad_y, _ = graph_gradients(x, y, z)
    return grad_x, grad_y, np.zeros_like(z)


def graph_gradients_one_z(x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats, float]:
    """Return the single number 1 for the gradient with respect to z."""
    grad_x, grad_y, _ = graph_gradients(x, y, z)
    return grad_x, grad_y, 1.0


def graph_gradients_times_z(x: Floats, y: Floats, z: Floats) -> GraphGradients:
    """Treat the sum as a product, (x * y) * z."""
    return y * z, x * z, x * y


def graph_gradients_of_the_mean(x: Floats, y: Floats, z: Floats) -> GraphGradients:
    """Divide by the number of entries, as if c were a mean."""
    grad_x, grad_y, grad_z = graph_gradients(x, y, z)
    return grad_x / x.size, grad_y / x.size, grad_z / x.size


def graph_gradients_from_c(x: Floats, y: Floats, z: Floats) -> GraphGradients:
    """Start the way back with c instead of with dc/dc = 1."""
    c = graph(x, y, z)
    grad_x, grad_y, grad_z = graph_gradients(x, y, z)
    return c * grad_x, c * grad_y, c * grad_z


def graph_gradients_added_up(x: Floats, y: Floats, z: Floats) -> tuple[float, float, float]:
    """Add each gradient up to one number."""
    grad_x, grad_y, grad_z = graph_gradients(x, y, z)
    return float(grad_x.sum()), float(grad_y.sum()), float(grad_z.sum())
