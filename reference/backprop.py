"""Gradients by the chain rule: two small graphs, one sigmoid neuron, and the network with one hidden layer.

Deck 003, "Backpropagation" and "Calculate the gradient"; deck 000, "Comparisons in code: Numpy". Every function here is
checked against central differences.

A backward pass is the forward pass read from the bottom up, each line turned into its derivative. For the network:

    forward                        backward
    z0 = W0 @ x + b0               dW0 = outer(dz0, x),  db0 = dz0
    h  = σ(z0)                     dz0 = dh * h * (1 - h)
    z1 = W1 @ h + b1               dW1 = outer(dz1, h),  db1 = dz1,  dh = W1.T @ dz1
    p  = σ(z1)                     dz1 = dp * p * (1 - p)
    ℓ  = ½ Σ (p - y)²              dp  = p - y

Wrong variants differ from this in one line or two: `network_gradients_with(Steps(…))` takes the wrong lines, which
`reference.backprop_slips` holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reference.activations import sigmoid
from reference.arrays import Floats
from reference.losses import squared_loss_grad
from reference.mlp import Network, Trace, trace

GraphGradients = tuple[Floats, Floats, Floats]

Gradients = Callable[[Floats, Floats, Network], Network]
"""(x, y, network) → the gradient with respect to every parameter."""

ParameterGradients = tuple[Floats, Floats, Floats, Floats]
"""dW0, db0, dW1, db1."""

# --- small graphs -----------------------------------------------------------------------------------------------------


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


def graph(x: Floats, y: Floats, z: Floats) -> float:
    """Return c = Σ (x * y + z), the sum over every entry of three (N, D) arrays.

    References:
        Deck 000, "Comparisons in code: Numpy".
    """
    a = x * y
    b = a + z
    return float(b.sum())


def graph_gradients(x: Floats, y: Floats, z: Floats) -> GraphGradients:
    """Return ∂c/∂x, ∂c/∂y and ∂c/∂z of `graph`, each (N, D).

    >>> [g.tolist() for g in graph_gradients(np.array([[2.0]]), np.array([[3.0]]), np.array([[4.0]]))]
    [[[3.0]], [[2.0]], [[1.0]]]
    """
    grad_c = 1.0
    grad_b = grad_c * np.ones_like(z)
    grad_a, grad_z = grad_b, grad_b.copy()
    return grad_a * y, grad_a * x, grad_z


# --- one neuron -------------------------------------------------------------------------------------------------------


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


# --- the network ------------------------------------------------------------------------------------------------------


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


def by_parameter(gradients: Gradients) -> Callable[..., ParameterGradients]:
    """Return the same gradients as a function (x, y, W0, b0, W1, b1) → (dW0, db0, dW1, db1)."""

    def by_parameters(x: Floats, y: Floats, *parameters: Floats) -> ParameterGradients:
        gradient = gradients(x, y, Network(*parameters))
        return gradient.W0, gradient.b0, gradient.W1, gradient.b1

    return by_parameters


def network_gradients_by_parameter(  # noqa: PLR0917 - the course's signature
    x: Floats, y: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats
) -> ParameterGradients:
    """Return dW0, db0, dW1 and db1 of ℓ = ½‖p - y‖², shapes as the parameters'; see `network_gradients`."""
    return by_parameter(network_gradients)(x, y, W0, b0, W1, b1)


def sigmoid_slope(z: Floats, output: Floats) -> Floats:
    """Return σ'(z) from the unit's output σ(z)."""
    return output * (1.0 - output)


def all_paths(W1: Floats, dz_output: Floats, dW1: Floats) -> Floats:
    """Return dℓ/dh (H,): what comes back to the hidden units from every output, over the weights it went out on."""
    return W1.T @ dz_output


@dataclass(frozen=True)
class Steps:
    """The lines of a backward pass; the defaults are the right ones.

    Args:
        loss_grad: (p, y) → dℓ/dp.
        output_slope: (z, σ(z)) → σ'(z) of the output layer.
        hidden_slope: the same for the hidden layer.
        paths: (W1, dz_output, dW1) → dℓ/dh.
        outer_output: (dz_output, h) → dW1.
        outer_hidden: (dz_hidden, x) → dW0.
        forward: (x, network) → the values of the forward pass.
    """

    loss_grad: Callable[[Floats, Floats], Floats] = squared_loss_grad
    output_slope: Callable[[Floats, Floats], Floats] = sigmoid_slope
    hidden_slope: Callable[[Floats, Floats], Floats] = sigmoid_slope
    paths: Callable[[Floats, Floats, Floats], Floats] = all_paths
    outer_output: Callable[[Floats, Floats], Floats] = np.outer
    outer_hidden: Callable[[Floats, Floats], Floats] = np.outer
    forward: Callable[[Floats, Network], Trace] = trace


def network_gradients_with(steps: Steps) -> Gradients:
    """Return `network_gradients` with these lines; `Steps()` gives the right one."""

    def gradients(x: Floats, y: Floats, network: Network) -> Network:
        passed = steps.forward(x, network)
        dz_output = steps.loss_grad(passed.p, y) * steps.output_slope(passed.z_output, passed.p)
        dW1 = steps.outer_output(dz_output, passed.h)
        dz_hidden = steps.paths(network.W1, dz_output, dW1) * steps.hidden_slope(passed.z_hidden, passed.h)
        return Network(W0=steps.outer_hidden(dz_hidden, x), b0=dz_hidden, W1=dW1, b1=dz_output)

    return gradients


def neuron_gradients_with(steps: Steps) -> Callable[[Floats, Floats, float, float], tuple[Floats, float]]:
    """Return `neuron_gradients` with the output layer's lines of `steps`."""

    def gradients(x: Floats, w: Floats, b: float, y: float) -> tuple[Floats, float]:
        z = np.asarray(w @ x + b)
        y_hat = sigmoid(z)
        dz = float(steps.loss_grad(y_hat, np.asarray(y)) * steps.output_slope(z, y_hat))
        return dz * x, dz

    return gradients


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
