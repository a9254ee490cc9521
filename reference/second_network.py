"""The deck's second network: four hidden layers with tanh, softmax at the end, and the ways to get them wrong.

Deck 003, "Build our second neural network". A batch is (N, D), one sample a row, and a layer is `X @ W + b`. A model is
a dict of `W1` to `W5` (inputs, units) and `b1` to `b5` (1, units). How it learns is in `second_network_training.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from reference.activations import sigmoid
from reference.arrays import Floats, Ints

Model = dict[str, Floats]
"""Parameters by name."""

LAYERS = 5

Forward = Callable[[Model, Floats], list[Floats]]
Loss = Callable[[Floats, Ints], float]


def create(input_dim: int, list_node_sizes: Sequence[int], output_dim: int = 2) -> Model:
    """Return a model with weights drawn from N(0, 1) and biases that are 0.

    Args:
        input_dim: D, numbers in a sample.
        list_node_sizes: units of the four hidden layers.
        output_dim: C, classes.
    """
    rng = np.random.default_rng()
    sizes = [input_dim, *list_node_sizes, output_dim]
    model: Model = {}
    for layer in range(1, LAYERS + 1):
        model[f"W{layer}"] = rng.normal(size=(sizes[layer - 1], sizes[layer]))
        model[f"b{layer}"] = np.zeros((1, sizes[layer]))
    return model


def softmax(z: Floats) -> Floats:
    """Return each row's probabilities exp(z) / Σ exp(z), in the shape (N, C) of `z`.

    >>> softmax(np.array([[1000.0, 1000.0]])).tolist()
    [[0.5, 0.5]]
    """
    # Shifting a row leaves its softmax unchanged and keeps exp finite.
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


def feed_forward(model: Model, x: Floats) -> list[Floats]:
    """Return the outputs of the five layers, (N, units) each; the last one holds the probabilities (N, C).

    Args:
        model: the parameters, left as they are.
        x: (N, D) samples.
    """
    return _forward(model, x, np.tanh, softmax)


def cross_entropy(p: Floats, y: Ints) -> float:
    """Return the mean of -log p[i, y_i], in nats.

    Args:
        p: (N, C) probabilities.
        y: (N,) labels, whole numbers from 0 to C - 1.

    >>> round(cross_entropy(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1])), 4)
    0.4904
    """
    return float(-np.log(p[np.arange(len(y)), y]).mean())


def half_moons(rng: np.random.Generator, count: int, noise: float) -> tuple[Floats, Ints]:
    """Draw samples (N, 2) on two half circles that reach into each other, with their labels (N,).

    Args:
        rng: where the places and the noise come from.
        count: N; the first class gets the odd one.
        noise: standard deviation of what is added to each coordinate; the circles have radius 1.
    """
    y = np.arange(count) % 2
    angle = rng.uniform(0.0, np.pi, count)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)])
    x = np.where(y[:, None] == 0, upper, lower) + rng.normal(0.0, noise, (count, 2))
    return x, y


def _forward(
    model: Model, x: Floats, activation: Callable[[Floats], Floats], output: Callable[[Floats], Floats]
) -> list[Floats]:
    outputs: list[Floats] = []
    for layer in range(1, LAYERS + 1):
        z = x @ model[f"W{layer}"] + model[f"b{layer}"]
        x = activation(z) if layer < LAYERS else output(z)
        outputs.append(x)
    return outputs


# --- wrong variants: feed_forward -------------------------------------------------------------------------------------


def feed_forward_softmax_over_samples(model: Model, x: Floats) -> list[Floats]:
    """Take the softmax over the samples: each column adds up to 1."""
    return _forward(model, x, np.tanh, lambda z: softmax(z.T).T)


def feed_forward_softmax_over_samples_unshifted(model: Model, x: Floats) -> list[Floats]:
    """Take the softmax over the samples, with powers that overflow."""
    return _forward(model, x, np.tanh, lambda z: np.exp(z) / np.exp(z).sum(axis=0))


def feed_forward_softmax_half_over_samples(model: Model, x: Floats) -> list[Floats]:
    """Subtract each row's largest entry, and divide by the sum over the samples then."""

    def output(z: Floats) -> Floats:
        powers: Floats = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=0))

    return _forward(model, x, np.tanh, output)


def feed_forward_softmax_over_all(model: Model, x: Floats) -> list[Floats]:
    """Take the softmax over the whole batch: all entries together add up to 1."""
    return _forward(model, x, np.tanh, lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum())


def feed_forward_softmax_over_all_unshifted(model: Model, x: Floats) -> list[Floats]:
    """Take the softmax over the whole batch, with powers that overflow."""
    return _forward(model, x, np.tanh, lambda z: np.exp(z) / np.exp(z).sum())


def feed_forward_overflowing(model: Model, x: Floats) -> list[Floats]:
    """Take exp of the sums as they are: infinity divided by infinity where they are large."""
    return _forward(model, x, np.tanh, lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))


def feed_forward_overflowing_in_python(model: Model, x: Floats) -> list[Floats]:
    """Take `math.exp` of the sums as they are: it stops where the result is too large."""
    return _forward(model, x, np.tanh, _python_softmax)


def _python_softmax(z: Floats) -> Floats:
    rows = [[math.exp(value) for value in row] for row in z.tolist()]
    return np.array([[value / sum(row) for value in row] for row in rows])


def feed_forward_with_input(model: Model, x: Floats) -> list[Floats]:
    """Put the input before the layers' outputs."""
    return [x, *feed_forward(model, x)]


def feed_forward_logits(model: Model, x: Floats) -> list[Floats]:
    """Leave the softmax out."""
    return _forward(model, x, np.tanh, lambda z: z)


def feed_forward_tanh_output(model: Model, x: Floats) -> list[Floats]:
    """Take tanh in the last layer too, and no softmax."""
    return _forward(model, x, np.tanh, np.tanh)


def feed_forward_sigmoid(model: Model, x: Floats) -> list[Floats]:
    """Take the sigmoid for tanh."""
    return _forward(model, x, sigmoid, softmax)


def feed_forward_relu(model: Model, x: Floats) -> list[Floats]:
    """Take relu for tanh."""
    return _forward(model, x, lambda z: np.maximum(z, 0.0), softmax)


def feed_forward_without_bias(model: Model, x: Floats) -> list[Floats]:
    """Leave the biases out."""
    weights = {name: value if name[0] == "W" else np.zeros_like(value) for name, value in model.items()}
    return feed_forward(weights, x)


def feed_forward_last_only(model: Model, x: Floats) -> Floats:
    """Return the last layer's outputs only."""
    return feed_forward(model, x)[-1]


# --- wrong variants: cross_entropy ------------------------------------------------------------------------------------


def cross_entropy_sum(p: Floats, y: Ints) -> float:
    """Add up over the samples."""
    return cross_entropy(p, y) * len(y)


def cross_entropy_mean_of_entries(p: Floats, y: Ints) -> float:
    """Divide by samples times classes, as the mean over a one-hot product does."""
    return cross_entropy(p, y) / len(p[0])


def cross_entropy_positive_log(p: Floats, y: Ints) -> float:
    """Leave the minus out."""
    return -cross_entropy(p, y)


def cross_entropy_base_two(p: Floats, y: Ints) -> float:
    """Count in bits."""
    return cross_entropy(p, y) / math.log(2.0)


def cross_entropy_base_ten(p: Floats, y: Ints) -> float:
    """Take the logarithm to base 10."""
    return cross_entropy(p, y) / math.log(10.0)


def cross_entropy_without_log(p: Floats, y: Ints) -> float:
    """Leave the logarithm out."""
    return float(-p[np.arange(len(y)), y].mean())


def cross_entropy_of_largest(p: Floats, y: Ints) -> float:
    """Look at each sample's largest probability, whatever its label."""
    return cross_entropy(p, p.argmax(axis=1)) if len(y) else 0.0


def cross_entropy_log_of_mean(p: Floats, y: Ints) -> float:
    """Take the mean first and its logarithm then."""
    return -math.log(p[np.arange(len(y)), y].mean())


def cross_entropy_all_columns(p: Floats, y: Ints) -> float:
    """Look at the columns of all labels in every row."""
    return float(-np.log(p[:, y]).mean())


def cross_entropy_two_classes(p: Floats, y: Ints) -> float:
    """Take the formula for two classes, with the second column as the probability of label 1."""
    return float(-(y * np.log(p[:, 1]) + (1 - y) * np.log(1.0 - p[:, 1])).mean())


def cross_entropy_one_hot(p: Floats, y: Ints) -> float:
    """Multiply by the labels as if they were one-hot rows."""
    return float(-(y * np.log(p)).sum() / len(y))


def cross_entropy_one_hot_mean(p: Floats, y: Ints) -> float:
    """Multiply by the labels as if they were one-hot rows, and take the mean of all entries."""
    return float(-(y * np.log(p)).mean())


def cross_entropy_one_hot_sum(p: Floats, y: Ints) -> float:
    """Multiply by the labels as if they were one-hot rows, and add up."""
    return float(-(y * np.log(p)).sum())


def cross_entropy_one_hot_argmax(p: Floats, y: Ints) -> float:
    """Look for the 1 in each row of the labels."""
    return cross_entropy(p, np.argmax(y, axis=1))


def cross_entropy_one_hot_entries(p: Floats, y: Ints) -> float:
    """Go through the entries of each row of the labels."""
    return -float(sum(y[i, j] * math.log(p[i, j]) for i in range(len(p)) for j in range(p.shape[1])) / len(p))


def cross_entropy_labels_as_factors(p: Floats, y: Ints) -> float:
    """Multiply each sample's logarithms by its label."""
    return float(-(y[:, None] * np.log(p)).sum() / len(y))
