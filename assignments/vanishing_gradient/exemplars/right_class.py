# expect: full
from math import exp


class Layer:
    def __init__(self, z):
        self.out = 1 / (1 + exp(-z))

    def backward(self, gradient):
        return gradient * self.out * (1 - self.out)


def gradient_through_layers(n, z=0.0):
    gradient = 1
    seen = ()
    for layer in [Layer(z)] * n:
        gradient = layer.backward(gradient)
        seen += (gradient,)
    return seen
