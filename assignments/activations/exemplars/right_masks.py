# expect: full
import numpy as np


def split(z):
    z = np.array(z, dtype=float)
    return z, z >= 0


def identity(z):
    return np.array(z, dtype=float)


def step(z):
    z, positive = split(z)
    return positive.astype(int)


def sigmoid(z):
    z, positive = split(z)
    out = np.empty(z.shape)
    out[positive] = 1 / (1 + np.exp(-z[positive]))
    small = np.exp(z[~positive])
    out[~positive] = small / (1 + small)
    return out


def tanh(z):
    return 2 * sigmoid(2 * np.asarray(z)) - 1


def relu(z):
    z, positive = split(z)
    z[~positive] = 0
    return z


def softplus(z):
    z, positive = split(z)
    out = np.empty(z.shape)
    out[positive] = z[positive] + np.log(1 + np.exp(-z[positive]))
    out[~positive] = np.log(1 + np.exp(z[~positive]))
    return out


def sigmoid_grad(z):
    return sigmoid(z) * sigmoid(-np.asarray(z))


def tanh_grad(z):
    return 4 * sigmoid_grad(2 * np.asarray(z))


def relu_grad(z):
    z, positive = split(z)
    return positive.astype(float)


def softplus_grad(z):
    return 1 - sigmoid(-np.asarray(z))
