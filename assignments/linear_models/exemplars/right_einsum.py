# expect: full
import numpy as np


def regression_loss(X, y, w):
    r = np.einsum("nd,d->n", X, w) - y
    return np.einsum("n,n->", r, r) / r.size


def regression_gradient(X, y, w):
    r = np.einsum("nd,d->n", X, w) - y
    return np.einsum("n,nd->d", r, X) / (0.5 * r.size)


def classify(W, X):
    batch = np.atleast_2d(X)
    classes = np.einsum("kd,nd->kn", W, batch).argmax(axis=0)
    return classes if X.ndim == 2 else int(classes[0])


def top_k_error(scores, labels, k):
    own = np.take_along_axis(scores, labels[:, None], axis=1)
    return np.count_nonzero((scores > own).sum(axis=1) >= k) / labels.size
