# expect: forward=0 mistake=transposed
# expect: forward_batch=0 mistake=transposed
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def layer(x, W, b):
    out = []
    for j in range(len(b)):
        z = b[j]
        for i in range(len(x)):
            z += W[i][j] * x[i]
        out.append(sigmoid(z))
    return out


def forward(x, W0, b0, W1, b1):
    h = layer(x, W0, b0)
    return h, layer(h, W1, b1)


def forward_batch(X, W0, b0, W1, b1):
    pairs = [forward(x, W0, b0, W1, b1) for x in X]
    return [h for h, p in pairs], [p for h, p in pairs]


def squared_loss(p, y):
    return 0.5 * np.sum((p - y) ** 2)
