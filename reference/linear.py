"""Linear regression: the mean squared error of a network without a hidden layer, and its gradient.

Deck 003, "A simple neural network for regression". A batch `X` is (N, D), one sample a row; there is no bias.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from reference.arrays import Floats


# --- the loss ---------------------------------------------------------------------------------------------------------


def regression_loss(X: Floats, y: Floats, w: Floats) -> float:
    """Return f(w) = (1/n) Σ (x_iᵀw - y_i)², the mean squared error.

    Args:
        X: (N, D) samples, N >= 1.
        y: (N,) targets.
        w: (D,) weights.

    References:
        Deck 003, "A simple neural network for regression", with ℓ the squared difference.

    >>> regression_loss(np.array([[1.0], [2.0]]), np.array([0.0, 4.0]), np.array([3.0]))
    6.5
    """
    residuals = X @ w - y
    return float(np.mean(residuals**2))


def regression_loss_sum(X: Floats, y: Floats, w: Floats) -> float:
    """Add the squares up where the mean is due."""
    return float(np.sum((X @ w - y) ** 2))


def regression_loss_half(X: Floats, y: Floats, w: Floats) -> float:
    """Put a ½ before the mean."""
    return float(0.5 * np.mean((X @ w - y) ** 2))


def regression_loss_half_sum(X: Floats, y: Floats, w: Floats) -> float:
    """Put a ½ before the sum, as the network's loss for one sample has it."""
    return float(0.5 * np.sum((X @ w - y) ** 2))


def regression_loss_absolute(X: Floats, y: Floats, w: Floats) -> float:
    """Take the size of each difference where its square is due."""
    return float(np.mean(np.abs(X @ w - y)))


def regression_loss_absolute_sum(X: Floats, y: Floats, w: Floats) -> float:
    """Add up the sizes of the differences."""
    return float(np.sum(np.abs(X @ w - y)))


def regression_loss_root(X: Floats, y: Floats, w: Floats) -> float:
    """Take the root of the mean square."""
    return float(np.sqrt(np.mean((X @ w - y) ** 2)))


def regression_loss_norm(X: Floats, y: Floats, w: Floats) -> float:
    """Take the root of the sum of squares, the length of the residual."""
    return float(np.linalg.norm(X @ w - y))


def regression_loss_mean_first(X: Floats, y: Floats, w: Floats) -> float:
    """Take the mean of the differences and square that, so that they cancel."""
    return float(np.mean(X @ w - y) ** 2)


def regression_loss_without_square(X: Floats, y: Floats, w: Floats) -> float:
    """Take the mean of the differences."""
    return float(np.mean(X @ w - y))


def regression_loss_target_added(X: Floats, y: Floats, w: Floats) -> float:
    """Add the target to the output where it is to be subtracted."""
    return float(np.mean((X @ w + y) ** 2))


def regression_loss_by_weights(X: Floats, y: Floats, w: Floats) -> float:
    """Divide by the number of weights."""
    return float(np.sum((X @ w - y) ** 2) / len(w))


def regression_loss_by_entries(X: Floats, y: Floats, w: Floats) -> float:
    """Divide by the number of entries of X."""
    return float(np.sum((X @ w - y) ** 2) / X.size)


def regression_loss_by_one_fewer(X: Floats, y: Floats, w: Floats) -> Floats:
    """Divide by n - 1, as an estimate of a variance does."""
    return np.asarray(np.sum((X @ w - y) ** 2) / np.float64(len(y) - 1))


def regression_loss_all_pairs(X: Floats, y: Floats, w: Floats) -> float:
    """Compare every output with every target, which comes of y as a column."""
    return float(np.mean((X @ w - y[:, np.newaxis]) ** 2))


def regression_loss_each(X: Floats, y: Floats, w: Floats) -> Floats:
    """Return the square of every sample, (N,), without taking their mean."""
    return np.asarray((X @ w - y) ** 2)


# --- its gradient -----------------------------------------------------------------------------------------------------


def regression_gradient(X: Floats, y: Floats, w: Floats) -> Floats:
    """Return ∇f(w) = (2/n) Xᵀ(Xw - y), (D,): the gradient of `regression_loss` with respect to `w`.

    Args:
        X: (N, D) samples, N >= 1.
        y: (N,) targets.
        w: (D,) weights.

    >>> regression_gradient(np.array([[1.0], [2.0]]), np.array([0.0, 4.0]), np.array([3.0])).tolist()
    [7.0]
    """
    residuals = X @ w - y
    return np.asarray(2.0 / len(y) * (X.T @ residuals))


def regression_gradient_without_two(X: Floats, y: Floats, w: Floats) -> Floats:
    """Leave out the 2 that the square brings down."""
    return regression_gradient(X, y, w) / 2.0


def regression_gradient_sum(X: Floats, y: Floats, w: Floats) -> Floats:
    """Leave out 1/n."""
    return regression_gradient(X, y, w) * len(y)


def regression_gradient_bare(X: Floats, y: Floats, w: Floats) -> Floats:
    """Leave out the 2 and 1/n both."""
    return regression_gradient(X, y, w) * len(y) / 2.0


def regression_gradient_flipped(X: Floats, y: Floats, w: Floats) -> Floats:
    """Take y - Xw for Xw - y."""
    return -regression_gradient(X, y, w)


def regression_gradient_flipped_without_two(X: Floats, y: Floats, w: Floats) -> Floats:
    """Take y - Xw for Xw - y, and leave out the 2."""
    return -regression_gradient_without_two(X, y, w)


def regression_gradient_flipped_sum(X: Floats, y: Floats, w: Floats) -> Floats:
    """Take y - Xw for Xw - y, and leave out 1/n."""
    return -regression_gradient_sum(X, y, w)


def regression_gradient_flipped_bare(X: Floats, y: Floats, w: Floats) -> Floats:
    """Take y - Xw for Xw - y, and leave out the 2 and 1/n."""
    return -regression_gradient_bare(X, y, w)


def regression_gradient_column(X: Floats, y: Floats, w: Floats) -> Floats:
    """Return the right numbers as a column, (D, 1)."""
    return regression_gradient(X, y, w)[:, np.newaxis]


def regression_gradient_row(X: Floats, y: Floats, w: Floats) -> Floats:
    """Return the right numbers as a row, (1, D)."""
    return regression_gradient(X, y, w)[np.newaxis, :]


def regression_gradient_each(X: Floats, y: Floats, w: Floats) -> Floats:
    """Return the gradient of every sample's square, (N, D), without taking their mean."""
    return np.asarray(2.0 * (X @ w - y)[:, np.newaxis] * X)


def regression_gradient_of_outputs(X: Floats, y: Floats, w: Floats) -> Floats:
    """Stop at the derivative with respect to the outputs, (N,): the factor x_i of the chain rule is missing."""
    return np.asarray(2.0 / len(y) * (X @ w - y))


def regression_gradient_absolute(X: Floats, y: Floats, w: Floats) -> Floats:
    """Take the gradient of the mean absolute error."""
    return np.asarray(X.T @ np.sign(X @ w - y) / len(y))


def regression_gradient_by_weights(X: Floats, y: Floats, w: Floats) -> Floats:
    """Divide by the number of weights."""
    return regression_gradient_sum(X, y, w) / len(w)


def regression_gradient_by_entries(X: Floats, y: Floats, w: Floats) -> Floats:
    """Divide by the number of entries of X."""
    return regression_gradient_sum(X, y, w) / X.size


def regression_gradient_without_targets(X: Floats, y: Floats, w: Floats) -> Floats:
    """Leave the targets out."""
    return regression_gradient(X, np.zeros_like(y), w)


def regression_gradient_target_added(X: Floats, y: Floats, w: Floats) -> Floats:
    """Add the target to the output where it is to be subtracted."""
    return regression_gradient(X, -y, w)


def regression_gradient_squared(X: Floats, y: Floats, w: Floats) -> Floats:
    """Leave the square on the difference, beside the factor 2."""
    return np.asarray(2.0 / len(y) * (X.T @ (X @ w - y) ** 2))


def regression_gradient_step(X: Floats, y: Floats, w: Floats) -> Floats:
    """Return the weights after a step downhill in place of the gradient."""
    return w - regression_gradient(X, y, w)


def regression_gradient_mean_entry(X: Floats, y: Floats, w: Floats) -> float:
    """Return one number, the mean over the weights as well."""
    return float(np.mean(regression_gradient(X, y, w)))
