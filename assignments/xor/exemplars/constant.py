# expect: xor_network=0
import numpy as np


def xor_network():
    return np.zeros((2, 2)), np.zeros(2), np.zeros((1, 2)), np.zeros(1)
