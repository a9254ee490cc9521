# expect: full
import numpy as np


class Linear:
    """A layer without bias: W is (outputs, inputs)."""

    def __init__(self, W):
        self.W = np.atleast_2d(W)

    def __call__(self, X):
        return np.dot(X, self.W.T)


def residual(X, y, w):
    return Linear(w)(X)[:, 0] - y


def regression_loss(X, y, w):
    r = residual(X, y, w)
    return np.dot(r, r) / len(r)


def regression_gradient(X, y, w):
    r = residual(X, y, w)
    return (2 * r[:, np.newaxis] * X).mean(axis=0)


def classify(W, X):
    scores = Linear(W)(X)
    if scores.ndim == 1:
        return max(range(len(scores)), key=lambda c: scores[c])
    return np.array([max(range(len(row)), key=lambda c: row[c]) for row in scores])


def top_k_error(scores, labels, k):
    misses = [label not in sorted(range(len(row)), key=lambda c: row[c])[-k:] for row, label in zip(scores, labels)]
    return sum(misses) / len(misses)
