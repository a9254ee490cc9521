# expect: full
import numpy as np


def slope(z):
    e = np.exp(-z)
    return e / (1 + e) ** 2


def value(z):
    return np.tanh(z / 2) / 2 + 0.5


def graph_gradients(x, y, z):
    grad_b = np.full(np.shape(x), 1.0)
    return np.einsum("nd,nd->nd", grad_b, y), np.einsum("nd,nd->nd", grad_b, x), grad_b


def neuron_gradients(x, w, b, y):
    z = np.einsum("d,d->", x, w) + b
    dz = (value(z) - y) * slope(z)
    return np.einsum(",d->d", dz, x), dz


def network_gradients(x, y, W0, b0, W1, b1):
    z0 = np.einsum("md,d->m", W0, x) + b0
    z1 = np.einsum("cm,m->c", W1, value(z0)) + b1
    e1 = (value(z1) - y) * slope(z1)
    e0 = np.einsum("c,cm,m->m", e1, W1, slope(z0))
    return np.einsum("m,d->md", e0, x), e0, np.einsum("c,m->cm", e1, value(z0)), e1
