# expect: forward=0 mistake=tanh-for-sigmoid
# expect: forward_batch=0 mistake=tanh-for-sigmoid
# expect: squared_loss=0 mistake=not-summed
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(x, W0, b0, W1, b1):
    h = np.tanh(W0 @ x + b0)
    p = np.tanh(W1 @ h + b1)
    return h, p


def forward_batch(X, W0, b0, W1, b1):
    H = np.tanh(X @ W0.T + b0)
    P = np.tanh(H @ W1.T + b1)
    return H, P


def squared_loss(p, y):
    return 0.5 * (p - y) ** 2
