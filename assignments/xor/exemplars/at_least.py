# expect: xor_network=0 mistake=at-least
import numpy as np


def xor_network():
    return np.array([[1, 1], [1, 1]]), np.array([-1, -2]), np.array([[1, -1]]), np.array([-1])
