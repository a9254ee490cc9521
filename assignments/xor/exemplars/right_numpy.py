# expect: full
# One unit for OR, one for AND; the output says OR and not AND.
import numpy as np


def xor_network():
    W0 = np.array([[1.0, 1.0], [1.0, 1.0]])
    b0 = np.array([-0.5, -1.5])
    W1 = np.array([[1.0, -1.0]])
    b1 = np.array([-0.5])
    return W0, b0, W1, b1
