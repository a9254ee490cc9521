# expect: full
# Layers are objects that can be called; one of them does for a sample and for a batch.
import numpy as np


class Layer:
    def __init__(self, W, b):
        self.W = np.array(W)
        self.b = np.array(b)

    def __call__(self, a):
        return self.squash(np.dot(a, self.W.transpose()) + self.b)

    @staticmethod
    def squash(z):
        return 0.5 * (1 + np.tanh(z / 2))


class Network:
    def __init__(self, *layers):
        self.layers = layers

    def run(self, a):
        outputs = []
        for layer in self.layers:
            a = layer(a)
            outputs.append(a)
        return outputs


def forward(x, W0, b0, W1, b1):
    return Network(Layer(W0, b0), Layer(W1, b1)).run(x)


forward_batch = forward


def squared_loss(p, y):
    return np.linalg.norm(p - y) ** 2 / 2
