# expect: xor_network=0 mistake=or
import numpy as np


def xor_network():
    return np.array([[1, 1]]), np.array([-0.5]), np.array([[1]]), np.array([-0.5])
