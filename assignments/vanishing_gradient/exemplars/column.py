# expect: gradient_through_layers=0
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gradient_through_layers(n, z=0.0):
    slope = sigmoid(z) * (1 - sigmoid(z))
    return (slope ** np.arange(1, n + 1)).reshape(-1, 1)
