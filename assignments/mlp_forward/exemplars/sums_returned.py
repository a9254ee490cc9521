# expect: forward=0 mistake=activation-missing
# expect: forward_batch=0 mistake=one-sample-only
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(x, W0, b0, W1, b1):
    z0 = W0 @ x + b0
    z1 = W1 @ sigmoid(z0) + b1
    return z0, z1


def forward_batch(X, W0, b0, W1, b1):
    H, P = [], []
    for x in X:
        h = sigmoid(W0 @ x + b0)
        H.append(h)
        P.append(sigmoid(W1 @ h + b1))
        return H, P


def squared_loss(p, y):
    return 0.5 * np.sum((p - y) ** 2)
