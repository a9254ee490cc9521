"""The analytic gradients against central differences, which know nothing of the chain rule."""

import numpy as np
import pytest

from reference import backprop, losses, mlp
from reference.activations import sigmoid, sigmoid_grad
from reference.gradcheck import central_differences, max_relative_error

# Central differences with h = 1e-6 keep about nine digits of a float64.
CLOSE = 1e-6


def draw_network(rng, *, inputs, hidden, outputs):
    return mlp.Network(
        rng.normal(size=(hidden, inputs)),
        rng.normal(size=hidden),
        rng.normal(size=(outputs, hidden)),
        rng.normal(size=outputs),
    )


@pytest.mark.parametrize(("inputs", "hidden", "outputs"), [(2, 3, 2), (1, 1, 1), (4, 2, 3), (3, 5, 1)])
@pytest.mark.parametrize("name", ["W0", "b0", "W1", "b1"])
def test_network_gradient_matches_central_differences(inputs, hidden, outputs, name):
    rng = np.random.default_rng(inputs * 100 + hidden * 10 + outputs)
    network = draw_network(rng, inputs=inputs, hidden=hidden, outputs=outputs)
    x, y = rng.normal(size=inputs), rng.normal(size=outputs)

    def loss(value):
        changed = mlp.Network(**{**network.__dict__, name: value})
        return losses.squared_loss(mlp.trace(x, changed).p, y)

    got = getattr(backprop.network_gradients(x, y, network), name)
    want = central_differences(loss, getattr(network, name))

    assert got.shape == want.shape
    assert max_relative_error(got, want) < CLOSE


@pytest.mark.parametrize("variant", ["network_gradients_without_slope", "network_gradients_first_output_only"])
def test_wrong_network_gradient_is_told_apart_by_central_differences(variant):
    rng = np.random.default_rng(7)
    network = draw_network(rng, inputs=2, hidden=3, outputs=2)
    x, y = rng.normal(size=2), rng.normal(size=2)

    got = getattr(backprop, variant)(x, y, network).W0
    right = backprop.network_gradients(x, y, network).W0

    assert max_relative_error(got, right) > 1e-3


def test_neuron_gradients_match_central_differences():
    rng = np.random.default_rng(3)
    x, w, b, y = rng.normal(size=4), rng.normal(size=4), 0.3, 0.9

    def loss(parameters):
        return float(0.5 * (sigmoid(parameters[:4] @ x + parameters[4]) - y) ** 2)

    dw, db = backprop.neuron_gradients(x, w, b, y)
    want = central_differences(loss, np.append(w, b))

    assert max_relative_error(np.append(dw, db), want) < CLOSE


def test_product_of_sum_has_the_decks_values_and_gradients():
    """Deck 003, "Backpropagation: a simple example"."""
    assert backprop.product_of_sum(-2, 5, -4) == (3, -12)
    assert backprop.product_of_sum_gradients(-2, 5, -4) == (-4, -4, 3)

    got = np.array(backprop.product_of_sum_gradients(1.5, -0.5, 2.5))
    want = central_differences(lambda v: backprop.product_of_sum(*v)[1], np.array([1.5, -0.5, 2.5]))
    assert max_relative_error(got, want) < CLOSE


def test_squared_loss_gradient_matches_central_differences():
    p, y = np.array([0.3, -1.0, 2.0]), np.array([0.1, 0.5, 2.5])

    want = central_differences(lambda value: losses.squared_loss(value, y), p)

    assert max_relative_error(losses.squared_loss_grad(p, y), want) < CLOSE


def test_sigmoid_gradient_matches_central_differences():
    z = np.linspace(-4, 4, 9)

    want = central_differences(lambda value: float(sigmoid(value).sum()), z)

    assert max_relative_error(sigmoid_grad(z), want) < CLOSE


def test_sigmoid_neither_overflows_nor_warns_far_out():
    with np.errstate(all="raise", under="ignore"):
        assert sigmoid(np.array([-1000.0, 1000.0])).tolist() == [0.0, 1.0]


def test_decks_network_gives_the_decks_forward_numbers():
    """Deck 003, "Calculate the square loss"."""
    x, y = np.array([0.05, 0.10]), np.array([0.01, 0.99])

    passed = mlp.trace(x, mlp.deck_network())

    assert np.round(passed.z_hidden, 4).tolist() == [0.4775, 0.4925, 0.5075]
    assert np.round(passed.h, 4).tolist() == [0.6172, 0.6207, 0.6242]
    assert np.round(passed.z_output, 4).tolist() == [1.8245, 2.1038]
    assert np.round(passed.p, 4).tolist() == [0.8611, 0.8913]
    assert round(losses.squared_loss(passed.p, y), 4) == 0.3671


def test_decks_network_gives_the_courses_gradients():
    x, y, network = np.array([0.05, 0.10]), np.array([0.01, 0.99]), mlp.deck_network()

    gradient = backprop.network_gradients(x, y, network)

    assert round(float(gradient.W1[0, 0]), 4) == 0.0628
    assert round(float(gradient.W0[0, 0]), 6) == 0.000528
    assert round(float(0.5 - 0.5 * gradient.W1[0, 0]), 4) == 0.4686
    one_path = backprop.network_gradients_first_output_only(x, y, network)
    assert round(float(one_path.W0[0, 0]), 6) == 0.000601


def test_max_relative_error_of_equal_and_of_empty_arrays_is_zero():
    assert max_relative_error(np.ones(3), np.ones(3)) == 0.0
    assert max_relative_error(np.ones(0), np.ones(0)) == 0.0
