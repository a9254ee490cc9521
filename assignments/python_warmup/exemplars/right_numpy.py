# expect: full
import numpy as np


def f4(x, a=1):
    """a times x squared, for anything NumPy can square."""
    return np.multiply(a, np.square(x))
