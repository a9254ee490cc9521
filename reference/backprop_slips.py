"""Wrong lines of a backward pass, each named after what goes wrong; `reference.backprop` has the right ones.

Deck 003, "Backpropagation" and "Calculate the gradient". The graph's wrong gradients are in `reference.graph_slips`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from reference.activations import sigmoid_grad
from reference.arrays import Floats
from reference.backprop import all_paths, network_gradients, neuron_gradients
from reference.mlp import Network

NeuronGradients = Callable[[Floats, Floats, float, float], tuple[Floats, float]]
"""(x, w, b, y) → ∂ℓ/∂w (D,) and ∂ℓ/∂b."""

# --- the loss: (p, y) → dℓ/dp -----------------------------------------------------------------------------------------


def error_negated(p: Floats, y: Floats) -> Floats:
    """Take y - p for p - y."""
    return y - p


def error_doubled(p: Floats, y: Floats) -> Floats:
    """Keep the 2 of the square, as if the loss had no ½."""
    return 2.0 * (p - y)


def error_halved(p: Floats, y: Floats) -> Floats:
    """Keep the ½ of the loss, as if its square brought no 2."""
    return 0.5 * (p - y)


def error_negated_and_doubled(p: Floats, y: Floats) -> Floats:
    """Keep the 2 of the square, and take y - p for p - y."""
    return 2.0 * (y - p)


def error_averaged(p: Floats, y: Floats) -> Floats:
    """Divide by the number of outputs, as for a mean."""
    return np.asarray((p - y) / np.size(p))


def error_averaged_and_doubled(p: Floats, y: Floats) -> Floats:
    """Take the gradient of the mean of the squares, without the ½."""
    return np.asarray(2.0 * (p - y) / np.size(p))


def error_absolute(p: Floats, y: Floats) -> Floats:
    """Take the size of p - y, so that no gradient knows which way to go."""
    return np.abs(p - y)


def error_is_output(p: Floats, y: Floats) -> Floats:
    """Leave the target out."""
    return p


# --- the sigmoid: (z, σ(z)) → σ'(z) -----------------------------------------------------------------------------------


def slope_missing(z: Floats, output: Floats) -> Floats:
    """Pass the gradient through the unit as if it were linear."""
    return np.ones_like(output)


def slope_is_sigma(z: Floats, output: Floats) -> Floats:
    """Take σ(z) for σ'(z)."""
    return output


def slope_at_output(z: Floats, output: Floats) -> Floats:
    """Take σ' at the unit's output instead of at its sum: the sigmoid is applied twice."""
    return sigmoid_grad(output)


def slope_without_sigma(z: Floats, output: Floats) -> Floats:
    """Take z(1 - z): the formula in terms of the output, fed the sum."""
    return z * (1.0 - z)


def slope_of_tanh(z: Floats, output: Floats) -> Floats:
    """Take 1 - σ(z)², which is how tanh's derivative looks."""
    return 1.0 - output**2


# --- the way back to the hidden units: (W1, dz_output, dW1) → dℓ/dh ---------------------------------------------------


def only_first_path(W1: Floats, dz_output: Floats, dW1: Floats) -> Floats:
    """Follow the path through the first output alone."""
    return np.asarray(W1[0] * dz_output[0])


def only_last_path(W1: Floats, dz_output: Floats, dW1: Floats) -> Floats:
    """Follow the path through the last output alone, as a loop does that sets where it should add."""
    return np.asarray(W1[-1] * dz_output[-1])


def paths_through(outputs: slice) -> Callable[[Floats, Floats, Floats], Floats]:
    """Return the way back that follows the paths through these outputs alone, and none where there are none."""

    def paths(W1: Floats, dz_output: Floats, dW1: Floats) -> Floats:
        return all_paths(W1[outputs], dz_output[outputs], dW1[outputs])

    return paths


def averaged_paths(W1: Floats, dz_output: Floats, dW1: Floats) -> Floats:
    """Take the mean over the outputs where their sum is due."""
    return np.asarray(all_paths(W1, dz_output, dW1) / len(dz_output))


def paths_without_weights(W1: Floats, dz_output: Floats, dW1: Floats) -> Floats:
    """Leave the weights out on the way back."""
    return np.full(W1.shape[1], dz_output.sum())


def paths_transposed(W1: Floats, dz_output: Floats, dW1: Floats) -> Floats:
    """Take W1 for its transpose: an error unless W1 is square."""
    return W1 @ dz_output


def paths_transposed_in_loops(W1: Floats, dz_output: Floats, dW1: Floats) -> Floats:
    """Take W1[h, c] for W1[c, h] inside loops: the index leaves the matrix unless it is square."""
    if W1.shape[0] != W1.shape[1]:
        raise IndexError("index is out of bounds")
    return W1 @ dz_output


def paths_transposed_where_square(W1: Floats, dz_output: Floats, dW1: Floats) -> Floats:
    """Turn W1 round only where NumPy asks for it."""
    return paths_transposed(W1, dz_output, dW1) if W1.shape[0] == W1.shape[1] else all_paths(W1, dz_output, dW1)


def paths_after_update(rate: float) -> Callable[[Floats, Floats, Floats], Floats]:
    """Return the way back over weights that a step of this learning rate has already moved."""

    def paths(W1: Floats, dz_output: Floats, dW1: Floats) -> Floats:
        return all_paths(W1 - rate * dW1, dz_output, dW1)

    return paths


# --- a layer's weights: (dz, inputs) → dW -----------------------------------------------------------------------------


def outer_transposed(dz: Floats, inputs: Floats) -> Floats:
    """Return (inputs, units) where (units, inputs) is due."""
    return np.outer(inputs, dz)


def outer_elementwise(dz: Floats, inputs: Floats) -> Floats:
    """Multiply entry by entry: an error unless the layer has as many units as inputs."""
    return dz * inputs


def outer_without_inputs(dz: Floats, inputs: Floats) -> Floats:
    """Leave the inputs out."""
    return np.outer(dz, np.ones_like(inputs))


# --- whole gradients --------------------------------------------------------------------------------------------------


def network_gradients_output_first(x: Floats, y: Floats, network: Network) -> Network:
    """Hand the output layer's gradients back before the hidden layer's."""
    right = network_gradients(x, y, network)
    return Network(right.W1, right.b1, right.W0, right.b0)


def network_gradients_weights_first(x: Floats, y: Floats, network: Network) -> Network:
    """Hand back dW0, dW1, db0, db1."""
    right = network_gradients(x, y, network)
    return replace(right, b0=right.W1, W1=right.b0)


def network_gradients_one_bias(x: Floats, y: Floats, network: Network) -> Network:
    """Add each layer's bias gradients up to one number, as for the deck's one bias a layer."""
    right = network_gradients(x, y, network)
    return replace(right, b0=np.asarray(right.b0.sum()), b1=np.asarray(right.b1.sum()))


def neuron_gradients_apart(weights: NeuronGradients, bias: NeuronGradients) -> NeuronGradients:
    """Return the way back that takes the weights' gradient from one function, and the bias's from another."""

    def gradients(x: Floats, w: Floats, b: float, y: float) -> tuple[Floats, float]:
        return weights(x, w, b, y)[0], bias(x, w, b, y)[1]

    return gradients


def neuron_gradients_without_x(x: Floats, w: Floats, b: float, y: float) -> tuple[Floats, float]:
    """Leave x out of the weights' gradient, which keeps its shape."""
    _, dz = neuron_gradients(x, w, b, y)
    return np.full_like(x, dz), dz


def neuron_gradients_without_x_as_number(x: Floats, w: Floats, b: float, y: float) -> tuple[float, float]:
    """Leave x out of the weights' gradient, which is then a single number."""
    _, dz = neuron_gradients(x, w, b, y)
    return dz, dz


def neuron_gradients_x_in_both(x: Floats, w: Floats, b: float, y: float) -> tuple[Floats, Floats]:
    """Multiply the bias's gradient by x as well."""
    dw, _ = neuron_gradients(x, w, b, y)
    return dw, dw


def neuron_gradients_times_w(x: Floats, w: Floats, b: float, y: float) -> tuple[Floats, float]:
    """Take w for x in the weights' gradient."""
    _, dz = neuron_gradients(x, w, b, y)
    return dz * w, dz


def neuron_gradients_without_bias(x: Floats, w: Floats, b: float, y: float) -> tuple[Floats, float]:
    """Leave the bias out of the sum on the way forward."""
    return neuron_gradients(x, w, 0.0, y)


def neuron_gradients_linear(x: Floats, w: Floats, b: float, y: float) -> tuple[Floats, float]:
    """Leave the sigmoid out altogether: ŷ = z."""
    dz = float(w @ x) + b - y
    return dz * x, dz


def neuron_gradients_column(x: Floats, w: Floats, b: float, y: float) -> tuple[Floats, float]:
    """Return the weights' gradient as a column, (D, 1)."""
    dw, dz = neuron_gradients(x, w, b, y)
    return dw[:, np.newaxis], dz


def neuron_gradients_swapped(x: Floats, w: Floats, b: float, y: float) -> tuple[float, Floats]:
    """Hand the bias's gradient back first."""
    dw, dz = neuron_gradients(x, w, b, y)
    return dz, dw
