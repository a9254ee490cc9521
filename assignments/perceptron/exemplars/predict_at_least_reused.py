# expect: predict=3 mistake=at-least
# update and train call predict: its mistake is charged once.
import numpy as np


def predict(w, w0, x, threshold=0.0):
    return 1 if w @ x + w0 >= threshold else 0


def update(w, w0, x, y, lr=1.0):
    error = y - predict(w, w0, x)
    return w + lr * error * x, w0 + lr * error


def train(X, y, lr=1.0, max_epochs=100, seed=0):
    w, w0, errors = np.zeros(X.shape[1]), 0.0, []
    for _ in range(max_epochs):
        errors.append(0)
        for x, label in zip(X, y):
            if predict(w, w0, x) != label:
                errors[-1] += 1
                w, w0 = update(w, w0, x, label, lr)
        if errors[-1] == 0:
            break
    return w, w0, errors
