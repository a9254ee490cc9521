# expect: neuron_gradients=0 mistake=x-present
# expect: network_gradients=0 mistake=elementwise
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def graph_gradients(x, y, z):
    return y, x, np.ones_like(z)


def neuron_gradients(x, w, b, y):
    z = x @ w + b
    a = sigmoid(z)
    dz = (a - y) * a * (1 - a)
    return dz * x, dz * x


def network_gradients(x, y, W0, b0, W1, b1):
    z0 = W0 @ x + b0
    h = sigmoid(z0)
    z1 = W1 @ h + b1
    p = sigmoid(z1)
    dz1 = (p - y) * p * (1 - p)
    back = W1.T @ dz1
    dz0 = back * h * (1 - h)
    return dz0 * x, dz0, dz1 * h, dz1
