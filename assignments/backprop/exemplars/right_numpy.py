# expect: full
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def graph_gradients(x, y, z):
    return y, x, np.ones_like(z)


def neuron_gradients(x, w, b, y):
    y_hat = sigmoid(np.dot(x, w) + b)
    dz = (y_hat - y) * y_hat * (1 - y_hat)
    return dz * x, dz


def network_gradients(x, y, W0, b0, W1, b1):
    h = sigmoid(W0 @ x + b0)
    p = sigmoid(W1 @ h + b1)
    dz1 = (p - y) * p * (1 - p)
    dz0 = (W1.T @ dz1) * h * (1 - h)
    return np.outer(dz0, x), dz0, np.outer(dz1, h), dz1
