# expect: top_k_error=0 mistake=never-found
import numpy as np


def regression_loss(X, y, w):
    return np.mean((X @ w - y) ** 2)


def regression_gradient(X, y, w):
    return 2 * X.T @ (X @ w - y) / len(y)


def classify(W, X):
    return np.argmax(X @ W.T, axis=-1)


def top_k_error(scores, labels, k):
    return np.mean([label not in np.sort(row)[-k:] for row, label in zip(scores, labels)])
