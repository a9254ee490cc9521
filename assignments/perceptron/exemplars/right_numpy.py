# expect: full
import numpy as np


def predict(w, w0, x, threshold=0.0):
    return int(np.dot(w, x) + w0 > threshold)


def update(w, w0, x, y, lr=1.0):
    error = y - predict(w, w0, x)
    return w + lr * error * x, w0 + lr * error


def train(X, y, lr=1.0, max_epochs=100, seed=0):
    rng = np.random.default_rng(seed)
    w = rng.normal(0, 0.01, X.shape[1])
    w0 = 0.0
    errors = []
    for epoch in range(max_epochs):
        count = 0
        for i in range(len(X)):
            if predict(w, w0, X[i]) != y[i]:
                count += 1
                w, w0 = update(w, w0, X[i], y[i], lr)
        errors.append(count)
        if count == 0:
            break
    return w, w0, errors
