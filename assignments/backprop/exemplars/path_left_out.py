# expect: graph_gradients=0 mistake=doubled
# expect: network_gradients=4 mistake=path-left-out
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def graph_gradients(x, y, z):
    return 2 * y, 2 * x, 2 * np.ones_like(z)


def neuron_gradients(x, w, b, y):
    z = x @ w + b
    a = sigmoid(z)
    dz = (a - y) * a * (1 - a)
    return dz * x, dz


def network_gradients(x, y, W0, b0, W1, b1):
    z0 = W0 @ x + b0
    h = sigmoid(z0)
    z1 = W1 @ h + b1
    p = sigmoid(z1)
    dz1 = (p - y) * p * (1 - p)
    back = np.zeros(len(b0))
    for i in range(len(b0)):
        for k in range(len(p) - 1):
            back[i] += W1[k, i] * dz1[k]
    dz0 = back * h * (1 - h)
    return np.outer(dz0, x), dz0, np.outer(dz1, h), dz1
