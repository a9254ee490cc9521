# expect: forward=0
# expect: squared_loss=0 mistake=two-outputs-only
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(x, W0, b0, W1, b1):
    h = np.zeros(3)
    p = np.zeros(2)
    for j in range(3):
        h[j] = sigmoid(x[0] * W0[j, 0] + x[1] * W0[j, 1] + b0[j])
    for k in range(2):
        p[k] = sigmoid(h[0] * W1[k, 0] + h[1] * W1[k, 1] + h[2] * W1[k, 2] + b1[k])
    return h, p


def forward_batch(X, W0, b0, W1, b1):
    H = sigmoid(X @ W0.T + b0)
    P = sigmoid(H @ W1.T + b1)
    return H, P


def squared_loss(p, y):
    return 0.5 * ((p[0] - y[0]) ** 2 + (p[1] - y[1]) ** 2)
