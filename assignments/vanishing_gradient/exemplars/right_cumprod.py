# expect: full
import numpy as np


def sigmoid(z):
    return 0.5 * (1 + np.tanh(z / 2))


def gradient_through_layers(n, z=0.0):
    slope = sigmoid(z) - sigmoid(z) ** 2
    return np.cumprod(np.full(n, slope))
