# expect: regression_loss=0 mistake=root
import numpy as np


def regression_loss(X, y, w):
    return np.sqrt(np.mean((X @ w - y) ** 2))


def regression_gradient(X, y, w):
    return 2 * X.T @ (X @ w - y) / len(y)


def classify(W, X):
    return np.argmax(X @ W.T, axis=-1)


def top_k_error(scores, labels, k):
    best = np.argsort(scores, axis=1)[:, ::-1][:, :k]
    return np.mean([label not in row for row, label in zip(best, labels)])
