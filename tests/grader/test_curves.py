"""What is said of a student's curve, whatever came out of the box."""

from __future__ import annotations

import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.services import curves
from grader.services.curves import Shape

NOISE = random.Random(7)
SHELF = [1, 0.5, *[0.4] * 10]
DECAY = [0.5 * math.exp(-at / 20) for at in range(100)]


def noisy(values, size):
    return [value + NOISE.gauss(0, size) for value in values]


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        ([], Shape.NOTHING),
        ([3], Shape.POINT),
        ([3, 2, 1, 0], Shape.FALLS),
        (DECAY, Shape.FALLS),
        (noisy([0.2 + value for value in DECAY], 0.01), Shape.FALLS),  # the jitter of mini-batches
        ([math.exp(-at / 40) for at in range(1000)], Shape.FALLS),  # over ten decades
        ([0.7] * 50, Shape.STALLS),
        (noisy([0.7] * 50, 0.001), Shape.STALLS),
        ([0, 0, 0], Shape.STALLS),
        ([1, 2, 3], Shape.RISES),
        ([-3, -2, -1], Shape.RISES),
        ([0, 0, 1], Shape.RISES),
        ([1, 4, 30], Shape.RISES),  # a good way up, and no explosion
        ([1, 10, 1e3, 1e5], Shape.EXPLODES),
        ([1, 2, None], Shape.EXPLODES),
        ([None, None], Shape.EXPLODES),
        ([3, 0, 3, 1, 3, 0], Shape.JUMPS),
        ([0.7, 0.2] * 20, Shape.JUMPS),
        ([5, 3, 1, 2, 4], Shape.FALLS_THEN_RISES),
        ([1, 1e-2, 1e-4, 1e-3, 1e-2], Shape.FALLS_THEN_RISES),  # a rise that only the decades show
        ([1, 4, 2, 0], Shape.RISES_THEN_FALLS),
        ([3, 1, 1.2, 1, 0.9, 1], Shape.FALLS),  # a small rise is none
    ],
)
def test_a_shape_is_recognised(values, shape):
    assert curves.read(values).shape is shape


def test_a_curve_that_still_falls_does_not_level_off():
    still, level = ([1 - at / 10 for at in range(10)], [1, 0.5, *[0.1] * 8])

    assert curves.read(still).sentence == "It falls from 1 to 0.1."
    assert curves.read(level).sentence == "It falls from 1 to 0.1, and levels off."


@pytest.mark.parametrize(
    ("student", "reference", "words"),
    [
        ([3, 1, 0], [2, 0], "It falls from 3 to 0. The reference ends at the same value."),
        ([0.35] * 9, [0.6], "It stalls: it stays at 0.35 throughout. The reference ends at 0.6."),
        (SHELF, [1, 0.01], "It falls from 1 to 0.4, and then stalls there. The reference ends well below, at 0.01."),
        (SHELF, [1, 0.4], "It falls from 1 to 0.4, and levels off. The reference ends at the same value."),
        ([5, 1, 4], [], "It falls to 1 (epoch 2), then rises to 4."),
        ([1, None], [1, 0.5], "It explodes: value 2 of 2 is not a finite number."),
        ([0, 0], [0, 0], "It is 0 throughout. The reference ends at the same value."),
    ],
)
def test_the_sentence_has_the_numbers_and_compares_the_ends(student, reference, words):
    assert curves.says(student, reference, "epoch") == words


def test_hostile_values_become_what_json_carries():
    found = curves.finite([1, "2", None, "x", float("nan"), float("inf"), 10**400, True, [1]])
    assert found == [1.0, 2.0, None, None, None, None, None, 1.0, None]
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert len(curves.finite(range(10**6))) == curves.MAX_VALUES


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=60))
def test_whatever_comes_something_is_said(values):
    words = curves.says(curves.finite(values), [1.0, 0.1], "pass")
    assert words.startswith(("It ", "There is no curve", "None of"))
    assert "nan" not in words.split()
