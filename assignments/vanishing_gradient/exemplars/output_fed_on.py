# expect: gradient_through_layers=0 mistake=output-fed-on
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gradient_through_layers(n, z=0.0):
    factors = []
    factor = 1.0
    for _ in range(n):
        factor *= sigmoid(z) * (1 - sigmoid(z))
        z = sigmoid(z)
        factors.append(factor)
    return factors
