"""Rosenblatt's perceptron: one decision from a weighted sum, and the rule that learns it from its errors.

Deck 000, "Perceptrons" and "Training a perceptron". Labels and outputs are 0 and 1. A sum exactly on the threshold
gives 0: the deck says "if result is larger than threshold".

Each function is followed by its wrong variants, named after what goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reference.arrays import Floats, Ints

Decide = Callable[[Floats, float, Floats], int]
Update = Callable[..., tuple[Floats, float]]


def predict(w: Floats, w0: float, x: Floats, threshold: float = 0.0) -> int:
    """Return the perceptron's output for one sample, 1 or 0.

    Args:
        w: (D,) weights.
        w0: bias, added to the weighted sum.
        x: (D,) one sample.
        threshold: what the sum must exceed for a 1.

    References:
        Deck 000, "1958~1969: Birth of AI and Golden Era - Perceptrons".

    >>> predict(np.array([1.0, -2.0]), 0.5, np.array([3.0, 1.0]))
    1
    >>> predict(np.array([1.0, -2.0]), 0.5, np.array([3.0, 1.0]), threshold=1.5)
    0
    """
    return 1 if float(w @ x) + w0 > threshold else 0


def predict_at_least(w: Floats, w0: float, x: Floats, threshold: float = 0.0) -> int:
    """Say 1 on the threshold itself too: `>=` for `>`."""
    return 1 if float(w @ x) + w0 >= threshold else 0


def predict_without_bias(w: Floats, w0: float, x: Floats, threshold: float = 0.0) -> int:
    """Leave the bias out of the sum."""
    return 1 if float(w @ x) > threshold else 0


def predict_without_threshold(w: Floats, w0: float, x: Floats, threshold: float = 0.0) -> int:
    """Compare with 0 whatever the threshold."""
    return 1 if float(w @ x) + w0 > 0 else 0


def predict_at_least_without_threshold(w: Floats, w0: float, x: Floats, threshold: float = 0.0) -> int:
    """Compare with 0 whatever the threshold, and say 1 on 0 itself."""
    return 1 if float(w @ x) + w0 >= 0 else 0


def predict_sign(w: Floats, w0: float, x: Floats, threshold: float = 0.0) -> int:
    """Say -1 where 0 is due, but for the threshold itself, where the sign is 0."""
    return int(np.sign(float(w @ x) + w0 - threshold))


def predict_plus_minus_one(w: Floats, w0: float, x: Floats, threshold: float = 0.0) -> int:
    """Say -1 where 0 is due."""
    return 1 if float(w @ x) + w0 > threshold else -1


def update(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Return the weights and the bias after one sample; the arguments are left alone.

    An output of 0 where 1 is due adds `lr` times the sample, an output of 1 where 0 is due subtracts it; the bias
    moves as the weight of an input that is always 1.

    Args:
        w: (D,) weights.
        w0: bias.
        x: (D,) the sample.
        y: its label, 0 or 1.
        lr: learning rate, > 0.

    Returns:
        w: (D,) new weights.
        w0: new bias.

    References:
        Deck 000, "Training a perceptron".

    >>> w, w0 = update(np.array([1.0, 0.0]), 0.0, np.array([2.0, 4.0]), 0, lr=0.5)
    >>> w.tolist(), w0
    ([0.0, -2.0], -0.5)
    """
    step = lr * (y - predict(w, w0, x))
    return w + step * x, w0 + step


def update_resting_on(decide: Decide) -> tuple[Update, ...]:
    """Return the forms `update` takes when it calls that decision of its own; they are one where it says 0 or 1."""

    def by_difference(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
        step = lr * (y - decide(w, w0, x))
        return w + step * x, w0 + step

    def by_error(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
        step = 0.0 if decide(w, w0, x) == y else lr if y == 1 else -lr
        return w + step * x, w0 + step

    def by_case(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
        step = {(0, 1): lr, (1, 0): -lr}.get((decide(w, w0, x), y), 0.0)
        return w + step * x, w0 + step

    return by_difference, by_error, by_case


def update_sign_flipped(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Move away from what the sample asks for."""
    step = lr * (predict(w, w0, x) - y)
    return w + step * x, w0 + step


def update_without_bias(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Move the weights and leave the bias where it was."""
    step = lr * (y - predict(w, w0, x))
    return w + step * x, w0


def update_when_right(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Move after every sample, towards its label, whatever the prediction was."""
    step = lr if y == 1 else -lr
    return w + step * x, w0 + step


def update_when_right_by_label(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Add the sample whenever its label is 1, whatever the prediction was; a label of 0 then moves nothing."""
    return w + lr * y * x, w0 + lr * y


def update_when_right_else(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Add the sample when 1 was due and 0 came out, and subtract it in every other case."""
    step = lr if y == 1 and predict(w, w0, x) == 0 else -lr
    return w + step * x, w0 + step


def update_when_right_else_up(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Subtract the sample when 0 was due and 1 came out, and add it in every other case."""
    step = -lr if y == 0 and predict(w, w0, x) == 1 else lr
    return w + step * x, w0 + step


def update_when_right_for_one(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Add the sample whenever its label is 1; a label of 0 is treated as it should be."""
    step = lr * (1 if y == 1 else -predict(w, w0, x))
    return w + step * x, w0 + step


def update_against_output(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Move against the output after every sample, whatever its label."""
    step = lr if predict(w, w0, x) == 0 else -lr
    return w + step * x, w0 + step


def update_without_rate(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Take the whole sample whatever the learning rate."""
    step = float(y - predict(w, w0, x))
    return w + step * x, w0 + step


def update_signed_label(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Multiply by the label as if it were -1 or +1: a label of 0 never moves anything."""
    if predict(w, w0, x) == y:
        return w, w0
    return w + lr * y * x, w0 + lr * y


def update_signed_output(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Subtract an output of -1 or +1 from a label of 0 or 1."""
    step = lr * (y - predict_plus_minus_one(w, w0, x))
    return w + step * x, w0 + step


def update_signed_comparison(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Compare an output of -1 or +1 with a label of 0 or 1: a label of 0 never looks right."""
    if predict_plus_minus_one(w, w0, x) == y:
        return w, w0
    step = lr if y == 1 else -lr
    return w + step * x, w0 + step


def update_signed_both(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Turn label and output into -1 or +1, so that their difference is twice the step."""
    step = lr * (2 * y - 1 - predict_plus_minus_one(w, w0, x))
    return w + step * x, w0 + step


def update_sign_output(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Subtract the sum's sign, -1, 0 or +1, from a label of 0 or 1."""
    step = lr * (y - predict_sign(w, w0, x))
    return w + step * x, w0 + step


def update_sign_comparison(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Compare the sum's sign, -1, 0 or +1, with a label of 0 or 1."""
    if predict_sign(w, w0, x) == y:
        return w, w0
    step = lr if y == 1 else -lr
    return w + step * x, w0 + step


def update_sign_both(w: Floats, w0: float, x: Floats, y: int, lr: float = 1.0) -> tuple[Floats, float]:
    """Subtract the sum's sign from a label turned into -1 or +1."""
    step = lr * (2 * y - 1 - predict_sign(w, w0, x))
    return w + step * x, w0 + step


def train(
    X: Floats,
    y: Ints,
    lr: float = 1.0,
    max_epochs: int = 100,
    seed: int = 0,
) -> tuple[Floats, float, list[int]]:
    """Train on the samples one by one until an epoch passes without an error.

    The weights start small and random, as the deck has it; zeros serve as well.

    Args:
        X: (N, D) samples.
        y: (N,) labels, 0 or 1.
        lr: learning rate, > 0.
        max_epochs: passes over the samples at most, >= 1.
        seed: the same seed starts from the same weights.

    Returns:
        w: (D,) weights.
        w0: bias.
        errors: samples met misclassified in each epoch; the first 0 ends the list.

    References:
        Deck 000, "Training a perceptron".

    >>> train(np.array([[-1.0], [1.0]]), np.array([0, 1]))[2][-1]
    0
    """
    rng = np.random.default_rng(seed)
    w: Floats = rng.normal(0.0, 0.01, X.shape[1:])
    w0 = 0.0
    errors: list[int] = []
    for _ in range(max_epochs):
        missed = 0
        for sample, label in zip(X, y, strict=True):
            missed += predict(w, w0, sample) != label
            w, w0 = update(w, w0, sample, int(label), lr)
        errors.append(int(missed))
        if missed == 0:
            break
    return w, w0, errors


def train_without_stop(
    X: Floats,
    y: Ints,
    lr: float = 1.0,
    max_epochs: int = 100,
    seed: int = 0,
) -> tuple[Floats, float, list[int]]:
    """Go on to the last epoch after everything is right."""
    w, w0, errors = train(X, y, lr, max_epochs, seed)
    return w, w0, errors + [0] * (max_epochs - len(errors))


def train_one_epoch(
    X: Floats,
    y: Ints,
    lr: float = 1.0,
    max_epochs: int = 100,
    seed: int = 0,
) -> tuple[Floats, float, list[int]]:
    """Stop after one pass whatever is still wrong."""
    return train(X, y, lr, 1, seed)


def train_errors_at_the_end(
    X: Floats,
    y: Ints,
    lr: float = 1.0,
    max_epochs: int = 100,
    seed: int = 0,
) -> tuple[Floats, float, list[int]]:
    """Count what the weights at the end of each epoch get wrong, not what was met on the way."""
    rng = np.random.default_rng(seed)
    w: Floats = rng.normal(0.0, 0.01, X.shape[1:])
    w0 = 0.0
    errors: list[int] = []
    for _ in range(max_epochs):
        for sample, label in zip(X, y, strict=True):
            w, w0 = update(w, w0, sample, int(label), lr)
        errors.append(sum(predict(w, w0, sample) != label for sample, label in zip(X, y, strict=True)))
        if errors[-1] == 0:
            break
    return w, w0, errors


def train_errors_without_the_last(
    X: Floats,
    y: Ints,
    lr: float = 1.0,
    max_epochs: int = 100,
    seed: int = 0,
) -> tuple[Floats, float, list[int]]:
    """Leave the epoch without errors out of the list."""
    w, w0, errors = train(X, y, lr, max_epochs, seed)
    return w, w0, [count for count in errors if count]
