"""Where an answer is wrong: told from the checks of a made-up question, without a number of any of them."""

from decimal import Decimal

import numpy as np
import pytest

from assignments.language import Check, Code, Part
from assignments.mistakes import Trial
from assignments.patterns import CONSTANT, SHOWN_ONLY, describe
from assignments.script import call
from worker.wire import play_trusted

NUMBERS = (1.5, -2.0, 30.0, 250.0, 0.01, -400.0)
ARRAYS = (np.array([1.0, -2.0, 3.0]), np.array([[4.0, 5.0, -6.0], [0.5, -7.0, 8.0]]))


def told(right, wrong, arguments=(*NUMBERS, *ARRAYS), shown=0):
    checks = [Check(f"case {at}", call("f", value), visible=at < shown) for at, value in enumerate(arguments)]
    code = Code(reference={"f": right}, checks=lambda rng: checks)
    outcomes = [play_trusted(check.script, {"f": wrong}) for check in checks]
    trial = Trial(code, (Part("value", Decimal(1)),), checks, outcomes, play_trusted)
    return describe(trial, trial.parts[0])


def square(x):
    return np.multiply(x, x)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda x: x**2 if np.ndim(x) == 0 else x, "It is right but for calls with arrays."),
        (lambda x: x**2 if np.ndim(x) else x + 1.7, "It is right only for calls with arrays."),
        (lambda x: x**2 if np.ndim(x) < 2 else 3 * x**2, "It is right but for calls with arrays of rows and columns."),
        (lambda x: x**2 if np.all(np.asarray(x) > 0) else -(x**2), "It is right but for calls with negative numbers."),
        (lambda x: x**2 if np.max(np.abs(x)) < 100 else x**2 + 9, "It is right but for calls with large numbers."),
        (lambda x: np.where(np.asarray(x) < 0, 0, x**2), "It is right but for calls with negative numbers."),
    ],
)
def test_kind_of_call_that_goes_wrong_is_told(wrong, words):
    assert told(square, wrong) == words


NEGATIVE = (-0.5, -2.0, -3.0, -4.0)
MIXED = (*NEGATIVE, *np.linspace(1.5, 9.5, 9))


@pytest.mark.parametrize(
    ("wrong_for", "words"),
    [
        (NEGATIVE[1:], "Only calls with negative numbers go wrong."),
        (NEGATIVE[1:2], None),  # one call in thirteen is negative by chance often enough
    ],
)
def test_part_of_a_kind_is_told_where_it_is_no_chance(wrong_for, words):
    assert told(square, lambda x: x**2 + 9.0 * x**3 * (x in wrong_for), MIXED) == words


def test_crash_on_one_kind_of_call_is_told_too():
    import math

    assert told(square, lambda x: math.pow(x, 2)) == "It is right but for calls with arrays."


def test_several_arrays_that_came_back_are_no_rows_of_one():
    def both(x):
        return x + 1.0, 2.0 * x

    arrays = [np.array([1.0, -2.0, 3.0]), np.array([4.0, 7.0]), np.array([0.5, 2.0, 9.0])]

    assert told(both, lambda x: (x + 1.0, -2.0 * x), arrays) is None


def test_kind_of_entry_is_told_where_the_calls_have_all_kinds():
    arrays = [np.array([1.0, -2.0, 3.0]), np.array([-1.0, 5.0]), np.array([[2.0, -9.0], [-4.0, 1.0]])]

    assert told(lambda x: np.maximum(x, 0), np.abs, arrays) == "It is right but where the argument is negative."


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda x: np.concatenate([x[:-1], x[-1:] + 1]), "the last row"),
        (lambda x: np.concatenate([x[:1], x[1:] + 1]), "all rows after the first"),
        (lambda x: np.hstack([x[:, :1] + 1, x[:, 1:]]), "the first column"),
        (lambda x: x + np.eye(*x.shape), "the diagonal"),
    ],
)
def test_place_of_the_wrong_entries_is_told(spoil, words):
    arrays = [np.arange(12.0).reshape(3, 4) + 1, np.ones((4, 5)), np.full((3, 3), 7.0)]

    assert told(square, lambda x: spoil(square(x)), arrays) == f"It is right but for {words}."


def test_constant_answer_is_told():
    assert told(square, lambda x: 2.25, NUMBERS) == CONSTANT


def test_code_written_for_the_cases_shown_is_told():
    known = {1.5: 2.25, -2.0: 4.0}

    assert told(square, lambda x: known.get(x, 1.0), NUMBERS, shown=2) == SHOWN_ONLY


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda x: 1, "It is 1 whatever the function is given"),
        (lambda x: int(x > 100), "It is 0 where 1 is due, and never the other way round"),
        (lambda x: int(x >= -2.0), "It is 1 where 0 is due, and never the other way round"),
        (lambda x: int(x < 0), "Nearly every answer is the opposite"),
        (lambda x: int(x > 100 or x < -100), "It errs both ways"),
        (lambda x: 2 * int(x > 0), "Every answer is to be 0 or 1, and other numbers came back."),
    ],
)
def test_decisions_are_told_by_the_side_they_err_on(wrong, words):
    assert words in (told(lambda x: int(x > 0), wrong, NUMBERS) or "")


def test_nothing_is_told_where_nothing_is_wrong_or_nothing_simple():
    assert told(square, square) is None
    assert told(square, lambda x: np.exp(np.asarray(x) / 300), NUMBERS) is None


def test_odd_results_are_only_left_aside():
    for odd in (None, "x", {"a": 1}, [[1], [2, 3]], np.nan, np.array([])):
        told(square, lambda x, odd=odd: odd if np.ndim(x) else x)
