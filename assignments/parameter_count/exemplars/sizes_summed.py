# expect: count_parameters=0 mistake=sizes-summed
import numpy as np


def count_parameters(layer_sizes, bias=True):
    return np.sum(layer_sizes)
