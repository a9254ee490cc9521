# expect: full
import numpy as np


def gradient_through_layers(n, z=0.0):
    s = 1 / (1 + np.exp(-z))
    return (s * (1 - s)) ** np.arange(1, n + 1)
