"""Comparison: what is accepted, what is refused, and that its words give nothing away."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.compare import Kind, compare, same_form
from assignments.diagnosis import Result, diagnose
from assignments.language import Tolerance

TOLERANCE = Tolerance()
VECTOR = np.array([1.0, -2.0, 3.5])

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([10**400, -(10**400), 2**64, float("nan"), math.inf, np.float32(1.5), 1j, b"x", object])
    | st.sampled_from(
        [np.zeros(3), np.zeros((0, 3)), np.array(1.0), np.array(["a"]), np.array([None, 1], dtype=object)]
    ),
    lambda children: (
        st.lists(children, max_size=4)
        | st.lists(children, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2) | st.integers(), children, max_size=3)
    ),
    max_leaves=12,
)
wanted = st.sampled_from([
    VECTOR, 1.0, 0, True, np.eye(2), (VECTOR, 1.0), [1.0, 2.0, 3.0], {"W1": VECTOR, 2: 1.0}, [VECTOR, np.eye(2)], "a",
    None, math.inf, np.array([np.nan, 1.0]), np.int64(3), np.float32(2),
])  # fmt: skip


@pytest.mark.parametrize(
    ("got", "want"),
    [
        ([1, -2, 3.5], VECTOR),
        ((1, -2, 3.5), VECTOR),
        ([np.float32(1), np.int8(-2), 3.5], VECTOR),
        ([True, False], np.array([1.0, 0.0])),
        (True, 1),
        (4.0, 4),
        (4, 4.0),
        (np.float64(4), 4),
        (np.array(4.0), 4.0),
        (0.0, -0.0),
        ([VECTOR, 1], (VECTOR, 1.0)),
        (np.array([3.0, 4.0]), (3.0, 4.0)),
        ({"b": 1.0, "a": [1, 2], "more": "x"}, {"a": np.array([1.0, 2.0]), "b": 1}),
        ([np.zeros(2), np.zeros((2, 2))], [np.zeros(2), np.zeros((2, 2))]),
        (VECTOR.astype(np.float32) * np.float32(1 + 5e-5), VECTOR),
        (math.inf, math.inf),
        (np.array([np.nan, 1.0]), np.array([np.nan, 1.0])),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (5e-324, 0.0),
        (2**80, float(2**80)),
        (np.uint64(3), 3),
    ],
)
def test_values_within_tolerance_in_any_plain_form_are_equal(got, want):
    assert compare(got, want, TOLERANCE) is None


def test_tolerance_is_absolute_plus_relative_of_the_expected():
    edge = 1e-9 + 1e-6 * 100.0

    assert compare(100.0 + 0.99 * edge, 100.0, TOLERANCE) is None
    assert compare(100.0 + 1.01 * edge, 100.0, TOLERANCE) is not None
    assert compare(100.5, 100.0, Tolerance(rtol=0.01, atol=0)) is None


def test_float64_result_does_not_get_the_allowance_of_float32():
    assert compare(VECTOR * (1 + 5e-5), VECTOR, TOLERANCE) is not None


@pytest.mark.parametrize(
    ("got", "want"), [(1_250_001, 1_250_000), (1_250_001.0, 1_250_000), (2**60 + 1, 2**60), ([1_250_001], [1_250_000])]
)
def test_a_large_whole_number_is_not_its_neighbour(got, want):
    """A relative tolerance alone would let an off-by-one through from a million on."""
    assert compare(got, want, TOLERANCE) is not None


@pytest.mark.parametrize(
    ("got", "want", "message"),
    [
        (VECTOR[:, None], VECTOR, "shape (3, 1); expected (3,)"),
        (VECTOR[None], VECTOR, "shape (1, 3); expected (3,)"),
        (2.0, VECTOR, "a single number; expected an array of shape (3,)"),
        ([2.0], 2.0, "an array of shape (1,); expected a single number"),
        (np.zeros((0, 3)), VECTOR, "shape (0, 3); expected (3,)"),
        ((VECTOR,), (VECTOR, 1.0), "1 value; expected 2 values"),
        (1.0, (VECTOR, 1.0), "a single number; expected 2 values"),
        ({"W1": 1}, {"W1": 1, "b1": 2}, "a dict without 'b1'; expected 2 keys"),
        (1.0, {"W1": 1}, "a single number; expected a dict with 1 keys"),
    ],
)
def test_another_form_is_named_with_both_forms(got, want, message):
    difference = compare(got, want, TOLERANCE)

    assert difference is not None
    assert (difference.kind, difference.message) == (Kind.SHAPE, message)


@pytest.mark.parametrize(
    ("got", "words"),
    [
        ("1", "text"),
        (["1", "2", "3"], "text"),
        ([1, None, 3], "numbers only"),
        ([1, [2], 3], "unequal lengths"),
        (VECTOR * 1j, "complex"),
        (np.array([1, 2, None], dtype=object), "objects"),
        ([10**400, 1, 2], "too large"),
        (10**400, "too large"),
        ({"a": 1}, "dict"),
        (np.array(["2026-01-01"] * 3, dtype="M8[D]"), "datetime64"),
    ],
)
def test_what_is_no_number_is_unreadable(got, words):
    difference = compare(got, VECTOR, TOLERANCE)

    assert difference is not None
    assert difference.kind is Kind.UNREADABLE
    assert words in difference.message


def test_none_asks_for_the_return():
    difference = compare(None, VECTOR, TOLERANCE)

    assert difference is not None
    assert difference.message == "None. Is a `return` missing?"


@pytest.mark.parametrize(("bad", "word"), [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")])
def test_what_is_not_finite_is_refused_though_the_rest_is_right(bad, word):
    got = VECTOR.copy()
    got[1] = bad

    difference = compare(got, VECTOR, TOLERANCE)

    assert difference is not None
    assert difference.kind is Kind.NOT_FINITE
    assert difference.message == f"{word} in 1 of 3 entries; expected finite numbers"
    assert difference.where == "[1]"


def test_a_finite_number_is_not_an_expected_infinity():
    assert compare(1.0, math.inf, TOLERANCE) is not None
    assert compare(np.array([1.0, 2.0]), np.array([np.inf, 2.0]), TOLERANCE) is not None


def test_wrong_values_are_counted_and_measured():
    want = np.array([[1.0, 2.0], [4.0, 0.0]])
    got = np.array([[1.0, 2.5], [4.0, 0.25]])

    difference = compare(got, want, TOLERANCE)

    assert difference is not None
    assert difference.message == (
        "an array of the right shape (2, 2), but 2 of 4 entries are off, the most by 0.5 (relative 0.25)"
    )
    assert difference.where == "[0, 1]"


def test_the_place_within_a_structure_is_told():
    difference = compare({"W": [VECTOR, VECTOR + 1]}, {"W": (VECTOR, VECTOR)}, TOLERANCE)

    assert difference is not None
    assert difference.path == "'W', item 2 of 2"


def test_message_holds_no_number_of_the_expected_answer():
    want = np.array([123.456, 789.012])

    difference = compare(want + 1.0, want, TOLERANCE)

    assert difference is not None
    assert "123" not in difference.message
    assert "789" not in difference.message


def test_float32_gets_no_absolute_tolerance_where_there_is_none():
    """Entries far below 1e-6 would otherwise be right whatever they are."""
    tiny = np.array([0.25, 0.25**12])
    relative_only = Tolerance(rtol=1e-6, atol=0.0)

    assert compare(tiny.astype(np.float32), tiny, relative_only) is None
    assert compare(np.array([0.25, 0.0], dtype=np.float32), tiny, relative_only) is not None


def test_float32_with_wrong_values_is_still_wrong():
    assert compare((VECTOR * 1.001).astype(np.float32), VECTOR, TOLERANCE) is not None


def test_an_expectation_that_is_no_data_is_the_authors_error():
    with pytest.raises(TypeError, match="nothing can be compared"):
        compare(1.0, object(), TOLERANCE)


@given(plain, wanted)
def test_no_value_makes_the_comparison_raise_or_warn(got, want):
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        difference = compare(got, want, TOLERANCE)
        diagnose([Result(got, want)])
        same_form(got, want)

    assert difference is None or len(difference.message) < 400


def test_a_list_nested_five_hundred_deep_is_only_unreadable():
    deep: list = []
    for _ in range(500):
        deep = [deep]

    assert compare(deep, VECTOR, TOLERANCE) is not None
    assert compare(deep, [VECTOR, np.eye(2)], TOLERANCE) is not None


@pytest.mark.parametrize("got", [(1.0,), (1.0, VECTOR, 3.0), [1.0, VECTOR, VECTOR, VECTOR]])
def test_another_number_of_values_is_named_and_never_passed(got):
    difference = compare(got, (1.0, VECTOR), TOLERANCE)

    assert difference is not None
    assert difference.kind is Kind.SHAPE
    assert difference.message == f"{len(got)} value{'s' * (len(got) > 1)}; expected 2 values"


@pytest.mark.parametrize("wrap", [lambda value: (value,), lambda value: {"a": value}], ids=["tuples", "dicts"])
def test_values_nested_too_deeply_are_unreadable_and_never_an_error(wrap):
    deep = VECTOR
    for _ in range(12):
        deep = wrap(deep)

    difference = compare(deep, deep, TOLERANCE)

    assert difference is not None
    assert difference.kind is Kind.UNREADABLE


def test_same_form_compares_shapes_and_not_values():
    assert same_form(np.zeros((2, 3)), np.ones((2, 3)))
    assert same_form((np.zeros(2), 1.0), [np.ones(2), 3.0])
    assert not same_form(np.zeros((2, 3)), np.zeros((3, 2)))
    assert not same_form("x", "x")


def test_rows_of_an_array_are_counted_before_they_are_taken():
    """An array of a million million rows without an entry weighs nothing, until there is an object for each row."""
    difference = compare(np.empty((1 << 40, 0)), (1.0, 2.0), TOLERANCE)
    assert difference.kind == Kind.SHAPE
    assert difference.message == "1099511627776 values; expected 2 values"
