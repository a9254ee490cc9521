# expect: gradient_through_layers=0 mistake=off-by-one
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gradient_through_layers(n, z=0.0):
    slope = sigmoid(z) * (1 - sigmoid(z))
    factors = [1.0]
    for _ in range(n):
        factors.append(factors[-1] * slope)
    return np.array(factors)
