# expect: full
# Column vectors inside, as in the formulas; flat again at the end. Samples stand in columns on the way.
import numpy as np


def s(z):
    return np.exp(z) / (np.exp(z) + 1)


def forward(x, W0, b0, W1, b1):
    x = x[:, np.newaxis]
    h = s(np.matmul(W0, x) + b0[:, np.newaxis])
    p = s(np.matmul(W1, h) + b1[:, np.newaxis])
    return h.ravel(), p.ravel()


def forward_batch(X, W0, b0, W1, b1):
    H = s(W0 @ X.T + b0[:, None])
    P = s(W1 @ H + b1[:, None])
    return H.T, P.T


def squared_loss(p, y):
    return sum((a - b) ** 2 for a, b in zip(p, y)) * 0.5
