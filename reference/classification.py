"""Classification by the largest of a few scores: the class of a sample, and how often it is wrong.

Deck 003, "A simple neural network for classification"; the top-k error is the one that deck 000 reports for the ILSVRC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from reference.arrays import Floats, Ints


# --- classification ---------------------------------------------------------------------------------------------------


def classify(W: Floats, X: Floats) -> Ints:
    """Return the class with the largest score in p = Wx, as a whole number for one sample, (N,) for a batch.

    Args:
        W: (C, D) weights, one row a class.
        X: (D,) one sample, or (N, D).

    References:
        Deck 003, "A simple neural network for classification".

    >>> W = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> int(classify(W, np.array([3.0, 1.0]))), classify(W, np.array([[3.0, 1.0], [0.0, 1.0]])).tolist()
    (0, [0, 1])
    """
    return np.asarray(np.argmax(X @ W.T, axis=-1))


def classify_smallest(W: Floats, X: Floats) -> Ints:
    """Return the class with the smallest score."""
    return np.asarray(np.argmin(X @ W.T, axis=-1))


def classify_probabilities(W: Floats, X: Floats) -> Floats:
    """Return the softmax of the scores, (C,) or (N, C)."""
    scores = X @ W.T
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def classify_probabilities_by_class(W: Floats, X: Floats) -> Floats:
    """Return the softmax of the scores with the classes along the first axis, (C,) or (C, N)."""
    return classify_probabilities(W, X).T


def classify_along_samples(W: Floats, X: Floats) -> Ints:
    """Look for the largest along the first axis: in a batch that is the best sample of each class, (C,)."""
    return np.asarray(np.argmax(X @ W.T, axis=0))


def classify_along_samples_in_batches(W: Floats, X: Floats) -> Ints:
    """Look for the largest along the samples, as `np.argmax(W @ X.T, axis=1)`, which fails for one sample."""
    return np.asarray(np.argmax(W @ X.T, axis=1))


def classify_flat(W: Floats, X: Floats) -> Ints:
    """Look for the largest of the whole table, counted row by row: one number for a batch as well."""
    return np.asarray(np.argmax(X @ W.T))


def classify_flat_by_class(W: Floats, X: Floats) -> Ints:
    """Look for the largest of the whole table with the classes along the first axis."""
    return np.asarray(np.argmax(W @ X.T))


def classify_largest_score(W: Floats, X: Floats) -> Floats:
    """Return the largest score itself, not where it stands."""
    return np.asarray(np.max(X @ W.T, axis=-1))


def classify_largest_probability(W: Floats, X: Floats) -> Floats:
    """Return the largest entry of the softmax, not where it stands."""
    return np.asarray(np.max(classify_probabilities(W, X), axis=-1))


def classify_from_one(W: Floats, X: Floats) -> Ints:
    """Number the classes from 1."""
    return np.asarray(classify(W, X) + 1)


def classify_largest_size(W: Floats, X: Floats) -> Ints:
    """Compare the scores without their signs."""
    return np.asarray(np.argmax(np.abs(X @ W.T), axis=-1))


def classify_always_first(W: Floats, X: Floats) -> Ints:
    """Give every sample class 0."""
    return np.zeros(X.shape[:-1], dtype=np.int64)


def classify_order(W: Floats, X: Floats) -> Ints:
    """Return all classes in the order of their scores, (C,) or (N, C)."""
    return np.asarray(np.argsort(X @ W.T, axis=-1))


def classify_one_axis_more(W: Floats, X: Floats) -> Ints:
    """Keep an axis of length 1, (1,) or (N, 1)."""
    return np.asarray(np.argmax(X @ W.T, axis=-1, keepdims=True))


# --- the ILSVRC's error -----------------------------------------------------------------------------------------------


def top_k_error(scores: Floats, labels: Ints, k: int) -> float:
    """Return the fraction of rows whose label is not among the k largest scores.

    Args:
        scores: (N, C), no two alike in a row, N >= 1.
        labels: (N,) class indices in [0, C).
        k: 1 <= k <= C.

    References:
        Deck 000, "Deep Learning is here": the ILSVRC's top-1 and top-5 error.

    >>> top_k_error(np.array([[0.1, 0.7, 0.2], [0.5, 0.4, 0.1]]), np.array([2, 2]), 2)
    0.5
    """
    best = np.argsort(scores, axis=1)[:, ::-1][:, :k]
    return float(np.mean(~(best == labels[:, np.newaxis]).any(axis=1)))


def top_k_accuracy(scores: Floats, labels: Ints, k: int) -> float:
    """Return the fraction of rows whose label is among them."""
    return 1.0 - top_k_error(scores, labels, k)


def top_1_error(scores: Floats, labels: Ints, k: int) -> float:
    """Look at the largest score alone, whatever k."""
    return top_k_error(scores, labels, 1)


def top_1_accuracy(scores: Floats, labels: Ints, k: int) -> float:
    """Return the fraction of rows whose label has the largest score, whatever k."""
    return top_k_accuracy(scores, labels, 1)


def top_5_error(scores: Floats, labels: Ints, k: int) -> float:
    """Look at the five largest scores, whatever k."""
    return top_k_error(scores, labels, 5)


def bottom_k_error(scores: Floats, labels: Ints, k: int) -> float:
    """Look among the k smallest scores."""
    return top_k_error(-scores, labels, k)


def bottom_k_accuracy(scores: Floats, labels: Ints, k: int) -> float:
    """Return the fraction of rows whose label is among the k smallest scores."""
    return top_k_accuracy(-scores, labels, k)


def top_k_error_percent(scores: Floats, labels: Ints, k: int) -> float:
    """Return percents."""
    return 100.0 * top_k_error(scores, labels, k)


def top_k_error_count(scores: Floats, labels: Ints, k: int) -> float:
    """Count the rows instead of taking their share."""
    return len(labels) * top_k_error(scores, labels, k)


def top_k_error_one_more(scores: Floats, labels: Ints, k: int) -> float:
    """Look at one score more than asked."""
    return top_k_error(scores, labels, k + 1)


def top_k_error_one_fewer(scores: Floats, labels: Ints, k: int) -> float:
    """Look at one score fewer than asked."""
    return top_k_error(scores, labels, k - 1)


def place_k_error(scores: Floats, labels: Ints, k: int) -> float:
    """Look at the k-th largest score alone."""
    return float(np.mean(np.argsort(-scores, axis=1)[:, k - 1] != labels))


def never_found(scores: Floats, labels: Ints, k: int) -> float:
    """Compare labels with the scores themselves, among which no label ever is."""
    return 1.0


def top_k_error_along_samples(scores: Floats, labels: Ints, k: int) -> float:
    """Sort along the rows, and take the first k columns of that."""
    best = np.argsort(-scores, axis=0)[:, :k]
    return float(np.mean(~(best == labels[:, np.newaxis]).any(axis=1)))


def top_k_error_along_samples_last(scores: Floats, labels: Ints, k: int) -> float:
    """Sort along the rows, and take the last k columns of that."""
    best = np.argsort(scores, axis=0)[:, -k:]
    return float(np.mean(~(best == labels[:, np.newaxis]).any(axis=1)))
