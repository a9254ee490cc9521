# expect: full
import numpy as np


def count_parameters(layer_sizes, bias=True):
    n = np.asarray(layer_sizes)
    weights = n[:-1] @ n[1:]
    if not bias:
        return weights
    return weights + np.sum(n[1:])
