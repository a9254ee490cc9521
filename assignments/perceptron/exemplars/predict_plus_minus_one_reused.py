# expect: predict=0 mistake=plus-minus-one
# update calls predict and compares; train does not.
import numpy as np


def predict(w, w0, x, threshold=0.0):
    return 1 if w @ x + w0 > threshold else -1


def update(w, w0, x, y, lr=1.0):
    if predict(w, w0, x) == y:
        return w, w0
    if y == 1:
        return w + lr * x, w0 + lr
    return w - lr * x, w0 - lr


def train(X, y, lr=1.0, max_epochs=100, seed=0):
    w, w0, errors = np.zeros(X.shape[1]), 0.0, []
    while not errors or (errors[-1] and len(errors) < max_epochs):
        wrong = 0
        for x, label in zip(X, y):
            output = int(w @ x + w0 > 0)
            if output != label:
                wrong += 1
                w = w + lr * (label - output) * x
                w0 = w0 + lr * (label - output)
        errors.append(wrong)
    return w, w0, errors
