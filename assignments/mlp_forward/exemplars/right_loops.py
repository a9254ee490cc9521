# expect: full
# Plain Python: lists come back.
import math


def layer(x, W, b):
    out = []
    for row, bias in zip(W, b):
        z = bias
        for weight, value in zip(row, x):
            z += weight * value
        out.append(1 / (1 + math.exp(-z)))
    return out


def forward(x, W0, b0, W1, b1):
    h = layer(x, W0, b0)
    return h, layer(h, W1, b1)


def forward_batch(X, W0, b0, W1, b1):
    H, P = [], []
    for x in X:
        h, p = forward(x, W0, b0, W1, b1)
        H.append(h)
        P.append(p)
    return H, P


def squared_loss(p, y):
    total = 0
    for i in range(len(p)):
        d = p[i] - y[i]
        total += d * d
    return total / 2
