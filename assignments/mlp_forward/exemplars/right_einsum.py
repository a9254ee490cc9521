# expect: full
import numpy as np


def forward(x, W0, b0, W1, b1):
    z = np.einsum("ij,j->i", W0, x) + b0
    h = 1.0 / (1.0 + np.exp(-z))
    z = np.einsum("ij,j->i", W1, h) + b1
    return h, 1.0 / (1.0 + np.exp(-z))


def forward_batch(X, W0, b0, W1, b1):
    H = 1.0 / (1.0 + np.exp(-np.einsum("nj,ij->ni", X, W0) - b0))
    P = 1.0 / (1.0 + np.exp(-np.einsum("nj,ij->ni", H, W1) - b1))
    return H, P


def squared_loss(p, y):
    d = np.asarray(p) - np.asarray(y)
    return np.einsum("i,i", d, d) / 2
