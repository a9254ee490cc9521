"""The first network against the deck's numbers, and its gradients against central differences."""

import copy
import inspect
import itertools

import numpy as np
import pytest

from reference import first_network as network
from reference import first_network_training as learning
from reference.gradcheck import central_differences, max_relative_error

# Central differences with h = 1e-6 keep about nine digits of a float64.
CLOSE = 1e-6


def draw(rng, inputs, hidden, outputs):
    return network.create(
        inputs,
        hidden,
        outputs,
        rng.normal(size=hidden * inputs).tolist(),
        0.4,
        rng.normal(size=outputs * hidden).tolist(),
        -0.3,
    )


def variants(module, prefix):
    functions = inspect.getmembers(module, inspect.isfunction)
    return [name for name, function in functions if name.startswith(prefix) and function.__module__ == module.__name__]


def test_outputs_and_loss_are_the_decks():
    nn = network.deck_network()

    assert network.feed_forward(nn, network.DECK_X).round(4).tolist() == [0.8611, 0.8913]
    assert round(network.total_error(nn, network.DECK_X[None], network.DECK_Y[None]), 4) == 0.3671


def test_a_thousand_steps_end_at_the_loss_of_fixed_biases():
    losses = learning.losses(1000, 5)

    assert len(losses) == 201
    assert all(later < earlier for earlier, later in itertools.pairwise(losses))
    # COURSE gives 0.00058347.
    assert losses[-1] == pytest.approx(0.00058347, abs=5e-9)


@pytest.mark.parametrize("sizes", [(2, 3, 2), (1, 1, 1), (4, 2, 3), (3, 5, 1)])
@pytest.mark.parametrize("name", ["W0", "b0", "W1", "b1"])
def test_gradient_matches_central_differences(sizes, name):
    rng = np.random.default_rng(sum(sizes))
    nn = draw(rng, *sizes)
    x, y = rng.normal(size=sizes[0]), rng.uniform(size=sizes[2])

    def loss(value):
        changed = copy.deepcopy(nn)
        setattr(changed, name, value)
        return network.total_error(changed, x[None], y[None])

    got = getattr(learning.backward(nn, x, y), name)

    assert got.shape == getattr(nn, name).shape
    assert max_relative_error(got, central_differences(loss, getattr(nn, name))) < CLOSE


def test_training_changes_the_weights_in_place_and_no_bias():
    nn = network.deck_network()
    before = copy.deepcopy(nn)

    assert learning.train(nn, network.DECK_X, network.DECK_Y, 0.5) is None
    assert not np.array_equal(nn.W0, before.W0)
    assert not np.array_equal(nn.W1, before.W1)
    assert np.array_equal(nn.b0, before.b0)
    assert np.array_equal(nn.b1, before.b1)


@pytest.mark.parametrize("name", variants(learning, "train_"))
def test_every_wrong_step_leads_elsewhere(name):
    rng = np.random.default_rng(4)
    right = draw(rng, 3, 4, 2)
    wrong = copy.deepcopy(right)
    x, y = rng.normal(size=3), rng.uniform(size=2)

    learning.train(right, x, y, 1.5)
    getattr(learning, name)(wrong, x, y, 1.5)

    assert not np.allclose(network.feed_forward(right, x), network.feed_forward(wrong, x), rtol=1e-5)


@pytest.mark.parametrize("name", [n for n in variants(network, "feed_forward_") if n[-3:] not in {"umn", "row"}])
def test_every_wrong_forward_pass_says_something_else(name):
    rng = np.random.default_rng(5)
    nn, x = draw(rng, 3, 4, 2), rng.normal(size=3)

    got = getattr(network, name)(nn, x)

    assert got.shape != (2,) or not np.allclose(got, network.feed_forward(nn, x), rtol=1e-4)


def test_what_is_not_given_is_drawn_anew():
    first, second = network.create(2, 3, 2), network.create(2, 3, 2)

    for name in ("W0", "b0", "W1", "b1"):
        assert not np.array_equal(getattr(first, name), getattr(second, name))


def test_a_bias_of_zero_is_a_bias():
    assert not network.create(2, 3, 2, hidden_layer_bias=0).b0.any()
