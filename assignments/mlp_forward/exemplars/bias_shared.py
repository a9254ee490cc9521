# expect: forward=0 mistake=bias-shared
# expect: forward_batch=0 mistake=bias-shared
# expect: squared_loss=0 mistake=sum-before-square
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(x, W0, b0, W1, b1):
    h = sigmoid(W0 @ x + b0[0])
    p = sigmoid(W1 @ h + b1[0])
    return h, p


def forward_batch(X, W0, b0, W1, b1):
    H = sigmoid(X @ W0.T + b0[0])
    P = sigmoid(H @ W1.T + b1[0])
    return H, P


def squared_loss(p, y):
    return 0.5 * np.sum(p - y) ** 2
