# expect: full
# The bias is the weight of an input that is always 1; one sample is a batch of one.
import numpy as np


def with_bias(W, b):
    return np.column_stack([W, b])


def with_one(X):
    return np.hstack([X, np.ones((X.shape[0], 1))])


def layer(X, W, b):
    z = with_one(X).dot(with_bias(W, b).T)
    return np.where(z > 0, 1, np.exp(-np.abs(z))) / (1 + np.exp(-np.abs(z)))


def forward_batch(X, W0, b0, W1, b1):
    H = layer(X, W0, b0)
    return H, layer(H, W1, b1)


def forward(x, W0, b0, W1, b1):
    H, P = forward_batch(np.array([x]), W0, b0, W1, b1)
    return H[0], P[0]


def squared_loss(p, y):
    return np.dot(p - y, p - y) / 2
