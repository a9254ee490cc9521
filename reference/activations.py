"""Activation functions and their derivatives, entry by entry (deck 003, "Activation functions h").

Every function takes a number or an array of any shape and gives float64 in that shape; a derivative is the one with
respect to `z`. None of them overflows at any finite `z`. Below each pair stand its named wrong variants.
"""

from __future__ import annotations

import numpy as np

from reference.arrays import Floats, Numbers


def identity(z: Numbers) -> Floats:
    """Return `z` itself: a linear neuron, as in regression."""
    return np.array(z, dtype=np.float64)


def identity_grad(z: Numbers) -> Floats:
    """Return 1 everywhere."""
    return np.ones(np.shape(z))


# --- step -------------------------------------------------------------------------------------------------------------


def step(z: Numbers) -> Floats:
    """Return 1 where `z` > 0 and 0 elsewhere: the neuron that fires or does not.

    >>> step(np.array([-0.5, 2.0])).tolist()
    [0.0, 1.0]
    """
    return np.asarray(np.greater(z, 0), dtype=np.float64)


def step_signed(z: Numbers) -> Floats:
    """Say -1 where 0 is due."""
    return np.asarray(np.sign(z), dtype=np.float64)


def step_turned_round(z: Numbers) -> Floats:
    """Fire on the negative side."""
    return np.asarray(np.less(z, 0), dtype=np.float64)


# --- sigmoid ----------------------------------------------------------------------------------------------------------


def sigmoid(z: Numbers) -> Floats:
    """Return σ(z) = 1 / (1 + exp(-z)), in the shape of `z`, without overflow at any finite `z`.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    # exp of a negative number only: exp(1000) would overflow.
    small = np.exp(-np.abs(z))
    return np.asarray(np.where(np.asarray(z) >= 0, 1.0, small) / (1.0 + small), dtype=np.float64)


def sigmoid_grad(z: Numbers) -> Floats:
    """Return σ'(z) = σ(z)(1 - σ(z)), the derivative with respect to `z`, in the shape of `z`."""
    s = sigmoid(z)
    return np.asarray(s * (1.0 - s), dtype=np.float64)


def sigmoid_exp_plus(z: Numbers) -> Floats:
    """Take exp(+z) in the denominator, which is σ(-z)."""
    return sigmoid(np.negative(z))


def sigmoid_grad_fed_z(z: Numbers) -> Floats:
    """Put `z` itself into s(1 - s), where s has to be σ(z)."""
    return np.asarray(np.multiply(z, np.subtract(1.0, z)), dtype=np.float64)


def sigmoid_grad_half_fed_z(z: Numbers) -> Floats:
    """Put `z` itself into the second factor of s(1 - s) only."""
    return np.asarray(sigmoid(z) * np.subtract(1.0, z), dtype=np.float64)


def sigmoid_grad_of_sigmoid(z: Numbers) -> Floats:
    """Take the derivative at σ(z) instead of at `z`."""
    return sigmoid_grad(sigmoid(z))


def sigmoid_grad_plus(z: Numbers) -> Floats:
    """Take s(1 + s)."""
    s = sigmoid(z)
    return np.asarray(s * (1.0 + s), dtype=np.float64)


def sigmoid_grad_first_factor(z: Numbers) -> Floats:
    """Take σ², the first factor twice."""
    return np.asarray(sigmoid(z) ** 2, dtype=np.float64)


def sigmoid_grad_second_factor(z: Numbers) -> Floats:
    """Take 1 - σ, the second factor alone."""
    return np.asarray(1.0 - sigmoid(z), dtype=np.float64)


def sigmoid_grad_squared(z: Numbers) -> Floats:
    """Take 1 - σ², tanh's rule with σ in it."""
    return np.asarray(1.0 - sigmoid(z) ** 2, dtype=np.float64)


# --- tanh -------------------------------------------------------------------------------------------------------------


def tanh(z: Numbers) -> Floats:
    """Return the hyperbolic tangent of `z`, (exp(z) - exp(-z)) / (exp(z) + exp(-z)), in the shape of `z`."""
    return np.asarray(np.tanh(z), dtype=np.float64)


def tanh_grad(z: Numbers) -> Floats:
    """Return tanh'(z) = 1 - tanh²(z), the derivative with respect to `z`, in the shape of `z`."""
    return np.asarray(1.0 - np.tanh(z) ** 2, dtype=np.float64)


def tanh_half(z: Numbers) -> Floats:
    """Take 2σ(z) - 1, which is tanh(z/2)."""
    return np.asarray(2.0 * sigmoid(z) - 1.0, dtype=np.float64)


def tanh_grad_fed_z(z: Numbers) -> Floats:
    """Put `z` itself into 1 - t², where t has to be tanh(z)."""
    return np.asarray(np.subtract(1.0, np.square(z)), dtype=np.float64)


def tanh_grad_without_square(z: Numbers) -> Floats:
    """Take 1 - tanh(z)."""
    return np.asarray(1.0 - np.tanh(z), dtype=np.float64)


def tanh_grad_of_tanh(z: Numbers) -> Floats:
    """Take the derivative at tanh(z) instead of at `z`."""
    return tanh_grad(tanh(z))


def tanh_grad_plus(z: Numbers) -> Floats:
    """Take 1 + tanh²."""
    return np.asarray(1.0 + np.tanh(z) ** 2, dtype=np.float64)


def tanh_grad_square_alone(z: Numbers) -> Floats:
    """Take tanh² alone."""
    return np.asarray(np.tanh(z) ** 2, dtype=np.float64)


def tanh_grad_square_inside(z: Numbers) -> Floats:
    """Square `z` where tanh(z) is to be squared."""
    return np.asarray(1.0 - np.tanh(np.square(z)), dtype=np.float64)


def tanh_grad_as_sigmoid(z: Numbers) -> Floats:
    """Take t(1 - t), σ's rule with tanh in it."""
    t = np.tanh(z)
    return np.asarray(t * (1.0 - t), dtype=np.float64)


# --- relu -------------------------------------------------------------------------------------------------------------


def relu(z: Numbers) -> Floats:
    """Return max(0, z), the rectified linear unit, in the shape of `z`.

    >>> relu(np.array([-0.5, 2.0])).tolist()
    [0.0, 2.0]
    """
    return np.asarray(np.maximum(z, 0.0), dtype=np.float64)


def relu_grad(z: Numbers) -> Floats:
    """Return 1 where `z` > 0 and 0 where `z` < 0; at 0 there is no derivative, and 0 is as good as any."""
    return step(z)


def relu_absolute(z: Numbers) -> Floats:
    """Turn the negative side up instead of cutting it off."""
    return np.asarray(np.abs(z), dtype=np.float64)


def relu_negative_side(z: Numbers) -> Floats:
    """Take the minimum with 0, which keeps the other side."""
    return np.asarray(np.minimum(z, 0.0), dtype=np.float64)


# --- softplus ---------------------------------------------------------------------------------------------------------


def softplus(z: Numbers) -> Floats:
    """Return log(1 + exp(z)), a smooth relu, in the shape of `z`, without overflow at any finite `z`.

    >>> softplus(np.array([-1000.0, 1000.0])).tolist()
    [0.0, 1000.0]
    """
    # log(1 + e^z) = max(z, 0) + log(1 + e^-|z|): again exp of a negative number only.
    return np.asarray(np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))), dtype=np.float64)


def softplus_grad(z: Numbers) -> Floats:
    """Return exp(z) / (1 + exp(z)) = σ(z), the derivative with respect to `z`, in the shape of `z`."""
    return sigmoid(z)


def softplus_as_printed(z: Numbers) -> Floats:
    """Compute log(1 + exp(z)) as it stands, which is infinite from about z = 710 on."""
    return np.asarray(np.log(1.0 + np.exp(z)), dtype=np.float64)


def softplus_exp_minus(z: Numbers) -> Floats:
    """Take exp(-z) in the logarithm, which is softplus(-z)."""
    return softplus(np.negative(z))


def softplus_grad_fed_z(z: Numbers) -> Floats:
    """Put `z` itself into 1 - exp(-s), where s has to be softplus(z)."""
    return np.asarray(1.0 - np.exp(np.negative(z)), dtype=np.float64)
