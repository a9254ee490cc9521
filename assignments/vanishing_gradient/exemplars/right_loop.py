# expect: full
import math


def sigmoid_slope(z):
    return math.exp(-z) / (1 + math.exp(-z)) ** 2


def gradient_through_layers(n, z=0.0):
    factors = []
    factor = 1.0
    for _ in range(n):
        factor *= sigmoid_slope(z)
        factors.append(factor)
    return factors
