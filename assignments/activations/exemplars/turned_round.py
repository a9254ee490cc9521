# expect: step=0 mistake=turned-round
# expect: relu_grad=0 mistake=turned-round
import numpy as np


def identity(z):
    return z


def step(z):
    return np.less(z, 0)


def sigmoid(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def tanh(z):
    return np.tanh(z)


def relu(z):
    return np.maximum(z, 0)


def softplus(z):
    return np.logaddexp(z, 0)


def sigmoid_grad(z):
    return 0.25 - 0.25 * np.tanh(0.5 * z) ** 2


def tanh_grad(z):
    return 1 - np.tanh(z) ** 2


def relu_grad(z):
    return np.where(np.less(z, 0), 1, 0)


def softplus_grad(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)
