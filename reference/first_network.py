"""The deck's first network: one hidden layer, sigmoid in both layers.

Deck 003, "Build our first neural network". A layer is `W @ x + b` with one row of `W` a unit. How it learns is in
`first_network_training.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from reference.activations import sigmoid
from reference.arrays import Floats

DECK_X = np.array([0.05, 0.10])
DECK_Y = np.array([0.01, 0.99])


@dataclass
class Network:
    """Weights and biases, changed in place by training.

    `W0` (H, D) and `b0` (H,) belong to the hidden layer, `W1` (C, H) and `b1` (C,) to the output layer.
    """

    W0: Floats
    b0: Floats
    W1: Floats
    b1: Floats


Forward = Callable[[Network, Floats], Floats]
"""Network and sample (D,) → outputs (C,)."""

Weights = Sequence[float] | None
"""A layer's weights as one flat list, row by row; None for random ones."""


def create(  # noqa: PLR0917 (the deck's signature)
    num_inputs: int,
    num_hidden: int,
    num_outputs: int,
    hidden_layer_weights: Weights = None,
    hidden_layer_bias: float | None = None,
    output_layer_weights: Weights = None,
    output_layer_bias: float | None = None,
) -> Network:
    """Return a network with the given weights, row by row, and one bias shared by all units of a layer.

    Whatever is None is drawn uniformly from [0, 1), as the deck does.

    Args:
        num_inputs: D.
        num_hidden: H.
        num_outputs: C.
        hidden_layer_weights: H·D numbers; the first D belong to the first hidden unit.
        hidden_layer_bias: the bias of every hidden unit.
        output_layer_weights: C·H numbers; the first H belong to the first output.
        output_layer_bias: the bias of every output.
    """
    rng = np.random.default_rng()

    def weights(given: Weights, units: int, inputs: int) -> Floats:
        flat = rng.random(units * inputs) if given is None else np.array(given, dtype=np.float64)
        return flat.reshape(units, inputs)

    def biases(given: float | None, units: int) -> Floats:
        return np.full(units, rng.random() if given is None else float(given))

    return Network(
        W0=weights(hidden_layer_weights, num_hidden, num_inputs),
        b0=biases(hidden_layer_bias, num_hidden),
        W1=weights(output_layer_weights, num_outputs, num_hidden),
        b1=biases(output_layer_bias, num_outputs),
    )


def deck_network() -> Network:
    """Return the deck's 2-3-2 network with the weights that give the outputs the slides print."""
    return create(2, 3, 2, [0.15, 0.20, 0.25, 0.30, 0.35, 0.40], 0.45, [0.50, 0.55, 0.60, 0.65, 0.70, 0.75], 0.80)


def feed_forward(nn: Network, x: Floats) -> Floats:
    """Return the outputs p (C,) for one sample `x` (D,).

    >>> feed_forward(deck_network(), DECK_X).round(4).tolist()
    [0.8611, 0.8913]
    """
    h = sigmoid(nn.W0 @ x + nn.b0)
    return sigmoid(nn.W1 @ h + nn.b1)


def total_error(nn: Network, train_x: Floats, train_y: Floats) -> float:
    """Return Σ ½‖p - y‖² over all samples.

    Args:
        nn: the network.
        train_x: (N, D) samples.
        train_y: (N, C) targets.

    >>> round(total_error(deck_network(), DECK_X[None], DECK_Y[None]), 4)
    0.3671
    """
    return total_error_of(feed_forward, nn, train_x, train_y)


def total_error_of(forward: Forward, nn: Network, train_x: Floats, train_y: Floats) -> float:
    """Return the total error of a network whose outputs are what `forward` says."""
    return float(sum(0.5 * ((forward(nn, x) - y) ** 2).sum() for x, y in zip(train_x, train_y, strict=True)))


# --- wrong variants: create -------------------------------------------------------------------------------------------


def create_column_by_column(  # noqa: PLR0917 (the deck's signature)
    num_inputs: int,
    num_hidden: int,
    num_outputs: int,
    hidden_layer_weights: Weights = None,
    hidden_layer_bias: float | None = None,
    output_layer_weights: Weights = None,
    output_layer_bias: float | None = None,
) -> Network:
    """Read both flat lists column by column: the first numbers belong to the first input, not to the first unit."""
    nn = create(num_inputs, num_hidden, num_outputs, None, hidden_layer_bias, None, output_layer_bias)
    if hidden_layer_weights is not None:
        nn.W0 = np.array(hidden_layer_weights, dtype=np.float64).reshape(num_inputs, num_hidden).T
    if output_layer_weights is not None:
        nn.W1 = np.array(output_layer_weights, dtype=np.float64).reshape(num_hidden, num_outputs).T
    return nn


def create_biases_swapped(  # noqa: PLR0917 (the deck's signature)
    num_inputs: int,
    num_hidden: int,
    num_outputs: int,
    hidden_layer_weights: Weights = None,
    hidden_layer_bias: float | None = None,
    output_layer_weights: Weights = None,
    output_layer_bias: float | None = None,
) -> Network:
    """Give each layer the other one's bias."""
    sizes = num_inputs, num_hidden, num_outputs
    return create(*sizes, hidden_layer_weights, output_layer_bias, output_layer_weights, hidden_layer_bias)


def create_one_bias(  # noqa: PLR0917 (the deck's signature)
    num_inputs: int,
    num_hidden: int,
    num_outputs: int,
    hidden_layer_weights: Weights = None,
    hidden_layer_bias: float | None = None,
    output_layer_weights: Weights = None,
    output_layer_bias: float | None = None,  # forgotten
) -> Network:
    """Give both layers the hidden layer's bias."""
    sizes = num_inputs, num_hidden, num_outputs
    return create(*sizes, hidden_layer_weights, hidden_layer_bias, output_layer_weights, hidden_layer_bias)


# --- wrong variants: feed_forward -------------------------------------------------------------------------------------


def feed_forward_without_bias(nn: Network, x: Floats) -> Floats:
    """Leave both biases out."""
    return sigmoid(nn.W1 @ sigmoid(nn.W0 @ x))


def feed_forward_without_hidden_bias(nn: Network, x: Floats) -> Floats:
    """Leave the hidden layer's bias out."""
    return sigmoid(nn.W1 @ sigmoid(nn.W0 @ x) + nn.b1)


def feed_forward_without_output_bias(nn: Network, x: Floats) -> Floats:
    """Leave the output layer's bias out."""
    return sigmoid(nn.W1 @ sigmoid(nn.W0 @ x + nn.b0))


def feed_forward_linear_output(nn: Network, x: Floats) -> Floats:
    """Leave the activation of the output layer out."""
    return nn.W1 @ sigmoid(nn.W0 @ x + nn.b0) + nn.b1


def feed_forward_linear_hidden(nn: Network, x: Floats) -> Floats:
    """Leave the activation of the hidden layer out."""
    return sigmoid(nn.W1 @ (nn.W0 @ x + nn.b0) + nn.b1)


def feed_forward_bias_after(nn: Network, x: Floats) -> Floats:
    """Add the biases to the activations, not to the sums."""
    return sigmoid(nn.W1 @ (sigmoid(nn.W0 @ x) + nn.b0)) + nn.b1


def feed_forward_tanh(nn: Network, x: Floats) -> Floats:
    """Take tanh for σ."""
    return np.tanh(nn.W1 @ np.tanh(nn.W0 @ x + nn.b0) + nn.b1)


def feed_forward_hidden(nn: Network, x: Floats) -> Floats:
    """Return the hidden layer's outputs."""
    return sigmoid(nn.W0 @ x + nn.b0)


def feed_forward_sign_in_exponent(nn: Network, x: Floats) -> Floats:
    """Take 1 / (1 + exp(+z)) for the sigmoid."""
    return sigmoid(-(nn.W1 @ sigmoid(-(nn.W0 @ x + nn.b0)) + nn.b1))


def feed_forward_column(nn: Network, x: Floats) -> Floats:
    """Return the outputs as a column (C, 1)."""
    return feed_forward(nn, x)[:, None]


def feed_forward_row(nn: Network, x: Floats) -> Floats:
    """Return the outputs as a row (1, C)."""
    return feed_forward(nn, x)[None, :]


# --- wrong variants: total_error --------------------------------------------------------------------------------------


def total_error_without_half(nn: Network, train_x: Floats, train_y: Floats) -> float:
    """Leave the ½ out."""
    return 2.0 * total_error(nn, train_x, train_y)


def total_error_mean(nn: Network, train_x: Floats, train_y: Floats) -> float:
    """Take the mean over the samples."""
    return total_error(nn, train_x, train_y) / len(train_x)


def total_error_mean_without_half(nn: Network, train_x: Floats, train_y: Floats) -> float:
    """Take the mean over the samples and leave the ½ out."""
    return 2.0 * total_error(nn, train_x, train_y) / len(train_x)


def total_error_mean_of_outputs(nn: Network, train_x: Floats, train_y: Floats) -> float:
    """Take the mean over each sample's outputs, with the ½."""
    return total_error(nn, train_x, train_y) / len(train_y[0])


def total_error_mean_square(nn: Network, train_x: Floats, train_y: Floats) -> float:
    """Take the mean over samples and outputs, without the ½."""
    return 2.0 * total_error(nn, train_x, train_y) / np.size(train_y)


def total_error_first_sample(nn: Network, train_x: Floats, train_y: Floats) -> float:
    """Look at the first sample only."""
    return total_error(nn, train_x[:1], train_y[:1])


def total_error_last_sample(nn: Network, train_x: Floats, train_y: Floats) -> float:
    """Keep the last sample's error, as a sum that is begun anew for each sample does."""
    return total_error(nn, train_x[-1:], train_y[-1:])


def total_error_length(nn: Network, train_x: Floats, train_y: Floats) -> float:
    """Take each sample's distance, not its square."""
    return float(sum(0.5 * np.linalg.norm(feed_forward(nn, x) - y) for x, y in zip(train_x, train_y, strict=True)))


def total_error_absolute(nn: Network, train_x: Floats, train_y: Floats) -> float:
    """Take absolute differences for squared ones."""
    return float(sum(0.5 * np.abs(feed_forward(nn, x) - y).sum() for x, y in zip(train_x, train_y, strict=True)))


def total_error_square_of_sum(nn: Network, train_x: Floats, train_y: Floats) -> float:
    """Add each sample's differences up before they are squared."""
    return float(sum(0.5 * (feed_forward(nn, x) - y).sum() ** 2 for x, y in zip(train_x, train_y, strict=True)))
