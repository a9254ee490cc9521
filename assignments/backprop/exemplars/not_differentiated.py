# expect: graph_gradients=0
# expect: neuron_gradients=0
# expect: network_gradients=0
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def graph_gradients(x, y, z):
    return x * y, x * y, z


def neuron_gradients(x, w, b, y):
    z = x @ w + b
    a = sigmoid(z)
    dz = 0.5 * (a - y) ** 2
    return dz * x, dz


def network_gradients(x, y, W0, b0, W1, b1):
    z0 = W0 @ x + b0
    h = sigmoid(z0)
    z1 = W1 @ h + b1
    p = sigmoid(z1)
    dz1 = 0.5 * (p - y) ** 2
    back = W1.T @ dz1
    dz0 = back * h * (1 - h)
    return np.outer(dz0, x), dz0, np.outer(dz1, h), dz1
