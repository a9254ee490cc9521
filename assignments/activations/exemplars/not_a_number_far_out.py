# expect: sigmoid=0.73
# expect: tanh=0.73
# expect: sigmoid_grad=0.73
import numpy as np


def identity(z):
    return z


def step(z):
    return np.greater(z, 0) * 1.0


def sigmoid(z):
    return np.exp(z) / (1 + np.exp(z))


def tanh(z):
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


def relu(z):
    return np.maximum(z, 0)


def softplus(z):
    return np.logaddexp(z, 0)


def sigmoid_grad(z):
    return np.exp(-z) / (1 + np.exp(-z)) ** 2


def tanh_grad(z):
    return 1 - np.tanh(z) ** 2


def relu_grad(z):
    return np.greater(z, 0) * 1.0


def softplus_grad(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)
