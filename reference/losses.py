"""Losses of the course's networks, and their gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reference.arrays import Floats


def squared_loss(p: Floats, y: Floats) -> float:
    """Return ℓ = ½ Σ (p - y)², the deck's least-square loss of one sample.

    Args:
        p: (C,) outputs.
        y: (C,) targets.

    References:
        Deck 003, "Build our first neural network: Here is our task".
    """
    return float(0.5 * ((p - y) ** 2).sum())


def squared_loss_grad(p: Floats, y: Floats) -> Floats:
    """Return dℓ/dp = p - y, (C,)."""
    return p - y


def squared_loss_without_half(p: Floats, y: Floats) -> float:
    """Leave the ½ out."""
    return float(((p - y) ** 2).sum())


def squared_loss_mean(p: Floats, y: Floats) -> float:
    """Take the mean over the outputs where the sum is due, and keep the ½."""
    return float(0.5 * ((p - y) ** 2).mean())


def squared_loss_mean_without_half(p: Floats, y: Floats) -> float:
    """Take the mean of the squares, and leave the ½ out; with two outputs that happens to be right."""
    return float(((p - y) ** 2).mean())


def squared_loss_of_the_sum(p: Floats, y: Floats) -> float:
    """Add the differences up before squaring, so that they cancel."""
    return float(0.5 * (p - y).sum() ** 2)


def squared_loss_unsquared(p: Floats, y: Floats) -> float:
    """Take half the distance between `p` and `y`, not half its square."""
    return float(0.5 * np.sqrt(((p - y) ** 2).sum()))


def squared_loss_distance(p: Floats, y: Floats) -> float:
    """Take the distance between `p` and `y` for half its square."""
    return float(np.sqrt(((p - y) ** 2).sum()))


def squared_loss_absolute(p: Floats, y: Floats) -> float:
    """Add the sizes of the differences up where their squares are due, and keep the ½."""
    return float(0.5 * np.abs(p - y).sum())


def squared_loss_absolute_without_half(p: Floats, y: Floats) -> float:
    """Add the sizes of the differences up where half their squares are due."""
    return float(np.abs(p - y).sum())


def squared_loss_not_summed(p: Floats, y: Floats) -> Floats:
    """Return the half square of every output, (C,), and do not add them up."""
    return np.asarray(0.5 * (p - y) ** 2)


def squared_loss_of_squared_target(p: Floats, y: Floats) -> float:
    """Leave the brackets out: ½ Σ (p - y²)."""
    return float(0.5 * (p - y**2).sum())


def squared_loss_zero(p: Floats, y: Floats) -> float:
    """Write 1 // 2 for the ½."""
    return 1 // 2 * float(((p - y) ** 2).sum())


def squared_loss_of_two(p: Floats, y: Floats) -> float:
    """Count the first two outputs alone, as many as the deck's network has; an error where there is but one."""
    return float(0.5 * ((p[0] - y[0]) ** 2 + (p[1] - y[1]) ** 2))


def loss_through(outputs: slice) -> Callable[[Floats, Floats], float]:
    """Return the loss of these outputs alone, 0 where there are none."""

    def loss(p: Floats, y: Floats) -> float:
        return squared_loss(p[outputs], y[outputs])

    return loss


def squared_loss_negated(p: Floats, y: Floats) -> float:
    """Give the loss a minus sign."""
    return -squared_loss(p, y)
