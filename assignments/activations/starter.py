"""Activation functions: write the ten functions, then hand this file in.

z is a number or a NumPy array of any shape; the result has the same shape, and each function works entry by entry.
"""

import numpy as np


def identity(z):
    """Return z itself."""
    raise NotImplementedError("identity is not written yet: put your own lines here in place of this one")


def step(z):
    """Return 1 where z > 0 and 0 where z < 0."""
    raise NotImplementedError("step is not written yet: put your own lines here in place of this one")


def sigmoid(z):
    """Return 1 / (1 + exp(-z)), without overflow."""
    raise NotImplementedError("sigmoid is not written yet: put your own lines here in place of this one")


def tanh(z):
    """Return the hyperbolic tangent of z."""
    raise NotImplementedError("tanh is not written yet: put your own lines here in place of this one")


def relu(z):
    """Return z where it is positive, else 0."""
    raise NotImplementedError("relu is not written yet: put your own lines here in place of this one")


def softplus(z):
    """Return log(1 + exp(z)), without overflow."""
    raise NotImplementedError("softplus is not written yet: put your own lines here in place of this one")


def sigmoid_grad(z):
    """Return the derivative of sigmoid at z."""
    raise NotImplementedError("sigmoid_grad is not written yet: put your own lines here in place of this one")


def tanh_grad(z):
    """Return the derivative of tanh at z."""
    raise NotImplementedError("tanh_grad is not written yet: put your own lines here in place of this one")


def relu_grad(z):
    """Return the derivative of relu at z."""
    raise NotImplementedError("relu_grad is not written yet: put your own lines here in place of this one")


def softplus_grad(z):
    """Return the derivative of softplus at z."""
    raise NotImplementedError("softplus_grad is not written yet: put your own lines here in place of this one")


if __name__ == "__main__":
    # Runs when you start this file yourself; the grader does not run it.
    z = np.array([-1000.0, -2.0, 0.5, 1000.0])
    for h in (identity, step, sigmoid, tanh, relu, softplus):
        print(h.__name__, h(z))
    # A derivative is the slope of its function: compare it with (h(z + d) - h(z - d)) / 2d.
    d = 1e-5
    for h, grad in ((sigmoid, sigmoid_grad), (tanh, tanh_grad), (relu, relu_grad), (softplus, softplus_grad)):
        print(grad.__name__, grad(0.5), "slope", (h(0.5 + d) - h(0.5 - d)) / (2 * d))
