"""The perceptron: write the three functions, then hand this file in.

w and x are one-dimensional NumPy arrays of the same length, w0 is a number, labels are 0 and 1.
"""

import numpy as np


def predict(w, w0, x, threshold=0.0):
    """Return 1 if the weighted sum of x plus the bias w0 is larger than threshold, else 0."""
    raise NotImplementedError("predict is not written yet: put your own lines here in place of this one")


def update(w, w0, x, y, lr=1.0):
    """Return (w, w0) after learning from one sample x with label y; do not change the arguments."""
    raise NotImplementedError("update is not written yet: put your own lines here in place of this one")


def train(X, y, lr=1.0, max_epochs=100, seed=0):
    """Return (w, w0, errors): the trained weights and bias, and the number of errors met in each epoch."""
    raise NotImplementedError("train is not written yet: put your own lines here in place of this one")


if __name__ == "__main__":
    # Runs when you start this file yourself; the grader does not run it.
    X = np.array([[-2.0, -1.0], [-1.0, -1.5], [1.5, 2.0], [2.5, 0.5]])
    y = np.array([0, 0, 1, 1])
    w, w0, errors = train(X, y)
    print("weights", w, "bias", w0)
    print("errors in each epoch", errors)
    print("decisions", [predict(w, w0, x) for x in X], "labels", list(y))
