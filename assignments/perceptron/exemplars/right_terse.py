# expect: full
import numpy as np

predict = lambda w, w0, x, threshold=0.0: 1 if x @ w > threshold - w0 else 0


def update(w, w0, x, y, lr=1.0):
    d = lr * (int(y) - predict(w, w0, x))
    return (w, w0) if d == 0 else (w + d * x, w0 + d)


def train(X, y, lr=1.0, max_epochs=100, seed=0):
    w, w0, errors = np.zeros(X.shape[1]), np.zeros(1), []
    for _ in range(max_epochs):
        misses = []
        for x, t in zip(X, y):
            misses.append(predict(w, w0[0], x) != t)
            w, w0 = update(w, w0, x, t, lr) if misses[-1] else (w, w0)
        errors += [float(sum(misses))]
        if not any(misses):
            break
    return w, w0, errors
