# expect: forward=0 mistake=step-for-sigmoid
# expect: forward_batch=0 mistake=step-for-sigmoid
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(x, W0, b0, W1, b1):
    h = np.where(W0 @ x + b0 > 0, 1, 0)
    p = np.where(W1 @ h + b1 > 0, 1, 0)
    return h, p


def forward_batch(X, W0, b0, W1, b1):
    H = np.where(X @ W0.T + b0 > 0, 1, 0)
    P = np.where(H @ W1.T + b1 > 0, 1, 0)
    return H, P


def squared_loss(p, y):
    return 0.5 * np.sum((p - y) ** 2)
