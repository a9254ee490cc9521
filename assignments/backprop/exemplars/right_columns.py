# expect: full
# Column vectors inside, as in the formulas; flat again at the end. The neuron is a network's last layer.
import numpy as np


def sig(z):
    return 1.0 / (1.0 + np.exp(-z))


def dsig(z):
    return sig(z) * (1.0 - sig(z))


def col(v):
    return np.array(v)[:, np.newaxis]


def graph_gradients(x, y, z):
    grad_c = 1.0
    grad_b = grad_c * np.ones(x.shape)
    grad_a = grad_b.copy()
    grad_z = grad_b.copy()
    return grad_a * y, grad_a * x, grad_z


def neuron_gradients(x, w, b, y):
    X, W = col(x), col(w)
    z = (X.T @ W).item() + b
    dl_dz = -(y - sig(z)) * dsig(z)
    dl_dw = dl_dz * X
    return dl_dw.flatten(), float(dl_dz)


def network_gradients(x, y, W0, b0, W1, b1):
    a0 = col(x)
    z1 = np.matmul(W0, a0) + col(b0)
    a1 = sig(z1)
    z2 = np.matmul(W1, a1) + col(b1)
    a2 = sig(z2)
    delta2 = (a2 - col(y)) * dsig(z2)
    delta1 = np.matmul(W1.T, delta2) * dsig(z1)
    return [np.matmul(delta1, a0.T), delta1.ravel(), np.matmul(delta2, a1.T), delta2.ravel()]
