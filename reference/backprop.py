"""Gradients by the chain rule: the product of a sum, one sigmoid neuron, and the network with one hidden layer.

Deck 003, "Backpropagation" and "Calculate the gradient". Every function here is checked against central differences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.activations import sigmoid
from reference.losses import squared_loss_grad
from reference.mlp import Network, trace

if TYPE_CHECKING:
    from reference.arrays import Floats


def product_of_sum(x: float, y: float, z: float) -> tuple[float, float]:
    """Return q = x + y and f = q·z.

    References:
        Deck 003, "Backpropagation: a simple example".
    """
    q = x + y
    return q, q * z


def product_of_sum_gradients(x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return ∂f/∂x, ∂f/∂y and ∂f/∂z of f = (x + y)·z."""
    return z, z, x + y


def neuron_gradients(x: Floats, w: Floats, b: float, y: float) -> tuple[Floats, float]:
    """Return ∂ℓ/∂w (D,) and ∂ℓ/∂b of one sigmoid neuron with ℓ = ½(ŷ - y)².

    Args:
        x: (D,) one sample.
        w: (D,) weights.
        b: bias.
        y: target.

    References:
        Deck 003, "Backpropagation". The slide's last line prints ∂ℓ/∂b as its own first factor; dℓ/dz is meant.
    """
    y_hat = float(sigmoid(float(w @ x) + b))
    dz = (y_hat - y) * y_hat * (1.0 - y_hat)
    return dz * x, dz


def network_gradients(x: Floats, y: Floats, network: Network) -> Network:
    """Return the gradient of ℓ = ½‖p - y‖² with respect to every parameter, in the parameters' shapes.

    Args:
        x: (D,) one sample.
        y: (C,) its target.
        network: where the gradient is taken.

    References:
        Deck 003, "Calculate the gradient".
    """
    passed = trace(x, network)
    dz_output = squared_loss_grad(passed.p, y) * passed.p * (1.0 - passed.p)
    # Every hidden unit feeds every output, so its gradient gathers all of them.
    dz_hidden = (network.W1.T @ dz_output) * passed.h * (1.0 - passed.h)
    return Network(W0=np.outer(dz_hidden, x), b0=dz_hidden, W1=np.outer(dz_output, passed.h), b1=dz_output)


def network_gradients_without_slope(x: Floats, y: Floats, network: Network) -> Network:
    """Leave σ' of the output layer out."""
    passed = trace(x, network)
    dz_output = squared_loss_grad(passed.p, y)
    dz_hidden = (network.W1.T @ dz_output) * passed.h * (1.0 - passed.h)
    return Network(W0=np.outer(dz_hidden, x), b0=dz_hidden, W1=np.outer(dz_output, passed.h), b1=dz_output)


def network_gradients_first_output_only(x: Floats, y: Floats, network: Network) -> Network:
    """Let only the first output's error reach the hidden layer."""
    passed = trace(x, network)
    dz_output = squared_loss_grad(passed.p, y) * passed.p * (1.0 - passed.p)
    dz_hidden = network.W1[0] * dz_output[0] * passed.h * (1.0 - passed.h)
    return Network(W0=np.outer(dz_hidden, x), b0=dz_hidden, W1=np.outer(dz_output, passed.h), b1=dz_output)
