# expect: full
# A class does the work; the functions of the assignment only call it.
from dataclasses import dataclass

import numpy as np


@dataclass
class Perceptron:
    w: np.ndarray
    w0: float = 0.0
    threshold: float = 0.0

    def score(self, x):
        return np.sum(self.w * x) + self.w0

    def __call__(self, x):
        return bool(self.score(x) > self.threshold)

    def learn(self, x, y, lr):
        if self(x) == bool(y):
            return 0
        sign = 1 if y else -1
        self.w = self.w + sign * lr * x
        self.w0 += sign * lr
        return 1


def predict(w, w0, x, threshold=0.0):
    return Perceptron(w, w0, threshold)(x)


def update(w, w0, x, y, lr=1.0):
    p = Perceptron(np.copy(w), w0)
    p.learn(x, y, lr)
    return [p.w, p.w0]


def train(X, y, lr=1.0, max_epochs=100, seed=0):
    p = Perceptron(np.zeros(X.shape[1]))
    errors = []
    while len(errors) < max_epochs and (not errors or errors[-1]):
        errors.append(sum(p.learn(x, t, lr) for x, t in zip(X, y)))
    return p.w, p.w0, errors
