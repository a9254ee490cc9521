"""Backpropagation: write the three functions, then hand this file in.

Each returns gradients: one array for each argument or parameter, in its shape.
"""

import numpy as np


def graph_gradients(x, y, z):
    """Return (grad_x, grad_y, grad_z) of c = sum(x * y + z) for three arrays of one shape."""
    raise NotImplementedError("graph_gradients is not written yet: put your own lines here in place of this one")


def neuron_gradients(x, w, b, y):
    """Return (dl_dw, dl_db) of one sigmoid neuron with the loss (y_hat - y)**2 / 2."""
    raise NotImplementedError("neuron_gradients is not written yet: put your own lines here in place of this one")


def network_gradients(x, y, W0, b0, W1, b1):
    """Return (dW0, db0, dW1, db1) of the loss of one sample; a row of W0 and W1 holds the weights of one unit."""
    raise NotImplementedError("network_gradients is not written yet: put your own lines here in place of this one")


if __name__ == "__main__":
    # Runs when you start this file yourself; the grader does not run it.
    x, y = np.array([1.0, 0.5]), np.array([0.0, 1.0])
    W0, b0 = np.array([[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]]), np.array([0.1, -0.2, 0.3])
    W1, b1 = np.array([[1.0, -0.5, 0.25], [-1.5, 0.75, 2.0]]), np.array([-0.4, 0.6])
    names = ["dW0", "db0", "dW1", "db1"]
    for name, gradient in zip(names, network_gradients(x, y, W0, b0, W1, b1)):
        print(name, np.shape(gradient))
        print(gradient)
