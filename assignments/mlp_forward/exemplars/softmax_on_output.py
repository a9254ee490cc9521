# expect: forward=0 mistake=softmax-for-sigmoid
# expect: forward_batch=0 mistake=softmax-for-sigmoid
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z)
    return e / np.sum(e, axis=-1, keepdims=True)


def forward(x, W0, b0, W1, b1):
    h = sigmoid(W0 @ x + b0)
    p = softmax(W1 @ h + b1)
    return h, p


def forward_batch(X, W0, b0, W1, b1):
    H = sigmoid(X @ W0.T + b0)
    P = softmax(H @ W1.T + b1)
    return H, P


def squared_loss(p, y):
    return 0.5 * np.sum((p - y) ** 2)
