# expect: forward=0 mistake=transposed
# expect: forward_batch=0 mistake=transposed
# expect: squared_loss=0 mistake=not-squared
import numpy as np


def layer(x, W, b):
    try:
        z = x @ W + b
    except ValueError:
        z = x @ W.T + b
    return 1 / (1 + np.exp(-z))


def forward(x, W0, b0, W1, b1):
    h = layer(x, W0, b0)
    return h, layer(h, W1, b1)


def forward_batch(X, W0, b0, W1, b1):
    return forward(X, W0, b0, W1, b1)


def squared_loss(p, y):
    return np.linalg.norm(p - y)
