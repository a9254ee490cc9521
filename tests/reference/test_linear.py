"""Linear regression and classification against loops, and the gradient against central differences."""

import doctest

import numpy as np
import pytest

from reference import classification, linear
from reference.gradcheck import central_differences, max_relative_error

CLOSE = 1e-6
SIZES = [(1, 2), (2, 3), (4, 4), (7, 1), (9, 3)]


def draw(samples, dim):
    rng = np.random.default_rng(100 * samples + dim)
    return rng.normal(size=(samples, dim)), rng.normal(size=samples), rng.normal(size=dim)


@pytest.mark.parametrize("size", SIZES)
def test_loss_is_the_mean_of_the_squares(size):
    X, y, w = draw(*size)

    want = sum((sum(a * b for a, b in zip(x, w, strict=True)) - t) ** 2 for x, t in zip(X, y, strict=True)) / len(y)

    assert linear.regression_loss(X, y, w) == pytest.approx(want)


@pytest.mark.parametrize("size", SIZES)
def test_gradient_matches_central_differences(size):
    X, y, w = draw(*size)

    got = linear.regression_gradient(X, y, w)

    assert got.shape == w.shape
    assert max_relative_error(got, central_differences(lambda v: linear.regression_loss(X, y, v), w)) < CLOSE


@pytest.mark.parametrize(
    ("loss", "gradient"),
    [
        ("regression_loss_sum", "regression_gradient_sum"),
        ("regression_loss_half", "regression_gradient_without_two"),
        ("regression_loss_half_sum", "regression_gradient_bare"),
        ("regression_loss_absolute", "regression_gradient_absolute"),
        ("regression_loss_by_weights", "regression_gradient_by_weights"),
        ("regression_loss_target_added", "regression_gradient_target_added"),
    ],
)
def test_wrong_gradients_belong_to_the_wrong_losses(loss, gradient):
    """So a slip made in the loss and carried over is told from one made in the gradient."""
    X, y, w = draw(7, 3)

    want = central_differences(lambda v: getattr(linear, loss)(X, y, v), w)

    assert max_relative_error(getattr(linear, gradient)(X, y, w), want) < CLOSE


def test_class_of_a_batch_is_the_class_of_each_row():
    rng = np.random.default_rng(5)
    W, X = rng.normal(size=(6, 3)), rng.normal(size=(9, 3))

    got = classification.classify(W, X)

    assert got.tolist() == [int(classification.classify(W, x)) for x in X]
    assert got.tolist() == [max(range(6), key=lambda c: sum(W[c] * x)) for x in X]


@pytest.mark.parametrize("k", [1, 2, 5])
def test_top_k_error_counts_the_rows_with_k_better_scores(k):
    rng = np.random.default_rng(k)
    scores, labels = rng.normal(size=(20, 5)), rng.integers(0, 5, 20)

    want = np.mean([(row > row[label]).sum() >= k for row, label in zip(scores, labels, strict=True)])

    assert classification.top_k_error(scores, labels, k) == want


def test_top_k_error_is_zero_when_every_class_counts():
    assert classification.top_k_error(np.array([[0.3, 0.1], [0.5, 0.6]]), np.array([1, 0]), 2) == 0


@pytest.mark.parametrize("module", [linear, classification])
def test_examples_of_the_docstrings_hold(module):
    assert doctest.testmod(module, extraglobs={"np": np}).failed == 0
