# expect: graph_gradients=0 mistake=transposed
# expect: neuron_gradients=0 mistake=transposed
# expect: network_gradients=4 mistake=transposed
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def graph_gradients(x, y, z):
    return y.T, x.T, np.ones_like(z).T


def neuron_gradients(x, w, b, y):
    z = x @ w + b
    a = sigmoid(z)
    dz = (a - y) * a * (1 - a)
    return dz * x[:, None], dz


def network_gradients(x, y, W0, b0, W1, b1):
    z0 = W0 @ x + b0
    h = sigmoid(z0)
    z1 = W1 @ h + b1
    p = sigmoid(z1)
    dz1 = (p - y) * p * (1 - p)
    back = W1.T @ dz1
    dz0 = back * h * (1 - h)
    return np.outer(x, dz0), dz0, np.outer(h, dz1), dz1
