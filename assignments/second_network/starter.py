"""The second network: write the five functions, then hand this file in.

A model is a dict of arrays: W1 to W5 of shape (units before, units), b1 to b5 of shape (1, units).
"""

import numpy as np


def neural_network_create(input_dim, list_node_sizes, output_dim=2):
    """Return a model with four hidden layers, weights drawn from N(0, 1) and biases 0."""
    raise NotImplementedError("neural_network_create is not written yet: put your own lines here in place of this one")


def neural_network_feed_forward(model, x):
    """Return the list of the five layers' outputs for the samples in the rows of x; the last are probabilities."""
    raise NotImplementedError("neural_network_feed_forward is not written yet: put your own lines here")


def cross_entropy(p, y):
    """Return the mean of -log p[i, y[i]]; y holds whole numbers."""
    raise NotImplementedError("cross_entropy is not written yet: put your own lines here in place of this one")


def train_batch(model, x_tr, y_tr, num_passes, learning_rate):
    """Change the model by one full-batch step a pass; return the list of losses after each pass."""
    raise NotImplementedError("train_batch is not written yet: put your own lines here in place of this one")


def train_stochastic(model, x_tr, y_tr, num_passes, batch_size, learning_rate):
    """Change the model by one step a mini-batch; return the list of losses after each pass."""
    raise NotImplementedError("train_stochastic is not written yet: put your own lines here in place of this one")


def half_moons(count, noise=0.1):
    """Return samples on two half circles that reach into each other, and their labels, to try things on."""
    y = np.arange(count) % 2
    angle = np.random.uniform(0, np.pi, count)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    x = np.where(y[:, None] == 0, upper, lower) + noise * np.random.randn(count, 2)
    return x, y


if __name__ == "__main__":
    # Runs when you start this file yourself; the grader does not run it.
    x_tr, y_tr = half_moons(200)
    x_te, y_te = half_moons(400)
    model = neural_network_create(2, [4, 6, 6, 4])
    losses = train_stochastic(model, x_tr, y_tr, num_passes=200, batch_size=20, learning_rate=0.1)
    print("loss after the first and the last pass", losses[0], losses[-1])
    p = neural_network_feed_forward(model, x_te)[-1]
    print("share of unseen samples classified rightly", np.mean(p.argmax(axis=1) == y_te))
