"""The network with one hidden layer: sigmoid in both layers, one row of weights a unit.

Deck 003, "Hidden layers", "Feed Forward" and "Build our first neural network". Here `W` is (units, inputs) and a layer
is `W @ x + b`; for a batch, one sample a row, that is `X @ W.T + b`.

`forward` and `forward_batch` are what the course asks for; `reference.backprop` goes the same way back. Their wrong
variants are composed: `forward_with(hidden, output)` is the network with these two layers, and each `layer_…` below is
a layer with one slip.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reference.activations import sigmoid, tanh
from reference.arrays import Floats

Layer = Callable[[Floats, Floats, Floats], Floats]
"""(inputs, W, b) → outputs, for one sample (D,) and for a batch (N, D) alike."""

Forward = Callable[[Floats, Floats, Floats, Floats, Floats], tuple[Floats, Floats]]
"""(x, W0, b0, W1, b1) → (h, p)."""


@dataclass(frozen=True)
class Network:
    """The parameters: `W0` (H, D), `b0` (H,) of the hidden layer, `W1` (C, H), `b1` (C,) of the output layer."""

    W0: Floats
    b0: Floats
    W1: Floats
    b1: Floats


@dataclass(frozen=True)
class Trace:
    """Every intermediate value of one forward pass: `z_hidden`, `h` (H,) and `z_output`, `p` (C,)."""

    z_hidden: Floats
    h: Floats
    z_output: Floats
    p: Floats


# --- forward ----------------------------------------------------------------------------------------------------------


def forward(x: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> tuple[Floats, Floats]:
    """Return the outputs of the hidden units and of the output units for one sample.

    Args:
        x: (D,) the sample.
        W0: (H, D) weights of the hidden layer, a row for each unit.
        b0: (H,) its biases.
        W1: (C, H) weights of the output layer.
        b1: (C,) its biases.

    Returns:
        h: (H,) outputs of the hidden units, each in (0, 1).
        p: (C,) outputs of the network, each in (0, 1).

    References:
        Deck 003, "Feed Forward" and "Build our first neural network: design a neural network".

    >>> h, p = forward(np.array([2.0]), np.array([[0.3]]), np.array([0.1]), np.array([[-0.4]]), np.array([0.2]))
    >>> h.round(4).tolist(), p.round(4).tolist()
    ([0.6682], [0.4832])
    """
    h = sigmoid(W0 @ x + b0)
    p = sigmoid(W1 @ h + b1)
    return h, p


def forward_batch(X: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> tuple[Floats, Floats]:
    """Return what `forward` gives for every row of a batch.

    Args:
        X: (N, D) samples, one a row.
        W0: (H, D) weights of the hidden layer.
        b0: (H,) its biases.
        W1: (C, H) weights of the output layer.
        b1: (C,) its biases.

    Returns:
        H: (N, H) outputs of the hidden units.
        P: (N, C) outputs of the network.

    References:
        Deck 003, "Hidden layers"; the second network of the deck keeps its samples in rows as well.
    """
    # A row of X @ W.T is (W @ x) of that row's sample; b is added to every row.
    H = sigmoid(X @ W0.T + b0)
    P = sigmoid(H @ W1.T + b1)
    return H, P


def forward_swapped(x: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> tuple[Floats, Floats]:
    """Hand the outputs back before the hidden values; for a batch as well."""
    h, p = forward_batch(x, W0, b0, W1, b1)
    return p, h


def forward_outputs_only(x: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> Floats:
    """Hand back the outputs alone; for a batch as well."""
    return forward_batch(x, W0, b0, W1, b1)[1]


def forward_sums(x: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> tuple[Floats, Floats]:
    """Hand back both layers' sums from before the sigmoid; for a batch as well."""
    return x @ W0.T + b0, forward_batch(x, W0, b0, W1, b1)[0] @ W1.T + b1


def forward_in_columns(x: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> tuple[Floats, Floats]:
    """Return the right values as columns, (H, 1) and (C, 1)."""
    h, p = forward(x, W0, b0, W1, b1)
    return h[:, np.newaxis], p[:, np.newaxis]


def forward_batch_as_one_sample(X: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> tuple[Floats, Floats]:
    """Put the whole batch where the formula for one sample has its `x`."""
    return forward(X, W0, b0, W1, b1)


def forward_batch_in_columns(X: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> tuple[Floats, Floats]:
    """Return the right values with the samples in columns, (H, N) and (C, N)."""
    H, P = forward_batch(X, W0, b0, W1, b1)
    return H.T, P.T


def forward_batch_first_sample(X: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> tuple[Floats, Floats]:
    """Return after the first sample, as a `return` inside the loop does."""
    return forward(X[0], W0, b0, W1, b1)


def forward_batch_last_sample(X: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> tuple[Floats, Floats]:
    """Return what the last turn of the loop left."""
    return forward(X[-1], W0, b0, W1, b1)


def forward_batch_first_row(X: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> tuple[Floats, Floats]:
    """Return after the first sample, as a batch of one."""
    return forward_batch(X[:1], W0, b0, W1, b1)


def forward_batch_flat(X: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> tuple[Floats, Floats]:
    """Return the right values strung together, (N·H,) and (N·C,)."""
    H, P = forward_batch(X, W0, b0, W1, b1)
    return H.ravel(), P.ravel()


def forward_batch_pairs(X: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> list[tuple[Floats, Floats]]:
    """Return a list with one pair for each sample."""
    return [forward(x, W0, b0, W1, b1) for x in X]


# --- layers with one slip ---------------------------------------------------------------------------------------------


def layer(x: Floats, W: Floats, b: Floats) -> Floats:
    """Return σ(W x + b), (units,) for `x` (inputs,), and (N, units) for a batch (N, inputs)."""
    return sigmoid(x @ W.T + b)


def layer_without_activation(x: Floats, W: Floats, b: Floats) -> Floats:
    """Hand the weighted sum on as it is."""
    return x @ W.T + b


def layer_without_bias(x: Floats, W: Floats, b: Floats) -> Floats:
    """Leave the biases out."""
    return sigmoid(x @ W.T)


def layer_bias_after(x: Floats, W: Floats, b: Floats) -> Floats:
    """Add the biases to the outputs of the units instead of to their sums."""
    return sigmoid(x @ W.T) + b


def layer_bias_subtracted(x: Floats, W: Floats, b: Floats) -> Floats:
    """Subtract the biases."""
    return sigmoid(x @ W.T - b)


def layer_first_bias(x: Floats, W: Floats, b: Floats) -> Floats:
    """Give every unit the bias of the first one, as in the deck's example, where a layer shares one number."""
    return sigmoid(x @ W.T + b[0])


def layer_transposed(x: Floats, W: Floats, b: Floats) -> Floats:
    """Take W's columns for its rows, Wᵀ x + b: an error unless the layer has as many units as inputs."""
    return sigmoid(x @ W + b)


def layer_transposed_in_loops(x: Floats, W: Floats, b: Floats) -> Floats:
    """Take W[i, unit] for W[unit, i] inside loops: the index leaves the matrix unless it is square."""
    if W.shape[0] != W.shape[1]:
        raise IndexError("index is out of bounds")
    return layer_transposed(x, W, b)


def layer_transposed_by_einsum(x: Floats, W: Floats, b: Floats) -> Floats:
    """Swap W's two letters in `np.einsum`, which stretches a single row where other products raise an error."""
    return sigmoid(np.einsum("...i,ij->...j", x, W) + b)


def layer_transposed_where_square(x: Floats, W: Floats, b: Floats) -> Floats:
    """Turn W round only where NumPy asks for it: Wᵀ x + b where the layer has as many units as inputs."""
    return layer_transposed(x, W, b) if W.shape[0] == W.shape[1] else layer(x, W, b)


def layer_transposed_without_bias(x: Floats, W: Floats, b: Floats) -> Floats:
    """Take W's columns for its rows, and leave the biases out as well."""
    return sigmoid(x @ W)


def layer_sum_without_bias(x: Floats, W: Floats, b: Floats) -> Floats:
    """Leave both the biases and the sigmoid out."""
    return x @ W.T


def layer_sigmoid_of_minus(x: Floats, W: Floats, b: Floats) -> Floats:
    """Write exp(+z) in the sigmoid's denominator, which is σ(-z)."""
    return sigmoid(-(x @ W.T + b))


def layer_tanh(x: Floats, W: Floats, b: Floats) -> Floats:
    """Take tanh for σ."""
    return tanh(x @ W.T + b)


def layer_relu(x: Floats, W: Floats, b: Floats) -> Floats:
    """Take max(0, z) for σ."""
    return np.maximum(0.0, x @ W.T + b)


def layer_step(x: Floats, W: Floats, b: Floats) -> Floats:
    """Take the perceptron's step for σ."""
    return np.asarray(x @ W.T + b > 0, dtype=np.float64)


def layer_softmax(x: Floats, W: Floats, b: Floats) -> Floats:
    """Take softmax over the units for σ: the outputs of a sample then add up to 1."""
    z = x @ W.T + b
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def forward_with(hidden: Layer, output: Layer) -> Forward:
    """Return the forward pass of a network with these two layers, for one sample and for a batch alike."""

    def forward_of_layers(x: Floats, W0: Floats, b0: Floats, W1: Floats, b1: Floats) -> tuple[Floats, Floats]:
        h = hidden(x, W0, b0)
        return h, output(h, W1, b1)

    return forward_of_layers


# --- every step of the forward pass -----------------------------------------------------------------------------------


def deck_network() -> Network:
    """Return the 2-3-2 network of deck 003 with the weights that give the deck's own outputs.

    The slide prints W1 = [[.5, .6, .7], [.55, .65, .75]]; its z3, z4, p and ℓ come from the matrix below.
    """
    return Network(
        W0=np.array([[0.15, 0.20], [0.25, 0.30], [0.35, 0.40]]),
        b0=np.full(3, 0.45),
        W1=np.array([[0.50, 0.55, 0.60], [0.65, 0.70, 0.75]]),
        b1=np.full(2, 0.80),
    )


def trace(x: Floats, network: Network) -> Trace:
    """Return every value of the forward pass of one sample `x` (D,)."""
    return _trace(x, network, sigmoid)


def trace_without_bias(x: Floats, network: Network) -> Trace:
    """Leave both biases out."""
    no_bias = Network(network.W0, np.zeros_like(network.b0), network.W1, np.zeros_like(network.b1))
    return _trace(x, no_bias, sigmoid)


def trace_with_tanh(x: Floats, network: Network) -> Trace:
    """Take tanh for σ in both layers."""
    return _trace(x, network, tanh)


def _trace(x: Floats, network: Network, activation: Callable[[Floats], Floats]) -> Trace:
    z_hidden = network.W0 @ x + network.b0
    h = activation(z_hidden)
    z_output = network.W1 @ h + network.b1
    return Trace(z_hidden, h, z_output, activation(z_output))
