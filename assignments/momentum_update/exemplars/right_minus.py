# expect: full
# Keeps the step that is taken off, which is the velocity with its sign turned round.
import numpy as np


def momentum_update(w, v, grad, lr=0.1, beta=0.9):
    step = np.add(lr * grad, np.multiply(-beta, v))
    return [np.subtract(w, step), -step]
