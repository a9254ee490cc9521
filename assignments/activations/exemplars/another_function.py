# expect: identity=0 mistake=another-function
# expect: step=0 mistake=another-function
# expect: sigmoid=0 mistake=another-function
# expect: tanh=0 mistake=another-function
# expect: relu=0 mistake=another-function
# expect: softplus=0 mistake=another-function
# expect: sigmoid_grad=0 mistake=another-function
# expect: tanh_grad=0 mistake=another-function
# expect: relu_grad=0 mistake=another-function
# expect: softplus_grad=0 mistake=another-function
import numpy as np


def identity(z):
    return np.maximum(z, 0)


def step(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def sigmoid(z):
    return np.tanh(z)


def tanh(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def relu(z):
    return np.logaddexp(z, 0)


def softplus(z):
    return np.maximum(z, 0)


def sigmoid_grad(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def tanh_grad(z):
    return 0.25 - 0.25 * np.tanh(0.5 * z) ** 2


def relu_grad(z):
    return np.maximum(z, 0)


def softplus_grad(z):
    return 0.25 - 0.25 * np.tanh(0.5 * z) ** 2
