# expect: full
import numpy as np


class Quiet:
    """The formulas as they are printed, with NumPy told to keep quiet about infinity."""

    def __call__(self, function, z):
        with np.errstate(all="ignore"):
            return function(np.asarray(z, dtype=float))


quiet = Quiet()


def identity(z):
    return 1.0 * z


def step(z):
    return np.sign(z) / 2 + 0.5


def sigmoid(z):
    return quiet(lambda v: 1 / (1 + np.exp(-v)), z)


def tanh(z):
    return quiet(lambda v: 1 - 2 / (1 + np.exp(2 * v)), z)


def relu(z):
    return (z + abs(z)) / 2


def softplus(z):
    return quiet(lambda v: np.where(v > 25, v, np.log1p(np.exp(v))), z)


def sigmoid_grad(z):
    return quiet(lambda v: 1 / (2 + np.exp(v) + np.exp(-v)), z)


def tanh_grad(z):
    return quiet(lambda v: np.cosh(v) ** -2, z)


def relu_grad(z):
    return np.sign(z) / 2 + 0.5


def softplus_grad(z):
    return quiet(lambda v: 1 / (1 + np.exp(-v)), z)
