# expect: squared_loss=0 mistake=output-left-out
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(x, W0, b0, W1, b1):
    h = sigmoid(W0 @ x + b0)
    return h, sigmoid(W1 @ h + b1)


def forward_batch(X, W0, b0, W1, b1):
    H = sigmoid(X @ W0.T + b0)
    return H, sigmoid(H @ W1.T + b1)


def squared_loss(p, y):
    loss = 0.0
    for output, target in zip(p, y):
        loss += 0.5 * (output - target) ** 2
        return loss
