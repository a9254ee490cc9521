# expect: full
import numpy as np


def regression_loss(X, y, w):
    return np.square(np.matmul(X, w) - y).mean()


def regression_gradient(X, y, w):
    return -2 / len(y) * np.matmul(y - np.matmul(X, w), X)


def classify(W, X):
    return W.dot(X.T).argmax(axis=0)


def top_k_error(scores, labels, k):
    order = np.argpartition(scores, -k, axis=1)
    missing = 0
    for row in range(len(labels)):
        missing += labels[row] in order[row, :-k]
    return missing / len(labels)
