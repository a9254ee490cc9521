"""Counting parameters, logic by step units, vanishing gradients and momentum: against their definitions."""

import doctest
import itertools

import numpy as np
import pytest

from reference import activations, gradcheck, logic, momentum, parameters, vanishing


@pytest.mark.parametrize("module", [parameters, logic, vanishing, momentum], ids=lambda module: module.__name__)
def test_examples_in_the_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


# --- parameters -------------------------------------------------------------------------------------------------------


def test_the_numbers_of_the_lectures():
    digits, keras = [784, 512, 256, 10], [2, 4, 6, 6, 4, 1]

    assert parameters.count_parameters(digits, bias=False) == 535040
    assert parameters.count_parameters(digits) == 535818
    assert parameters.count_parameters(keras) == 117


def test_count_is_the_size_of_the_arrays_themselves():
    rng = np.random.default_rng(2)
    for _ in range(50):
        sizes = [int(size) for size in rng.integers(1, 20, rng.integers(2, 7))]
        weights = [np.zeros((m, n)) for n, m in itertools.pairwise(sizes)]
        biases = [np.zeros(m) for m in sizes[1:]]

        assert parameters.count_parameters(sizes, bias=False) == sum(array.size for array in weights)
        assert parameters.count_parameters(sizes) == sum(array.size for array in weights + biases)


# --- logic ------------------------------------------------------------------------------------------------------------

NETWORKS = {
    "OR": logic.or_network,
    "AND": logic.and_network,
    "NAND": logic.nand_network,
    "XOR": logic.xor_network,
    "XNOR": logic.xnor_network,
}


@pytest.mark.parametrize("gate", NETWORKS)
def test_network_has_the_truth_table_of_its_name(gate):
    assert logic.truth_table(*NETWORKS[gate]()) == logic.TRUTH[gate]


def test_truth_tables_are_those_of_logic():
    pairs = [(bool(a), bool(b)) for a, b in logic.INPUTS]

    assert logic.TRUTH["OR"] == tuple(a or b for a, b in pairs)
    assert logic.TRUTH["AND"] == tuple(a and b for a, b in pairs)
    assert logic.TRUTH["XOR"] == tuple(a != b for a, b in pairs)
    for one, other in (("OR", "NOR"), ("AND", "NAND"), ("XOR", "XNOR")):
        assert logic.TRUTH[other] == tuple(1 - said for said in logic.TRUTH[one])


def test_no_single_unit_computes_xor():
    """The four conditions contradict each other; a grid of weights shows it as well as paper does."""
    grid = np.linspace(-2, 2, 17)
    tables = {
        tuple(int(w0 * a + w1 * b + bias > 0) for a, b in logic.INPUTS)
        for w0, w1, bias in itertools.product(grid, repeat=3)
    }

    assert logic.TRUTH["OR"] in tables
    assert logic.TRUTH["NAND"] in tables
    assert not {logic.TRUTH["XOR"], logic.TRUTH["XNOR"]} & tables


def test_sum_of_exactly_zero_says_zero():
    network = (np.array([[1.0, 0.0]]), np.array([0.0]), np.array([[1.0]]), np.array([0.0]))

    assert logic.truth_table(*network) == (0, 0, 1, 1)
    assert logic.truth_table_at_least(*network) == (1, 1, 1, 1)


# --- vanishing gradients ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("z", [-2.0, -0.3, 0.0, 1.0, 3.0])
def test_factor_is_the_derivative_through_the_layers(z):
    """Layers whose weight and bias keep z where it is: their chain has the derivative that the entries say."""

    def through(layers):
        def chain(x):
            for _ in range(layers):
                # The bias brings the next layer's input back to z.
                x = activations.sigmoid(x) - activations.sigmoid(z) + z
            return float(x[0])

        return float(gradcheck.central_differences(chain, np.array([z]))[0])

    want = [through(layers) for layers in (1, 2, 3)]

    np.testing.assert_allclose(vanishing.gradient_through_layers(3, z), want, rtol=1e-6, atol=1e-9)


def test_factors_have_their_shape_and_shrink():
    factors = vanishing.gradient_through_layers(12, 0.7)

    assert factors.shape == (12,)
    assert factors.dtype == np.float64
    assert (np.diff(factors) < 0).all()
    assert factors[0] < 0.25


# --- momentum ---------------------------------------------------------------------------------------------------------


def test_momentum_gathers_speed_on_a_slope():
    """Under a constant gradient the velocity tends to -η g / (1 - β)."""
    w, v, grad = np.zeros(2), np.zeros(2), np.array([1.0, -2.0])
    for _ in range(300):
        w, v = momentum.momentum_update(w, v, grad, lr=0.1, beta=0.9)

    np.testing.assert_allclose(v, -0.1 * grad / (1 - 0.9), rtol=1e-9)


def test_momentum_of_none_is_gradient_descent_and_leaves_its_arguments_alone():
    w, v, grad = np.array([1.0, 2.0]), np.array([5.0, 5.0]), np.array([0.5, -1.0])

    new_w, new_v = momentum.momentum_update(w, v, grad, lr=0.2, beta=0.0)

    np.testing.assert_allclose(new_w, w - 0.2 * grad)
    np.testing.assert_allclose(new_v, -0.2 * grad)
    assert (w.tolist(), v.tolist(), grad.tolist()) == ([1.0, 2.0], [5.0, 5.0], [0.5, -1.0])
