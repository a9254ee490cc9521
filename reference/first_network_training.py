"""How the deck's first network learns: one step of gradient descent on one sample, and the ways to get it wrong.

Deck 003, "Calculate the gradient" and "Update the weights". The biases stay where they are, as in the deck's program:
only the weights learn.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reference.activations import sigmoid
from reference.arrays import Floats
from reference.first_network import DECK_X, DECK_Y, Network, deck_network, total_error

DECK_RATE = 0.5


def backward(nn: Network, x: Floats, y: Floats) -> Network:
    """Return the gradients of ½‖p - y‖² for one sample `x` (D,) with target `y` (C,), in the parameters' shapes.

    All of them are taken at the same weights.

    References:
        Deck 003, "Calculate the gradient".
    """
    h = sigmoid(nn.W0 @ x + nn.b0)
    p = sigmoid(nn.W1 @ h + nn.b1)

    dz1 = (p - y) * p * (1.0 - p)
    # A hidden unit feeds every output, so its gradient gathers what comes back from all of them.
    dz0 = (nn.W1.T @ dz1) * h * (1.0 - h)
    return Network(W0=np.outer(dz0, x), b0=dz0, W1=np.outer(dz1, h), b1=dz1)


def train(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Take one step of gradient descent on one sample, in place; the biases stay fixed.

    Args:
        nn: the network, changed.
        train_x: (D,) one sample.
        train_y: (C,) its target.
        learning_rate: η of the deck.

    References:
        Deck 003, "Update the weights".
    """
    gradient = backward(nn, train_x, train_y)
    nn.W0 -= learning_rate * gradient.W0
    nn.W1 -= learning_rate * gradient.W1


def losses(steps: int, every: int) -> list[float]:
    """Return the loss of the deck's network on the deck's sample: before training, then after each `every`-th step."""
    nn = deck_network()
    found = [total_error(nn, DECK_X[None], DECK_Y[None])]
    for number in range(1, steps + 1):
        train(nn, DECK_X, DECK_Y, DECK_RATE)
        if number % every == 0:
            found.append(total_error(nn, DECK_X[None], DECK_Y[None]))
    return found


def train_with_new_output_weights(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Send the error back through output weights that have moved already."""
    gradient = backward(nn, train_x, train_y)
    nn.W1 -= learning_rate * gradient.W1
    h = sigmoid(nn.W0 @ train_x + nn.b0)
    nn.W0 -= learning_rate * np.outer((nn.W1.T @ gradient.b1) * h * (1.0 - h), train_x)


def train_output_then_hidden(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Move the output weights, then begin anew with the forward pass for the hidden ones."""
    nn.W1 -= learning_rate * backward(nn, train_x, train_y).W1
    nn.W0 -= learning_rate * backward(nn, train_x, train_y).W0


def train_hidden_then_output(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Move the hidden weights, then begin anew with the forward pass for the output ones."""
    nn.W0 -= learning_rate * backward(nn, train_x, train_y).W0
    nn.W1 -= learning_rate * backward(nn, train_x, train_y).W1


def train_biases_too(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Move each unit's bias as well."""
    gradient = backward(nn, train_x, train_y)
    nn.W0 -= learning_rate * gradient.W0
    nn.W1 -= learning_rate * gradient.W1
    nn.b0 -= learning_rate * gradient.b0
    nn.b1 -= learning_rate * gradient.b1


def train_shared_biases_too(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Move the one bias of each layer as well, by the sum of what its units ask for."""
    gradient = backward(nn, train_x, train_y)
    nn.W0 -= learning_rate * gradient.W0
    nn.W1 -= learning_rate * gradient.W1
    nn.b0 -= learning_rate * gradient.b0.sum()
    nn.b1 -= learning_rate * gradient.b1.sum()


def train_mean_biases_too(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Move the one bias of each layer as well, by the mean of what its units ask for."""
    gradient = backward(nn, train_x, train_y)
    nn.W0 -= learning_rate * gradient.W0
    nn.W1 -= learning_rate * gradient.W1
    nn.b0 -= learning_rate * gradient.b0.mean()
    nn.b1 -= learning_rate * gradient.b1.mean()


def train_output_bias_too(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Move the biases of the outputs as well."""
    gradient = backward(nn, train_x, train_y)
    nn.W0 -= learning_rate * gradient.W0
    nn.W1 -= learning_rate * gradient.W1
    nn.b1 -= learning_rate * gradient.b1


def train_hidden_bias_too(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Move the biases of the hidden units as well."""
    gradient = backward(nn, train_x, train_y)
    nn.W0 -= learning_rate * gradient.W0
    nn.W1 -= learning_rate * gradient.W1
    nn.b0 -= learning_rate * gradient.b0


def train_shared_output_bias_too(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Move the one bias of the outputs as well."""
    gradient = backward(nn, train_x, train_y)
    nn.W0 -= learning_rate * gradient.W0
    nn.W1 -= learning_rate * gradient.W1
    nn.b1 -= learning_rate * gradient.b1.sum()


def train_shared_hidden_bias_too(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Move the one bias of the hidden units as well."""
    gradient = backward(nn, train_x, train_y)
    nn.W0 -= learning_rate * gradient.W0
    nn.W1 -= learning_rate * gradient.W1
    nn.b0 -= learning_rate * gradient.b0.sum()


def train_biases_uphill(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Move the weights rightly, and the biases up the slope."""
    gradient = backward(nn, train_x, train_y)
    nn.W0 -= learning_rate * gradient.W0
    nn.W1 -= learning_rate * gradient.W1
    nn.b0 += learning_rate * gradient.b0
    nn.b1 += learning_rate * gradient.b1


def train_output_layer_only_uphill(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Leave the hidden layer as it is, and add the gradient in the other."""
    train_output_layer_only(nn, train_x, train_y, -learning_rate)


def train_new_output_weights_and_biases(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Send the error back through output weights that have moved already, and move the biases as well."""
    gradient = backward(nn, train_x, train_y)
    h = sigmoid(nn.W0 @ train_x + nn.b0)
    nn.W1 -= learning_rate * gradient.W1
    dz0 = (nn.W1.T @ gradient.b1) * h * (1.0 - h)
    nn.W0 -= learning_rate * np.outer(dz0, train_x)
    nn.b0 -= learning_rate * dz0
    nn.b1 -= learning_rate * gradient.b1


def train_output_layer_only(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Leave the hidden weights where they are."""
    nn.W1 -= learning_rate * backward(nn, train_x, train_y).W1


def train_output_layer_and_bias_only(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Move the outputs' weights and biases, and leave the hidden layer where it is."""
    gradient = backward(nn, train_x, train_y)
    nn.W1 -= learning_rate * gradient.W1
    nn.b1 -= learning_rate * gradient.b1


def train_hidden_layer_only(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Leave the output weights where they are."""
    nn.W0 -= learning_rate * backward(nn, train_x, train_y).W0


def train_uphill(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Add the gradient."""
    train(nn, train_x, train_y, -learning_rate)


def train_uphill_with_biases(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Add the gradient, of the biases as well."""
    train_biases_too(nn, train_x, train_y, -learning_rate)


def train_uphill_with_new_output_weights(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Add the gradient, the hidden one taken through output weights that have moved already."""
    train_with_new_output_weights(nn, train_x, train_y, -learning_rate)


def train_hidden_uphill(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Add the gradient in the hidden layer only."""
    gradient = backward(nn, train_x, train_y)
    nn.W0 += learning_rate * gradient.W0
    nn.W1 -= learning_rate * gradient.W1


def train_output_uphill(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Add the gradient in the output layer only."""
    gradient = backward(nn, train_x, train_y)
    nn.W0 -= learning_rate * gradient.W0
    nn.W1 += learning_rate * gradient.W1


def train_without_output_slope(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Leave σ' of the output layer out."""
    _train_with(nn, train_x, train_y, learning_rate, lambda _p: 1.0, _slope)


def train_without_hidden_slope(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Leave σ' of the hidden layer out."""
    _train_with(nn, train_x, train_y, learning_rate, _slope, lambda _h: 1.0)


def train_without_slopes(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Leave σ' of both layers out."""
    _train_with(nn, train_x, train_y, learning_rate, lambda _p: 1.0, lambda _h: 1.0)


def train_first_output_only(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Let only the first output's error reach the hidden layer."""
    gradient = backward(nn, train_x, train_y)
    h = sigmoid(nn.W0 @ train_x + nn.b0)
    nn.W0 -= learning_rate * np.outer(nn.W1[0] * gradient.b1[0] * h * (1.0 - h), train_x)
    nn.W1 -= learning_rate * gradient.W1


def train_doubled(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Take the gradient of ‖p - y‖², without the ½ that cancels the 2."""
    train(nn, train_x, train_y, 2.0 * learning_rate)


def train_without_rate(nn: Network, train_x: Floats, train_y: Floats, learning_rate: float) -> None:
    """Step by the whole gradient whatever the learning rate."""
    train(nn, train_x, train_y, 1.0)


Slope = Callable[[Floats], Floats | float]


def _slope(a: Floats) -> Floats:
    """Return σ' from the activation σ."""
    return a * (1.0 - a)


def _train_with(  # noqa: PLR0917
    nn: Network, x: Floats, y: Floats, rate: float, output_slope: Slope, hidden_slope: Slope
) -> None:
    h = sigmoid(nn.W0 @ x + nn.b0)
    p = sigmoid(nn.W1 @ h + nn.b1)
    dz1 = (p - y) * output_slope(p)
    dz0 = (nn.W1.T @ dz1) * hidden_slope(h)
    nn.W0 -= rate * np.outer(dz0, x)
    nn.W1 -= rate * np.outer(dz1, h)
