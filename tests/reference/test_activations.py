"""The activation functions against their formulas in exact arithmetic, and their derivatives against differences."""

import doctest
import math
import warnings

import numpy as np
import pytest

from reference import activations as h
from reference.gradcheck import central_differences, max_relative_error

# Central differences with h = 1e-6 keep about nine digits of a float64.
CLOSE = 1e-6
Z = np.array([-6.0, -2.5, -0.3, -0.001, 0.002, 0.4, 1.7, 5.5])

FORMULAS = {
    "identity": lambda z: z,
    "step": lambda z: 1.0 if z > 0 else 0.0,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": lambda z: (math.exp(z) - math.exp(-z)) / (math.exp(z) + math.exp(-z)),
    "relu": lambda z: max(z, 0.0),
    "softplus": lambda z: math.log(1 + math.exp(z)),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_function_is_its_formula(name):
    got = getattr(h, name)(Z)

    assert np.allclose(got, [FORMULAS[name](z) for z in Z], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ["identity", "sigmoid", "tanh", "relu", "softplus"])
def test_derivative_matches_central_differences(name):
    function, derivative = getattr(h, name), getattr(h, f"{name}_grad")

    want = [central_differences(lambda v: float(function(v)[0]), np.array([z]))[0] for z in Z]

    assert max_relative_error(derivative(Z), np.array(want)) < CLOSE


@pytest.mark.parametrize("name", [*FORMULAS, "sigmoid_grad", "tanh_grad", "relu_grad", "softplus_grad"])
@pytest.mark.parametrize("z", [3, -0.5, np.array(0.5), np.ones((4, 1)), np.ones((2, 3, 4)), np.array([1, -2])])
def test_shape_is_kept_and_the_result_is_float(name, z):
    got = getattr(h, name)(z)

    assert got.shape == np.shape(z)
    assert got.dtype == np.float64


@pytest.mark.parametrize("name", [*FORMULAS, "sigmoid_grad", "tanh_grad", "relu_grad", "softplus_grad"])
def test_nothing_overflows_far_out(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = getattr(h, name)(np.array([-1000.0, 1000.0, -750.0, 750.0]))

    assert np.isfinite(got).all()


@pytest.mark.parametrize(
    ("variant", "formula"),
    [
        ("sigmoid_exp_plus", lambda z: 1 / (1 + math.exp(z))),
        ("sigmoid_grad_fed_z", lambda z: z * (1 - z)),
        ("sigmoid_grad_half_fed_z", lambda z: (1 - z) / (1 + math.exp(-z))),
        ("tanh_half", lambda z: 2 / (1 + math.exp(-z)) - 1),
        ("tanh_grad_fed_z", lambda z: 1 - z**2),
        ("tanh_grad_square_inside", lambda z: 1 - math.tanh(z**2)),
        ("relu_absolute", abs),
        ("relu_negative_side", lambda z: min(z, 0.0)),
        ("softplus_as_printed", lambda z: math.log(1 + math.exp(z))),
        ("softplus_exp_minus", lambda z: math.log(1 + math.exp(-z))),
        ("softplus_grad_fed_z", lambda z: 1 - math.exp(-z)),
    ],
)
def test_wrong_variant_is_what_its_name_says(variant, formula):
    assert np.allclose(getattr(h, variant)(Z), [formula(z) for z in Z], rtol=1e-12, atol=1e-12)


def test_examples_of_the_docstrings_hold():
    assert doctest.testmod(h, extraglobs={"np": np}).failed == 0
