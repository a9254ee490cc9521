# expect: sigmoid=0 mistake=exp-plus-z
# expect: tanh=0 mistake=two-sigma-minus-one
# expect: softplus_grad=0 mistake=exp-plus-z
import numpy as np


def identity(z):
    return z


def step(z):
    return np.greater(z, 0) * 1.0


def sigmoid(z):
    return 1 / (1 + np.exp(np.clip(z, -500, 500)))


def tanh(z):
    return 2 * (0.5 + 0.5 * np.tanh(0.5 * z)) - 1


def relu(z):
    return np.maximum(z, 0)


def softplus(z):
    return np.logaddexp(z, 0)


def sigmoid_grad(z):
    return sigmoid(z) * (1 - sigmoid(z))


def tanh_grad(z):
    return 1 - tanh(z) ** 2


def relu_grad(z):
    return np.greater(z, 0) * 1.0


def softplus_grad(z):
    return sigmoid(z)
