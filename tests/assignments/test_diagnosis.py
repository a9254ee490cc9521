"""How a wrong result relates to the right one: told when it holds for all of them, and never a value."""

import numpy as np
import pytest

from assignments.diagnosis import Result, diagnose

VECTOR = np.array([1.5, -2.0, 3.5])
OTHER = np.array([[0.25, 4.0], [-6.5, 3.0]])


def told(change, *wants):
    return diagnose([Result(change(want), want) for want in wants or (VECTOR, OTHER)]) or ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda want: -want, "The sign is the wrong way round."),
        (lambda want: 2 * want, "2 times"),
        (lambda want: want / 2, "half of"),
        (lambda want: -want / 4, "a quarter of what was expected, and the sign"),
        (lambda want: want * want.size, "n times what was expected"),
        (lambda want: want / want.size, "divided by n"),
        (lambda want: want[..., None], "only the shape is not"),
        (lambda want: want[::-1], "in reverse order"),
        (lambda want: np.roll(want, 1, axis=None), "in another order"),
        (lambda want: want * 0, "Everything that came back is 0."),
        (abs, "a minus sign is lost"),
        (lambda want: want * np.where(want > 3, -1, 1), "not all of the signs"),
        (lambda want: 1 - want, "1 minus what was expected"),
        (lambda want: want**2, "the square of"),
        (lambda want: 1 / want, "1 divided by"),
        (lambda want: np.sqrt(np.abs(want)), "the square root of"),
        (np.exp, "the exponential of"),
        (lambda want: want + 0.7, "off by the same amount"),
        (lambda want: want * 1.0004, "about the first 3 digits agree"),
        (lambda want: want[1:], "one is missing at the start"),
        (lambda want: want[:-1], "one is missing at the end"),
        (lambda want: np.concatenate([want, want[:1]]), "one is too many at the end"),
    ],
)
def test_a_simple_relation_to_the_right_result_is_named(change, words):
    assert words in told(change)


def test_right_values_in_a_wrong_shape_come_with_the_way_to_the_right_one():
    column = told(lambda want: want[:, None], np.array([1.0, 2.0, 4.0]))
    row = told(lambda want: want[None, :], np.array([1.0, 2.0, 4.0]))
    single = diagnose([Result(np.array([want]), want) for want in (1.5, -2.0, 7.0)])

    assert column.endswith("They came back as a column with two axes: `.ravel()` gives one axis.")
    assert row.endswith("They came back as a row with two axes: `.ravel()` gives one axis.")
    assert "is there a comma behind the `return`" in single


def test_transposed_and_shifted_results_are_recognised():
    wide = np.arange(6.0).reshape(2, 3)

    assert told(np.transpose, wide, OTHER) == "It is the transpose of what was expected."
    assert "one place too far" in told(lambda want: np.roll(want, 1), np.array([1.0, 2.0, 4.0, 8.0]))


def test_a_sum_for_a_mean_is_recognised_by_the_sizes_of_what_was_given():
    wants = (1.75, -2.5, 40.0)
    results = [Result(want * size, want, sizes=frozenset({size})) for want, size in zip(wants, (3, 5, 8), strict=True)]

    assert "n times what was expected" in (diagnose(results) or "")


def test_terms_that_were_not_added_up_are_recognised():
    terms = [np.array([1.0, 2.5]), np.array([3.0, 4.0, 0.5]), np.array([-1.0, 9.0])]

    assert diagnose([Result(term, term.sum()) for term in terms]) == (
        "The terms are right, but they were not added up."
    )


def test_single_numbers_off_by_one_and_the_same_amount_are_told_together():
    results = [Result(want + 1.25, want) for want in (2.0, -7.0, 30.0)]

    assert diagnose(results) == "Every number is off by the same amount."


def test_relation_that_holds_for_some_results_only_is_not_told():
    assert diagnose([Result(2 * VECTOR, VECTOR), Result(3.7 * OTHER, OTHER)]) is None


@pytest.mark.parametrize("got", [VECTOR * 1.37, "x", None, VECTOR * np.nan, [1, [2]], 1j, object()])
def test_nothing_is_said_of_a_result_without_a_simple_relation(got):
    assert diagnose([Result(got, VECTOR)]) is None


def test_nothing_is_said_of_one_number_alone():
    """It may be twice another by chance, and saying so would give it away."""
    assert diagnose([Result(4.0, 2.0)]) is None
    assert diagnose([]) is None


def test_no_number_of_the_right_result_is_told():
    for change in (lambda want: -want, lambda want: want + 0.7, lambda want: want * 1.0004):
        assert not any(str(entry) in told(change) for entry in (*VECTOR, *OTHER.reshape(-1)))


def test_nothing_is_said_of_a_result_that_is_far_too_large():
    """Some thirty relations would be tried on each of its numbers, sorted and unsorted."""
    wanted = np.linspace(1, 2, 1_000_000)
    assert diagnose([Result(-wanted[:1000], wanted[:1000])]) is not None
    assert diagnose([Result(-wanted, wanted)]) is None
    assert diagnose([Result(-wanted, np.float64(3))] * 3) is None
