# expect: full
# A hidden unit for every input that should give 1: it fires for this input alone.
import numpy as np


def xor_network():
    rows, biases = [], []
    for a in (0, 1):
        for b in (0, 1):
            if (a + b) % 2 == 1:
                w = [2 * a - 1, 2 * b - 1]
                rows.append(w)
                biases.append(0.5 - (a + b))
    k = len(rows)
    return np.array(rows), np.array(biases), np.ones((1, k)), np.zeros(1)
