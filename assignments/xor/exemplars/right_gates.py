# expect: full
# OR and NAND, joined by AND; each unit made by a helper.
import numpy as np


def unit(weights, bias):
    return np.array(weights, dtype=np.float32), np.float32(bias)


def xor_network():
    w_or, b_or = unit([0.6, 0.6], -0.5)
    w_nand, b_nand = unit([-0.4, -0.4], 0.5)
    w_and, b_and = unit([0.7, 0.7], -1)
    return np.stack([w_or, w_nand]), np.array([b_or, b_nand]), w_and.reshape(1, 2), np.array([b_and])
