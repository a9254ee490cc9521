# expect: full
import numpy as np


def single(h, z):
    """Work in half the precision."""
    return h(np.array(z, dtype=np.float32))


def identity(z):
    return single(lambda v: v, z)


def step(z):
    return single(lambda v: v > 0, z)


def sigmoid(z):
    return single(lambda v: (1 + np.tanh(v / 2)) / 2, z)


def tanh(z):
    return single(np.tanh, z)


def relu(z):
    return single(lambda v: v.clip(min=0), z)


def softplus(z):
    return single(lambda v: -v.clip(max=0) + v + np.log1p(np.exp(-abs(v))), z)


def sigmoid_grad(z):
    return single(lambda v: (1 - np.tanh(v / 2) ** 2) / 4, z)


def tanh_grad(z):
    return single(lambda v: (1 - np.tanh(v)) * (1 + np.tanh(v)), z)


def relu_grad(z):
    return single(lambda v: v > 0, z)


def softplus_grad(z):
    return sigmoid(z)
