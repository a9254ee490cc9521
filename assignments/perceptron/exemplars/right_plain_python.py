# expect: full
# No NumPy at all: loops and lists.
import random


def predict(w, w0, x, threshold=0.0):
    total = w0
    for wi, xi in zip(w, x):
        total += wi * xi
    if total > threshold:
        return 1
    else:
        return 0


def update(w, w0, x, y, lr=1.0):
    output = predict(w, w0, x)
    if output == y:
        return w, w0
    new_w = []
    if output == 0:
        for wi, xi in zip(w, x):
            new_w.append(wi + lr * xi)
        return new_w, w0 + lr
    for wi, xi in zip(w, x):
        new_w.append(wi - lr * xi)
    return new_w, w0 - lr


def train(X, y, lr=1.0, max_epochs=100, seed=0):
    random.seed(seed)
    w = [random.uniform(-0.05, 0.05) for _ in X[0]]
    w0 = random.uniform(-0.05, 0.05)
    errors = []
    while len(errors) < max_epochs:
        wrong = 0
        for sample, label in zip(X, y):
            if predict(w, w0, sample) != label:
                wrong = wrong + 1
                w, w0 = update(w, w0, sample, label, lr)
        errors.append(wrong)
        if wrong == 0:
            return w, w0, errors
    return w, w0, errors
