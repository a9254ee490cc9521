# expect: update=0 mistake=sum-for-output
import numpy as np


def predict(w, w0, x, threshold=0.0):
    if np.dot(w, x) + w0 > threshold:
        return 1
    return 0


def update(w, w0, x, y, lr=1.0):
    error = y - (np.dot(w, x) + w0)
    return w + lr * error * x, w0 + lr * error


def train(X, y, lr=1.0, max_epochs=100, seed=0):
    w = np.zeros(X.shape[1])
    w0 = 0.0
    errors = []
    for epoch in range(max_epochs):
        wrong = 0
        for x, label in zip(X, y):
            output = 1 if np.dot(w, x) + w0 > 0 else 0
            if output != label:
                wrong += 1
                w = w + lr * (label - output) * x
                w0 = w0 + lr * (label - output)
        errors.append(wrong)
        if wrong == 0:
            break
    return w, w0, errors
