# expect: full
# Counts the ones: unit i says whether there are more than i of them. A third unit is there and never fires.
import numpy as np


def xor_network():
    W0 = np.ones((3, 2))
    b0 = -np.arange(3).astype(float)
    W1 = np.array([[1, -1, 5]])
    return W0, b0, W1, np.zeros(1)
