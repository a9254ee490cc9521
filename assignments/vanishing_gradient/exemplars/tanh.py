# expect: gradient_through_layers=0 mistake=tanh-for-sigmoid
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gradient_through_layers(n, z=0.0):
    return (1 - np.tanh(z) ** 2) ** np.arange(1, n + 1)
