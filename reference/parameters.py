"""How many numbers a fully connected network learns (deck 003, "Computation cost").

Between two neighbouring layers of n and m neurons there is one weight for each pair, n·m, and one bias for each neuron
of the second layer, m. The input layer holds the data and learns nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise


def count_parameters(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Return the number of weights, and of biases with `bias`, of a fully connected network.

    Args:
        layer_sizes: neurons of each layer, the input layer first; at least two layers.
        bias: whether every neuron behind the input layer has a bias.

    References:
        Deck 003, "Computation cost", which counts the weights alone; "TensorFlow – Build a deep learning model".

    >>> count_parameters([3, 2]), count_parameters([3, 2], bias=False)
    (8, 6)
    """
    weights = sum(n * m for n, m in pairwise(layer_sizes))
    return weights + bias * sum(layer_sizes[1:])


def count_with_biases_always(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Add the biases whatever `bias` says."""
    return count_parameters(layer_sizes)


def count_without_biases(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Leave the biases out whatever `bias` says."""
    return count_parameters(layer_sizes, bias=False)


def count_without_by_default(layer_sizes: Sequence[int], bias: bool = False) -> int:
    """Leave the biases out where nothing is said about them."""
    return count_parameters(layer_sizes, bias)


def count_flag_turned_round(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Add the biases where they are not wanted, and only there."""
    return count_parameters(layer_sizes, not bias)


def count_input_biased(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Give the input layer biases as well."""
    return count_without_biases(layer_sizes) + bias * sum(layer_sizes)


def count_input_biased_always(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Give the input layer biases as well, whatever `bias` says."""
    return count_input_biased(layer_sizes)


def count_bias_at_the_near_end(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Give each layer but the last a bias for each neuron: the input layer has some, the output layer none."""
    return count_without_biases(layer_sizes) + bias * sum(layer_sizes[:-1])


def count_output_unbiased(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Give the hidden layers biases, and the output layer none."""
    return count_without_biases(layer_sizes) + bias * sum(layer_sizes[1:-1])


def count_one_bias_a_layer(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Count one bias for a whole layer."""
    return count_without_biases(layer_sizes) + bias * (len(layer_sizes) - 1)


def count_one_bias(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Count one bias for the whole network."""
    return count_without_biases(layer_sizes) + bias


def count_neurons(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Add the sizes up: these are the neurons."""
    return sum(layer_sizes)


def count_neurons_and_biases(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Add the sizes up, and the biases."""
    return sum(layer_sizes) + bias * sum(layer_sizes[1:])


def count_pair_sums(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Add the sizes of neighbouring layers where they are to be multiplied."""
    return sum(n + m for n, m in pairwise(layer_sizes))


def count_pair_sums_and_biases(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Add the sizes of neighbouring layers where they are to be multiplied, and the biases."""
    return count_pair_sums(layer_sizes) + bias * sum(layer_sizes[1:])


def count_all_multiplied(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Multiply all sizes with each other."""
    return math.prod(layer_sizes)


def count_all_multiplied_and_biases(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Multiply all sizes with each other, and add the biases."""
    return math.prod(layer_sizes) + bias * sum(layer_sizes[1:])


def count_biases_alone(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Count the neurons behind the input layer, which is how many biases there are, and no weight."""
    return sum(layer_sizes[1:])


def count_first_pair(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Stop after the first two layers, as a `return` inside the loop does."""
    return count_parameters(layer_sizes[:2], bias)


def count_without_output_layer(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Stop one layer early: the output layer's weights and biases are missing."""
    return count_parameters(layer_sizes[:-1], bias)


def count_without_first_layer(layer_sizes: Sequence[int], bias: bool = True) -> int:
    """Start one layer late: the weights from the input layer are missing, and the biases they lead to."""
    return count_parameters(layer_sizes[1:], bias)
