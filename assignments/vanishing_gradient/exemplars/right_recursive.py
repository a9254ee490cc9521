# expect: full
import numpy as np


def gradient_through_layers(n, z=0.0):
    slope = 1.0 / (2.0 + np.exp(z) + np.exp(-z))
    if n == 0:
        return np.array([])
    return slope * np.concatenate([[1.0], gradient_through_layers(n - 1, z)])
