"""Linear models: write the four functions, then hand this file in.

X is (n, d), one sample a row; y is (n,), w is (d,); W is (k, d), one class a row.
"""

import numpy as np


def regression_loss(X, y, w):
    """Return the mean over the samples of the squared difference between output and target."""
    raise NotImplementedError("regression_loss is not written yet: put your own lines here in place of this one")


def regression_gradient(X, y, w):
    """Return the gradient of regression_loss with respect to w, shape (d,)."""
    raise NotImplementedError("regression_gradient is not written yet: put your own lines here in place of this one")


def classify(W, X):
    """Return the index of the largest entry of Wx: a whole number for X (d,), an array (n,) for X (n, d)."""
    raise NotImplementedError("classify is not written yet: put your own lines here in place of this one")


def top_k_error(scores, labels, k):
    """Return the share of rows whose label is not among the k largest scores."""
    raise NotImplementedError("top_k_error is not written yet: put your own lines here in place of this one")


if __name__ == "__main__":
    # Runs when you start this file yourself; the grader does not run it.
    X = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]])
    y = np.array([1.0, 2.0, -1.0])
    w = np.array([0.5, -1.0])
    print("loss", regression_loss(X, y, w))
    print("gradient", regression_gradient(X, y, w))
    # Each entry of the gradient is the slope of the loss along one weight.
    h = 1e-5
    for j in range(len(w)):
        step = np.zeros(len(w))
        step[j] = h
        print("slope", j, (regression_loss(X, y, w + step) - regression_loss(X, y, w - step)) / (2 * h))
    W = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, -1.0]])
    print("classes", classify(W, X), "of the first alone", classify(W, X[0]))
    print("top-2 error", top_k_error(X @ W.T, np.array([1, 1, 2]), 2))
