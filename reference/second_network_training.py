"""How the deck's second network learns: batch and stochastic gradient descent, and the ways to get them wrong.

Deck 003, "Build our second neural network". The loss is the mean cross-entropy over the samples of a step.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reference.arrays import Floats, Ints
from reference.second_network import (
    LAYERS,
    Forward,
    Loss,
    Model,
    cross_entropy,
    cross_entropy_one_hot,
    cross_entropy_one_hot_mean,
    cross_entropy_sum,
    feed_forward,
)

Gradients = Callable[[Model, Floats, Ints], Model]
"""Model, samples (N, D) and labels (N,) → a gradient for each parameter, in its shape."""


def gradients(model: Model, x: Floats, y: Ints) -> Model:
    """Return the gradient of the mean cross-entropy for every parameter.

    Args:
        model: where it is taken; left as it is.
        x: (N, D) samples.
        y: (N,) labels.
    """
    return gradients_of(feed_forward, model, x, y)


def gradients_of(forward: Forward, model: Model, x: Floats, y: Ints) -> Model:
    """Return the gradients with the outputs that `forward` gives."""
    outputs = forward(model, x)
    dz = outputs[-1].copy()
    dz[np.arange(len(y)), y] -= 1.0  # softmax and cross-entropy together: probability minus one-hot label
    return _backward(model, x, outputs, dz / len(y), lambda a: 1.0 - a**2)


def _backward(model: Model, x: Floats, outputs: list[Floats], dz: Floats, slope: Callable[[Floats], Floats]) -> Model:
    """Send the gradient of the last layer's sums back; `slope` gives tanh' from tanh."""
    found: Model = {}
    inputs = [x, *outputs]
    for layer in range(LAYERS, 0, -1):
        found[f"W{layer}"] = inputs[layer - 1].T @ dz
        found[f"b{layer}"] = dz.sum(axis=0, keepdims=True)
        if layer > 1:
            dz = (dz @ model[f"W{layer}"].T) * slope(inputs[layer - 1])
    return found


def descend(model: Model, gradient: Model, learning_rate: float) -> None:
    """Move every parameter against its gradient, in place."""
    for name, value in gradient.items():
        model[name] = model[name] - learning_rate * value


def train_batch(model: Model, x_tr: Floats, y_tr: Ints, num_passes: int, learning_rate: float) -> list[float]:
    """Change the model by one step a pass, over all samples; return the loss after each pass.

    Args:
        model: the parameters, changed.
        x_tr: (N, D) samples.
        y_tr: (N,) labels.
        num_passes: steps.
        learning_rate: η.
    """
    return train_batch_on(model, x_tr, y_tr, num_passes, learning_rate)


def train_batch_on(  # noqa: PLR0917 (the deck's arguments, then what is put in place of the right functions)
    model: Model,
    x_tr: Floats,
    y_tr: Ints,
    num_passes: int,
    learning_rate: float,
    forward: Forward = feed_forward,
    loss: Loss = cross_entropy,
    gradient: Gradients | None = None,
) -> list[float]:
    """Train with other functions in place of the right ones."""
    losses: list[float] = []
    for _ in range(num_passes):
        found = gradients_of(forward, model, x_tr, y_tr) if gradient is None else gradient(model, x_tr, y_tr)
        descend(model, found, learning_rate)
        losses.append(loss(forward(model, x_tr)[-1], y_tr))
    return losses


def train_stochastic(  # noqa: PLR0917 (the deck's arguments)
    model: Model, x_tr: Floats, y_tr: Ints, num_passes: int, batch_size: int, learning_rate: float
) -> list[float]:
    """Change the model by one step a mini-batch; return the loss over all samples after each pass.

    Every sample is in one mini-batch of each pass; the last mini-batch may be smaller.

    Args:
        model: the parameters, changed.
        x_tr: (N, D) samples.
        y_tr: (N,) labels.
        num_passes: how often each sample is seen.
        batch_size: samples of a mini-batch.
        learning_rate: η.
    """
    return train_stochastic_on(model, x_tr, y_tr, num_passes, batch_size, learning_rate)


def train_stochastic_on(  # noqa: PLR0917 (the deck's arguments, then what is put in place of the right functions)
    model: Model,
    x_tr: Floats,
    y_tr: Ints,
    num_passes: int,
    batch_size: int,
    learning_rate: float,
    loss: Loss = cross_entropy,
    gradient: Gradients = gradients,
) -> list[float]:
    """Train with other functions in place of the right ones."""
    rng = np.random.default_rng(0)  # any order will do; always the same one makes a curve that can be drawn again
    losses: list[float] = []
    for _ in range(num_passes):
        order = rng.permutation(len(x_tr))
        for start in range(0, len(x_tr), batch_size):
            batch = order[start : start + batch_size]
            descend(model, gradient(model, x_tr[batch], y_tr[batch]), learning_rate)
        losses.append(loss(feed_forward(model, x_tr)[-1], y_tr))
    return losses


# --- wrong variants: the gradient -------------------------------------------------------------------------------------


def gradients_sum(model: Model, x: Floats, y: Ints) -> Model:
    """Add up over the samples where the mean is due."""
    return {name: value * len(y) for name, value in gradients(model, x, y).items()}


def gradients_tanh_slope(model: Model, x: Floats, y: Ints) -> Model:
    """Take 1 - tanh for tanh'."""
    return _with_slope(model, x, y, lambda a: 1.0 - a)


def gradients_sigmoid_slope(model: Model, x: Floats, y: Ints) -> Model:
    """Take the sigmoid's derivative for tanh'."""
    return _with_slope(model, x, y, lambda a: a * (1.0 - a))


def gradients_without_slope(model: Model, x: Floats, y: Ints) -> Model:
    """Leave tanh' out."""
    return _with_slope(model, x, y, np.ones_like)


def gradients_tanh_of_output(model: Model, x: Floats, y: Ints) -> Model:
    """Take 1 - tanh² of the layer's output, which is a tanh already."""
    return _with_slope(model, x, y, lambda a: 1.0 - np.tanh(a) ** 2)


def _with_slope(model: Model, x: Floats, y: Ints, slope: Callable[[Floats], Floats]) -> Model:
    outputs = feed_forward(model, x)
    dz = outputs[-1].copy()
    dz[np.arange(len(y)), y] -= 1.0
    return _backward(model, x, outputs, dz / len(y), slope)


def gradients_tanh_slope_in(layer: int) -> Gradients:
    """Return the gradients that take 1 - tanh for tanh' in one hidden layer only, 1 to 4."""

    def wrong(model: Model, x: Floats, y: Ints) -> Model:
        slopes = iter([LAYERS - 1 - place == layer for place in range(LAYERS - 1)])  # asked from the last layer down
        return _with_slope(model, x, y, lambda a: 1.0 - a if next(slopes) else 1.0 - a**2)

    return wrong


def gradients_tanh_slope_without_biases(model: Model, x: Floats, y: Ints) -> Model:
    """Take 1 - tanh for tanh', and leave the biases where they are."""
    return _weights_only(gradients_tanh_slope(model, x, y))


def gradients_without_hidden_biases(model: Model, x: Floats, y: Ints) -> Model:
    """Leave the biases of the hidden layers where they are."""
    return {name: value for name, value in gradients(model, x, y).items() if name[0] == "W" or name == f"b{LAYERS}"}


def gradients_without_output_bias(model: Model, x: Floats, y: Ints) -> Model:
    """Leave the bias of the last layer where it is."""
    return {name: value for name, value in gradients(model, x, y).items() if name != f"b{LAYERS}"}


def gradients_sum_for_weights(model: Model, x: Floats, y: Ints) -> Model:
    """Add up over the samples for the weights; the biases are right."""
    return {name: value * (len(y) if name[0] == "W" else 1) for name, value in gradients(model, x, y).items()}


def gradients_sum_for_biases(model: Model, x: Floats, y: Ints) -> Model:
    """Add up over the samples for the biases; the weights are right."""
    return {name: value * (len(y) if name[0] == "b" else 1) for name, value in gradients(model, x, y).items()}


def gradients_mean_of_biases(model: Model, x: Floats, y: Ints) -> Model:
    """Divide the biases' gradients by the number of samples once more."""
    return {name: value / (len(y) if name[0] == "b" else 1) for name, value in gradients(model, x, y).items()}


def _weights_only(found: Model) -> Model:
    return {name: value for name, value in found.items() if name[0] == "W"}


def gradients_without_biases(model: Model, x: Floats, y: Ints) -> Model:
    """Leave the biases where they are."""
    return _weights_only(gradients(model, x, y))


def gradients_tanh_slope_sum(model: Model, x: Floats, y: Ints) -> Model:
    """Take 1 - tanh for tanh', and the sum for the mean."""
    return {name: value * len(y) for name, value in gradients_tanh_slope(model, x, y).items()}


def gradients_sum_without_biases(model: Model, x: Floats, y: Ints) -> Model:
    """Leave the biases where they are, and take the sum for the mean."""
    return _weights_only(gradients_sum(model, x, y))


def gradients_uphill(model: Model, x: Floats, y: Ints) -> Model:
    """Turn the sign round."""
    return {name: -value for name, value in gradients(model, x, y).items()}


def gradients_last_layer_only(model: Model, x: Floats, y: Ints) -> Model:
    """Leave all layers but the last where they are."""
    return {name: value for name, value in gradients(model, x, y).items() if name[1:] == str(LAYERS)}


def gradients_one_hot(model: Model, x: Floats, y: Ints) -> Model:
    """Subtract the labels as if they were one-hot rows."""
    outputs = feed_forward(model, x)
    return _backward(model, x, outputs, (outputs[-1] - y) / len(y), lambda a: 1.0 - a**2)


def gradients_label_column(model: Model, x: Floats, y: Ints) -> Model:
    """Subtract each sample's label from all of its probabilities."""
    return gradients_one_hot(model, x, y[:, None])


def gradients_one_hot_argmax(model: Model, x: Floats, y: Ints) -> Model:
    """Look for the 1 in each row of the labels."""
    return gradients(model, x, np.argmax(y, axis=1))


# --- wrong variants: train_batch --------------------------------------------------------------------------------------


def train_batch_sum(model: Model, x_tr: Floats, y_tr: Ints, num_passes: int, learning_rate: float) -> list[float]:
    """Add gradients and losses up over the samples."""
    return train_batch_on(model, x_tr, y_tr, num_passes, learning_rate, loss=cross_entropy_sum, gradient=gradients_sum)


def train_batch_loss_sum(model: Model, x_tr: Floats, y_tr: Ints, num_passes: int, learning_rate: float) -> list[float]:
    """Add the losses up over the samples."""
    return train_batch_on(model, x_tr, y_tr, num_passes, learning_rate, loss=cross_entropy_sum)


def train_batch_loss_before(
    model: Model, x_tr: Floats, y_tr: Ints, num_passes: int, learning_rate: float
) -> list[float]:
    """Note the loss before each step."""
    start = cross_entropy(feed_forward(model, x_tr)[-1], y_tr)
    return [start, *train_batch(model, x_tr, y_tr, num_passes, learning_rate)[:-1]]


def train_batch_new_weights_used(
    model: Model, x_tr: Floats, y_tr: Ints, num_passes: int, learning_rate: float
) -> list[float]:
    """Send the error back through weights that have moved already."""
    losses: list[float] = []
    for _ in range(num_passes):
        outputs = feed_forward(model, x_tr)
        inputs = [x_tr, *outputs]
        dz = outputs[-1].copy()
        dz[np.arange(len(y_tr)), y_tr] -= 1.0
        dz /= len(y_tr)
        for layer in range(LAYERS, 0, -1):
            step = {f"W{layer}": inputs[layer - 1].T @ dz, f"b{layer}": dz.sum(axis=0, keepdims=True)}
            descend(model, step, learning_rate)
            dz = (dz @ model[f"W{layer}"].T) * (1.0 - inputs[layer - 1] ** 2)
        losses.append(cross_entropy(feed_forward(model, x_tr)[-1], y_tr))
    return losses


def train_batch_with(gradient: Gradients, loss: Loss = cross_entropy) -> Callable[..., list[float]]:
    """Return `train_batch` with a wrong gradient, or a wrong loss, in place of the right one."""

    def train(model: Model, x_tr: Floats, y_tr: Ints, num_passes: int, learning_rate: float) -> list[float]:
        return train_batch_on(model, x_tr, y_tr, num_passes, learning_rate, loss=loss, gradient=gradient)

    return train


train_batch_one_hot = train_batch_with(gradients_one_hot, cross_entropy_one_hot)
train_batch_one_hot_mean = train_batch_with(gradients_one_hot, cross_entropy_one_hot_mean)
train_batch_one_hot_gradient = train_batch_with(gradients_one_hot)
