"""The first network: write the four functions, then hand this file in.

A network is whatever neural_network_create returns: a dict, a list, an object of a class of yours.
"""

import numpy as np


def neural_network_create(
    num_inputs,
    num_hidden,
    num_outputs,
    hidden_layer_weights=None,
    hidden_layer_bias=None,
    output_layer_weights=None,
    output_layer_bias=None,
):
    """Return a network with these weights (flat lists, unit by unit) and one bias a layer; None means random."""
    raise NotImplementedError("neural_network_create is not written yet: put your own lines here in place of this one")


def neural_network_feed_forward(nn, x):
    """Return the outputs, shape (num_outputs,), for one sample x of shape (num_inputs,)."""
    raise NotImplementedError("neural_network_feed_forward is not written yet: put your own lines here")


def neural_network_total_error(nn, train_x, train_y):
    """Return the loss 1/2 ||p - y||^2 added up over all samples, the rows of train_x and train_y."""
    raise NotImplementedError("neural_network_total_error is not written yet: put your own lines here")


def neural_network_train(nn, train_x, train_y, learning_rate):
    """Change the weights inside nn by one gradient step on one sample; the biases stay."""
    raise NotImplementedError("neural_network_train is not written yet: put your own lines here in place of this one")


if __name__ == "__main__":
    # Runs when you start this file yourself; the grader does not run it.
    x, y = np.array([0.05, 0.10]), np.array([0.01, 0.99])
    nn = neural_network_create(
        2, 3, 2, [0.15, 0.20, 0.25, 0.30, 0.35, 0.40], 0.45, [0.50, 0.55, 0.60, 0.65, 0.70, 0.75], 0.80
    )
    print("outputs before training", neural_network_feed_forward(nn, x))
    for step in range(1000):
        neural_network_train(nn, x, y, 0.5)
        if step % 100 == 99:
            print("loss after", step + 1, "steps", neural_network_total_error(nn, [x], [y]))
