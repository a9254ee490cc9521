"""Losses of the course's networks, and their gradients."""

from __future__ import annotations

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
