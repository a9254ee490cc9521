# expect: full
# The bias as the weight of an input that is always 1; samples in a new random order each epoch.
import numpy as np


def with_one(x):
    return np.append(x, 1.0)


def predict(w, w0, x, threshold=0.0):
    return np.where(with_one(x) @ np.append(w, w0) > threshold, 1, 0)


def update(w, w0, x, y, lr=1.0):
    v = np.append(w, w0)
    a = with_one(x)
    guess = 1 if a @ v > 0 else 0
    if guess == 0 and y == 1:
        v = v + lr * a
    elif guess == 1 and y == 0:
        v = v - lr * a
    return v[:-1], v[-1]


def train(X, y, lr=1.0, max_epochs=100, seed=0):
    np.random.seed(seed)
    v = np.random.randn(X.shape[1] + 1) * 0.1
    A = np.hstack([X, np.ones((len(X), 1))])
    errors = []
    for _ in range(max_epochs):
        wrong = 0
        for i in np.random.permutation(len(A)):
            guess = 1 if A[i] @ v > 0 else 0
            wrong += guess != y[i]
            v = v + lr * (y[i] - guess) * A[i]
        errors.append(wrong)
        if wrong == 0:
            break
    return v[:-1], v[-1], np.array(errors)
