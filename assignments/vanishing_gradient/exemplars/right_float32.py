# expect: full
# In single precision throughout, filled entry by entry.
import numpy as np


def gradient_through_layers(n, z=0.0):
    z = np.float32(z)
    s = np.float32(1) / (np.float32(1) + np.exp(-z))
    out = np.empty(n, dtype=np.float32)
    out[0] = s * (1 - s)
    for k in range(1, n):
        out[k] = out[k - 1] * out[0]
    return out
