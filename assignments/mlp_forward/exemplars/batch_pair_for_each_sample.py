# expect: forward_batch=0 mistake=pair-for-each-sample
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(x, W0, b0, W1, b1):
    h = sigmoid(W0 @ x + b0)
    p = sigmoid(W1 @ h + b1)
    return h, p


def forward_batch(X, W0, b0, W1, b1):
    H, P = [], []
    for x in X:
        h, p = forward(x, W0, b0, W1, b1)
        H.append((h, p))
    return H


def squared_loss(p, y):
    return 0.5 * np.sum((p - y) ** 2)
