# expect: sigmoid=1.0
# expect: tanh=1.0
# expect: softplus=1.0
# expect: sigmoid_grad=1.0
# expect: tanh_grad=1.0
# expect: softplus_grad=1.0
import numpy as np


def identity(z):
    return z


def step(z):
    return np.greater(z, 0) * 1.0


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def tanh(z):
    return 1 - 2 / (np.exp(2 * z) + 1)


def relu(z):
    return np.maximum(z, 0)


def softplus(z):
    return np.where(np.greater(z, 30), z, np.log(1 + np.exp(z)))


def sigmoid_grad(z):
    return 1 / (2 + np.exp(z) + np.exp(-z))


def tanh_grad(z):
    return 1 / np.cosh(z) ** 2


def relu_grad(z):
    return np.greater(z, 0) * 1.0


def softplus_grad(z):
    return 1 / (1 + np.exp(-z))
