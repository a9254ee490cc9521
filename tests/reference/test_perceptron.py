"""The perceptron against its definition, and against the convergence that is proved for it."""

import doctest

import numpy as np
import pytest

from reference import activations, gradcheck, perceptron, python_basics


def test_sum_exactly_on_the_threshold_gives_zero():
    assert perceptron.predict(np.array([1.0, 1.0]), -2.0, np.array([1.0, 1.0])) == 0
    assert perceptron.predict(np.array([1.0]), 0.0, np.array([2.0]), threshold=2.0) == 0


def test_update_leaves_its_arguments_alone():
    w, x = np.array([1.0, 2.0]), np.array([3.0, 4.0])

    perceptron.update(w, 0.0, x, 0)

    assert w.tolist() == [1.0, 2.0]
    assert x.tolist() == [3.0, 4.0]


def test_update_moves_the_sum_towards_the_label():
    rng = np.random.default_rng(1)
    for _ in range(200):
        w, w0, x, y = rng.normal(size=3), float(rng.normal()), rng.normal(size=3), int(rng.integers(2))
        before = w @ x + w0
        new_w, new_w0 = perceptron.update(w, w0, x, y, 0.5)
        moved = new_w @ x + new_w0 - before
        wanted = 0 if (before > 0) == bool(y) else (1 if y else -1)
        assert np.sign(round(moved, 12)) == wanted


def test_training_on_separable_samples_ends_with_the_first_epoch_without_an_error():
    X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 0, 0, 1])

    w, w0, errors = perceptron.train(X, y)

    assert [perceptron.predict(w, w0, x) for x in X] == y.tolist()
    assert errors[-1] == 0
    assert 0 not in errors[:-1]


def test_training_on_xor_uses_every_epoch():
    X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])

    _, _, errors = perceptron.train(X, y, max_epochs=17)

    assert len(errors) == 17
    assert min(errors) > 0


@pytest.mark.parametrize("decide", [perceptron.predict_at_least, perceptron.predict_without_bias])
def test_forms_of_update_agree_on_a_decision_of_zero_or_one(decide):
    rng = np.random.default_rng(2)
    for _ in range(50):
        w, w0, x, y = rng.normal(size=2), float(rng.normal()), rng.normal(size=2), int(rng.integers(2))
        forms = [form(w, w0, x, y, 0.5) for form in perceptron.update_resting_on(decide)]
        assert all(np.array_equal(w, forms[0][0]) and w0 == forms[0][1] for w, w0 in forms)


def test_f4_has_the_courses_values():
    """Deck 000, "What we learnt?"."""
    assert python_basics.f4(2) == 4
    assert python_basics.f4(2, 2) == 8
    # The one that is right on both of them.
    assert python_basics.f4_doubled(2) == 4
    assert python_basics.f4_doubled(2, 2) == 8


@pytest.mark.parametrize("module", [perceptron, python_basics, activations, gradcheck])
def test_examples_in_the_docstrings_hold(module):
    assert doctest.testmod(module, extraglobs={"np": np}).failed == 0
