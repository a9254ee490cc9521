# expect: forward=0 mistake=activation-missing
# expect: forward_batch=0 mistake=activation-missing
# expect: squared_loss=0 mistake=half-missing
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(x, W0, b0, W1, b1):
    h = W0 @ x + b0
    p = W1 @ h + b1
    return h, p


def forward_batch(X, W0, b0, W1, b1):
    H = X @ W0.T + b0
    P = H @ W1.T + b1
    return H, P


def squared_loss(p, y):
    return np.sum((p - y) ** 2)
