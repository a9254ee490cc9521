"""The forward pass by its definition, unit by unit, and its wrong variants against it."""

import math

import numpy as np
import pytest

from reference import losses, mlp
from reference.activations import sigmoid


def draw(inputs, hidden, outputs, seed=0):
    rng = np.random.default_rng(seed)
    shapes = (hidden, inputs), hidden, (outputs, hidden), outputs
    return tuple(rng.normal(size=shape) for shape in shapes)


def by_definition(x, W, b):
    sums = [sum(w * v for w, v in zip(row, x, strict=True)) + bias for row, bias in zip(W, b, strict=True)]
    return [1 / (1 + math.exp(-z)) for z in sums]


@pytest.mark.parametrize("sizes", [(2, 3, 2), (1, 1, 1), (4, 2, 5), (3, 3, 3)])
def test_forward_is_what_each_unit_gives_by_itself(sizes):
    W0, b0, W1, b1 = draw(*sizes)
    x = np.linspace(-1, 1, sizes[0])

    h, p = mlp.forward(x, W0, b0, W1, b1)

    assert h.tolist() == pytest.approx(by_definition(x, W0, b0), rel=1e-14)
    assert p.tolist() == pytest.approx(by_definition(h, W1, b1), rel=1e-14)


@pytest.mark.parametrize("samples", [1, 3, 4])
def test_row_of_a_batch_is_the_forward_pass_of_that_sample(samples):
    network = draw(2, 3, 4)
    X = np.random.default_rng(1).normal(size=(samples, 2))

    H, P = mlp.forward_batch(X, *network)

    assert (H.shape, P.shape) == ((samples, 3), (samples, 4))
    for row, x in enumerate(X):
        h, p = mlp.forward(x, *network)
        assert np.allclose(H[row], h, rtol=1e-14)
        assert np.allclose(P[row], p, rtol=1e-14)


def test_forward_agrees_with_the_trace_of_the_decks_network():
    network, x = mlp.deck_network(), np.array([0.05, 0.10])

    h, p = mlp.forward(x, network.W0, network.b0, network.W1, network.b1)

    assert h.tolist() == mlp.trace(x, network).h.tolist()
    assert p.tolist() == mlp.trace(x, network).p.tolist()


def test_network_of_right_layers_is_right_for_a_sample_and_for_a_batch():
    network, X = draw(4, 3, 2), np.random.default_rng(2).normal(size=(5, 4))
    composed = mlp.forward_with(mlp.layer, mlp.layer)

    assert np.allclose(composed(X, *network)[1], mlp.forward_batch(X, *network)[1], rtol=1e-14)
    assert np.allclose(composed(X[0], *network)[1], mlp.forward(X[0], *network)[1], rtol=1e-14)


SLIPS = [name for name in vars(mlp) if name.startswith("layer_")]


@pytest.mark.parametrize("name", SLIPS)
def test_layer_with_a_slip_differs_on_a_square_layer(name):
    rng = np.random.default_rng(3)
    x, W, b = rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=3)

    got = getattr(mlp, name)(x, W, b)

    assert got.shape == (3,)
    assert not np.allclose(got, mlp.layer(x, W, b), rtol=1e-3)


def test_sums_are_what_the_units_outputs_come_from():
    network, X = draw(4, 3, 2), np.random.default_rng(2).normal(size=(5, 4))

    sums = mlp.forward_sums(X, *network)

    for z, output in zip(sums, mlp.forward_batch(X, *network), strict=True):
        assert np.allclose(sigmoid(z), output, rtol=1e-14)


def test_first_row_is_a_batch_of_one():
    network, X = draw(4, 3, 2), np.random.default_rng(2).normal(size=(5, 4))

    H, P = mlp.forward_batch_first_row(X, *network)

    assert H.tolist() == mlp.forward_batch(X, *network)[0][:1].tolist()
    assert P.shape == (1, 2)


def test_layer_turned_round_where_square_is_right_elsewhere():
    x, b = np.array([1.0, -2.0]), np.zeros(2)
    square, wide = np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((3, 2))

    assert mlp.layer_transposed_where_square(x, square, b).tolist() == mlp.layer(x, square.T, b).tolist()
    assert mlp.layer_transposed_where_square(x, wide, b[:1]).tolist() == mlp.layer(x, wide, b[:1]).tolist()


@pytest.mark.parametrize(
    ("outputs", "want"), [(slice(1), 0.5), (slice(-1, None), 4.5), (slice(-1), 2.5), (slice(1, None), 6.5)]
)
def test_loss_of_some_outputs_leaves_the_others_out(outputs, want):
    assert losses.loss_through(outputs)(np.array([1.0, 2.0, 3.0]), np.zeros(3)) == want


@pytest.mark.parametrize(
    ("name", "error"), [("layer_transposed", ValueError), ("layer_transposed_in_loops", IndexError)]
)
def test_transposed_layer_raises_unless_it_is_square(name, error):
    with pytest.raises(error):
        getattr(mlp, name)(np.ones(2), np.ones((3, 2)), np.ones(3))


def test_softmax_layer_adds_up_to_one_and_survives_large_sums():
    out = mlp.layer_softmax(np.array([1000.0, -1000.0]), np.eye(2), np.zeros(2))

    assert out.tolist() == [1.0, 0.0]


def test_squared_loss_is_half_the_sum_of_squares():
    assert losses.squared_loss(np.array([0.5, 1.0, 0.0]), np.array([1.0, 0.0, 0.0])) == 0.625


def test_mean_without_the_half_is_right_for_two_outputs_only():
    """Why the assignment's cases have other numbers of outputs."""
    p, y = np.array([0.25, 0.5, 0.75]), np.array([1.0, 0.0, 0.5])

    assert losses.squared_loss_mean_without_half(p[:2], y[:2]) == losses.squared_loss(p[:2], y[:2])
    assert losses.squared_loss_mean_without_half(p, y) != losses.squared_loss(p, y)


@pytest.mark.parametrize(
    "name", [name for name in vars(losses) if name.startswith("squared_loss_") and "grad" not in name]
)
def test_wrong_loss_differs_with_three_outputs(name):
    p, y = np.array([0.3, -1.0, 2.0]), np.array([0.1, 0.5, 3.5])

    got = getattr(losses, name)(p, y)

    assert not np.allclose(got, losses.squared_loss(p, y), rtol=1e-3)
