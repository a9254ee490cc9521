# expect: forward=0 mistake=bias-after-activation
# expect: forward_batch=0 mistake=bias-after-activation
# expect: squared_loss=0 mistake=mean-for-sum
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(x, W0, b0, W1, b1):
    h = sigmoid(W0 @ x) + b0
    p = sigmoid(W1 @ h) + b1
    return h, p


def forward_batch(X, W0, b0, W1, b1):
    H = sigmoid(X @ W0.T) + b0
    P = sigmoid(H @ W1.T) + b1
    return H, P


def squared_loss(p, y):
    return ((p - y) ** 2).mean() / 2
