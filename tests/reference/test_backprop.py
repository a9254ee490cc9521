"""The analytic gradients against central differences, which know nothing of the chain rule."""

import numpy as np
import pytest

from reference import backprop, backprop_slips, graph_slips, losses, mlp
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


@pytest.mark.parametrize("name", ["x", "y", "z"])
def test_graph_gradient_matches_central_differences(name):
    rng = np.random.default_rng(5)
    arrays = {letter: rng.normal(size=(3, 4)) for letter in "xyz"}

    got = dict(zip("xyz", backprop.graph_gradients(**arrays), strict=True))[name]
    want = central_differences(lambda value: backprop.graph(**{**arrays, name: value}), arrays[name])

    assert max_relative_error(got, want) < CLOSE


def test_gradients_by_parameter_are_the_networks_in_the_order_of_the_parameters():
    network = draw_network(np.random.default_rng(6), inputs=4, hidden=3, outputs=2)
    x, y = np.ones(4), np.zeros(2)

    got = backprop.network_gradients_by_parameter(x, y, network.W0, network.b0, network.W1, network.b1)

    want = backprop.network_gradients(x, y, network)
    assert [g.tolist() for g in got] == [want.W0.tolist(), want.b0.tolist(), want.W1.tolist(), want.b1.tolist()]


def test_right_steps_make_the_right_gradients():
    network = draw_network(np.random.default_rng(8), inputs=4, hidden=3, outputs=2)
    x, y = np.ones(4), np.zeros(2)

    got = backprop.network_gradients_with(backprop.Steps())(x, y, network)

    assert np.allclose(got.W0, backprop.network_gradients(x, y, network).W0, rtol=1e-14)
    assert np.allclose(got.W1, backprop.network_gradients(x, y, network).W1, rtol=1e-14)
    dw, db = backprop.neuron_gradients_with(backprop.Steps())(x, network.W0[0], 0.5, 1.0)
    want = backprop.neuron_gradients(x, network.W0[0], 0.5, 1.0)
    assert np.allclose(np.append(dw, db), np.append(*want), rtol=1e-14)


LINES = {
    "loss_grad": [name for name in vars(backprop_slips) if name.startswith("error_")],
    "output_slope": [name for name in vars(backprop_slips) if name.startswith("slope_")],
    "hidden_slope": [name for name in vars(backprop_slips) if name.startswith("slope_")],
    "paths": [
        "only_first_path",
        "only_last_path",
        "averaged_paths",
        "paths_without_weights",
        "paths_transposed",
        "paths_transposed_where_square",
    ],
    "outer_output": ["outer_transposed", "outer_without_inputs"],
    "outer_hidden": ["outer_transposed", "outer_without_inputs"],
}


@pytest.mark.parametrize(("line", "name"), [(line, name) for line, names in LINES.items() for name in names])
def test_wrong_line_is_told_apart_by_central_differences(line, name):
    """All layers have the same size: nothing shows in a shape."""
    rng = np.random.default_rng(9)
    network = draw_network(rng, inputs=3, hidden=3, outputs=3)
    x, y = rng.normal(size=3), rng.normal(size=3)
    parameters = network.__dict__

    def loss(value, which):
        return losses.squared_loss(mlp.trace(x, mlp.Network(**{**parameters, which: value})).p, y)

    got = backprop.network_gradients_with(backprop.Steps(**{line: getattr(backprop_slips, name)}))(x, y, network)
    errors = [
        max_relative_error(getattr(got, which), central_differences(lambda v, w=which: loss(v, w), parameters[which]))
        for which in ("W0", "W1")
    ]

    assert max(errors) > 1e-2


@pytest.mark.parametrize("outputs", [slice(-1), slice(1, None), slice(2)])
def test_way_back_through_some_outputs_leaves_the_others_out(outputs):
    W1, dz = np.array([[1.0], [10.0], [100.0]]), np.array([0.5, 0.25, 2.0])

    got = backprop_slips.paths_through(outputs)(W1, dz, np.outer(dz, [1.0]))

    assert got.tolist() == [sum([0.5, 2.5, 200.0][outputs])]
    assert backprop_slips.paths_through(slice(1, None))(W1[:1], dz[:1], W1[:1]).tolist() == [0.0]


def test_gradients_of_the_neuron_come_from_two_ways_back():
    x, w = np.array([1.0, -2.0]), np.array([0.5, 0.25])
    wrong = backprop.neuron_gradients_with(backprop.Steps(loss_grad=backprop_slips.error_negated))
    dw, db = backprop.neuron_gradients(x, w, 0.5, 1.0)

    got = backprop_slips.neuron_gradients_apart(wrong, backprop.neuron_gradients)(x, w, 0.5, 1.0)

    assert got[0].tolist() == (-dw).tolist()
    assert got[1] == db


def test_gradients_of_the_graph_are_scaled_one_by_one():
    x, y, z = (np.full((2, 3), value) for value in (2.0, 3.0, 4.0))

    got = graph_slips.graph_gradients_times(1, -1, 2)(x, y, z)
    turned = graph_slips.graph_gradients_factors_transposed(x, y, z)

    assert [grad[0, 0] for grad in got] == [3.0, -2.0, 2.0]
    assert [grad.shape for grad in turned] == [(3, 2), (3, 2), (2, 3)]


@pytest.mark.parametrize("rate", [1.0, 0.001])
def test_way_back_after_an_update_is_off_by_the_step(rate):
    W1, dz, dW1 = np.array([[1.0, 2.0]]), np.array([0.5]), np.array([[3.0, 4.0]])

    got = backprop_slips.paths_after_update(rate)(W1, dz, dW1)

    assert got.tolist() == [0.5 * (1 - 3 * rate), 0.5 * (2 - 4 * rate)]
