# expect: full
# Each layer remembers its forward pass and knows its own backward pass.
import numpy as np


class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, a):
        self.a = a
        return self.W.dot(a) + self.b

    def backward(self, dz):
        self.dW = dz[:, None] * self.a[None, :]
        self.db = dz
        return dz.dot(self.W)


class Sigmoid:
    def forward(self, z):
        self.out = 1 / (1 + np.exp(-z))
        return self.out

    def backward(self, d):
        return d * self.out * (1 - self.out)


def run(layers, x, y):
    a = x
    for layer in layers:
        a = layer.forward(a)
    d = a - y
    for layer in reversed(layers):
        d = layer.backward(d)


def graph_gradients(x, y, z):
    return y, x, np.ones(z.shape)


def neuron_gradients(x, w, b, y):
    neuron = Dense(w[None, :], np.array([b]))
    run([neuron, Sigmoid()], x, np.array([y]))
    return neuron.dW[0], neuron.db[0]


def network_gradients(x, y, W0, b0, W1, b1):
    first, second = Dense(W0, b0), Dense(W1, b1)
    run([first, Sigmoid(), second, Sigmoid()], x, y)
    return first.dW, first.db, second.dW, second.db
