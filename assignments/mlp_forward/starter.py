"""The forward pass of a network with one hidden layer: write the three functions, then hand this file in.

W0 is (hidden units, inputs), W1 is (outputs, hidden units): each row holds the weights of one unit.
b0 and b1 have one entry for each unit. Every unit uses the sigmoid.
"""

import numpy as np


def forward(x, W0, b0, W1, b1):
    """Return (h, p): the outputs of the hidden units and of the output units for one sample x."""
    raise NotImplementedError("forward is not written yet: put your own lines here in place of this one")


def forward_batch(X, W0, b0, W1, b1):
    """Return (H, P) for a batch X, one sample a row: row i holds what forward gives for X[i]."""
    raise NotImplementedError("forward_batch is not written yet: put your own lines here in place of this one")


def squared_loss(p, y):
    """Return the loss of one sample, a single number."""
    raise NotImplementedError("squared_loss is not written yet: put your own lines here in place of this one")


if __name__ == "__main__":
    # Runs when you start this file yourself; the grader does not run it.
    x, y = np.array([1.0, 0.5]), np.array([0.0, 1.0])
    W0, b0 = np.array([[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]]), np.array([0.1, -0.2, 0.3])
    W1, b1 = np.array([[1.0, -0.5, 0.25], [-1.5, 0.75, 2.0]]), np.array([-0.4, 0.6])
    h, p = forward(x, W0, b0, W1, b1)
    print("hidden values", h, "outputs", p, "loss", squared_loss(p, y))
    print("a batch of two", forward_batch(np.array([x, -x]), W0, b0, W1, b1))
