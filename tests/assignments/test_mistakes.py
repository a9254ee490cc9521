"""Matching a wrong answer to a mistake known by name."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from assignments.language import Check, Code, Fault, Mistake, Part
from assignments.script import Outcome, Status, call
from assignments.verdict import Verdict
from tests.assignments.builders import grade, grade_outcomes, make_judge


def layer(W, x, b):
    return W @ x + b


def layer_checks(rng):
    """Cases that tell mistakes apart only together: a bias of 0, a square net, then general ones."""
    shapes = [(2, 2, 0.0), (3, 3, 1.0), (2, 3, 0.0), (4, 2, 1.0)]
    return [
        Check(
            f"{rows}x{columns}, bias {scale}",
            call("layer", rng.normal(size=(rows, columns)), rng.normal(size=columns), scale * rng.normal(size=rows)),
        )
        for rows, columns, scale in shapes
    ]


def wrong(name, function, **changes):
    return Mistake(name, f"Words about {name}.", {"layer": function}, **changes)


BIAS = wrong("bias-forgotten", lambda W, x, b: W @ x)
TRANSPOSED = wrong("transposed", lambda W, x, b: W.T @ x + b)
SIGN = wrong("sign", lambda W, x, b: -(W @ x + b), keeps=Fraction(1, 4))
COLUMN = wrong("column", lambda W, x, b: (W @ x + b)[:, None])


def judge_layer(*mistakes, **changes):
    return make_judge({"q": Code({"layer": layer}, layer_checks, mistakes, **changes)})


ALL = judge_layer(BIAS, TRANSPOSED, SIGN, COLUMN)


@pytest.mark.parametrize(
    ("function", "name", "score"),
    [
        (lambda W, x, b: np.dot(W, x), "bias-forgotten", 0),
        (lambda W, x, b: list(-b - W @ x), "sign", Decimal("2.5")),
        (lambda W, x, b: x @ W + b, "transposed", 0),
        (lambda W, x, b: np.stack([W @ x + b], axis=1), "column", 0),
    ],
)
def test_a_mistake_is_named_whatever_way_it_is_written(function, name, score):
    result = grade(ALL, {"layer": function})

    assert (result.mistake, result.score) == (name, score)
    assert result.feedback[0] == f"Words about {name}."


def test_a_mistake_that_shows_on_some_checks_overrides_their_share():
    """The bias is 0 in half of the cases, which alone would keep half of the points."""
    result = grade(ALL, {"layer": lambda W, x, b: W @ x})

    assert [check.verdict for check in result.checks].count(Verdict.PASSED) == 2
    assert (result.mistake, result.score) == ("bias-forgotten", 0)


def test_an_answer_that_is_right_where_the_mistake_is_wrong_is_not_named():
    def sometimes(W, x, b):
        return W @ x + (b if len(b) == 3 else 0)

    result = grade(ALL, {"layer": sometimes})

    assert (result.mistake, result.score) == (None, Decimal("7.5"))


def test_an_answer_that_is_wrong_where_the_mistake_is_right_is_not_named():
    def worse(W, x, b):
        return W @ x + 0.1 * (W.shape == (2, 2))

    assert grade(ALL, {"layer": worse}).mistake is None


def test_a_crash_is_recognised_by_its_exception_and_only_where_the_variant_crashes_too():
    def other_exception(W, x, b):
        return W.T @ x + b if W.shape[0] == W.shape[1] else {}["no"]

    assert grade(ALL, {"layer": lambda W, x, b: W.T @ x + b}).mistake == "transposed"
    assert grade(ALL, {"layer": other_exception}).mistake is None


def test_a_wrong_shape_is_recognised_though_the_values_are_wrong_too():
    result = grade(ALL, {"layer": lambda W, x, b: (2 * (W @ x) + b)[:, None]})

    assert result.mistake == "column"


def test_a_mistake_matched_in_full_goes_before_one_matched_by_shape():
    column_sign = wrong("column-sign", lambda W, x, b: -(W @ x + b)[:, None])
    judge = judge_layer(COLUMN, column_sign)

    assert grade(judge, {"layer": lambda W, x, b: -(W @ x + b)[:, None]}).mistake == "column-sign"


def test_the_first_declared_of_several_matches_is_named():
    twins = [wrong(name, lambda W, x, b: 2 * (W @ x + b)) for name in ("first", "second")]

    assert grade(judge_layer(*twins), {"layer": lambda W, x, b: (W @ x + b) * 2}).mistake == "first"


def test_a_process_that_died_is_no_named_mistake():
    outcomes = [Outcome(Status.CRASHED, function="layer")] + [Outcome(Status.NOT_RUN)] * 3

    assert grade_outcomes(ALL, outcomes).mistake is None


def test_nothing_is_played_for_a_right_answer():
    def explode(W, x, b):
        raise AssertionError

    assert grade(judge_layer(wrong("never", explode)), {"layer": layer}).score == 10


# --- predicates and properties ----------------------------------------------------------------------------------------


def test_a_predicate_over_all_outcomes_names_a_mistake_and_may_fail_on_odd_data():
    constant = Mistake(
        "constant", "Always the same.", when=lambda outcomes: len({float(o.value) for o in outcomes}) == 1
    )
    code = Code({"f": lambda x: x}, lambda _: [Check(str(n), call("f", n)) for n in range(3)], (constant,))
    judge = make_judge({"q": code})

    assert grade(judge, {"f": lambda _x: 7}).mistake == "constant"
    assert grade(judge, {"f": lambda x: x + 1}).mistake is None
    assert grade(judge, {"f": lambda _x: "odd"}).mistake is None


def holds(value):
    if value[0] == 0:
        return None
    return Fault("It is odd.", "odd") if value[0] % 2 else "It is even."


def judge_property(*extra):
    checks = [Check(str(n), call("f", n), holds=holds) for n in range(3)]
    return make_judge({"q": Code({"f": lambda n: [0]}, lambda _: checks, (*extra, Mistake("odd", "Words about odd.")))})


def test_a_property_check_may_name_the_mistake_where_all_failures_are_of_it():
    judge = judge_property()

    assert grade(judge, {"f": lambda _n: [1]}).mistake == "odd"
    assert grade(judge, {"f": lambda n: [n + 1]}).mistake is None
    assert grade(judge, {"f": lambda n: [0] if n else [3]}).mistake == "odd"


def test_a_fault_that_fits_a_mistake_joins_it_but_does_not_prove_it():
    def holds_or_fits(value):
        return Fault("It is large.", fits=("odd",)) if value[0] > 5 else holds(value)

    checks = [Check(str(n), call("f", n), holds=holds_or_fits) for n in range(3)]
    judge = make_judge({"q": Code({"f": lambda n: [0]}, lambda _: checks, (Mistake("odd", "Words about odd."),))})

    assert grade(judge, {"f": lambda n: [7] if n else [1]}).mistake == "odd"
    assert grade(judge, {"f": lambda _n: [7]}).mistake is None
    assert grade(judge, {"f": lambda n: [[7], [1], [2]][n]}).mistake is None


def test_a_variant_explains_a_property_check_by_equal_results_where_it_fails():
    two_or_zero = Mistake("two", "Two.", {"f": lambda n: [0] if n == 1 else [2]})
    judge = judge_property(two_or_zero)

    assert grade(judge, {"f": lambda n: [0] if n == 1 else [2]}).mistake == "two"
    assert grade(judge, {"f": lambda n: [0] if n == 1 else [4]}).mistake is None


# --- parts ------------------------------------------------------------------------------------------------------------


def gradients(x, y):
    return x * 2.0, y * 3.0, x + y


PARTS = tuple(
    Part(name, Decimal(points), pick=at) for at, (name, points) in enumerate([("dx", 3), ("dy", 3), ("dz", 4)])
)


def judge_parts(*mistakes):
    checks = [Check(str(n), call("g", n + 1.5, n - 0.25)) for n in range(4)]
    return make_judge({"q": Code({"g": gradients}, lambda _: checks, mistakes, PARTS)})


def slip(name, function, **changes):
    return Mistake(name, f"Words about {name}.", {"g": function}, **changes)


HALF_X = slip("half-x", lambda x, y: (x, y * 3.0, x + y))
MINUS_Y = slip("minus-y", lambda x, y: (x * 2.0, -3.0 * y, x + y), keeps=Fraction(1, 3))
BOTH = slip("both", lambda x, y: (x, -3.0 * y, x + y))


def test_a_mistake_in_one_part_leaves_the_others_their_points():
    result = grade(judge_parts(HALF_X, MINUS_Y), {"g": lambda x, y: (x, y * 3, x + y)})

    assert (result.mistake, result.score) == ("half-x", 7)


def test_two_mistakes_in_two_parts_are_both_explained():
    result = grade(judge_parts(HALF_X, MINUS_Y), {"g": lambda x, y: (x, -3 * y, x + y)})

    assert (result.mistake, result.score) == ("half-x", 5)
    assert result.feedback[:2] == ("Words about half-x.", "Words about minus-y.")


def test_one_mistake_that_explains_all_parts_goes_before_two():
    assert grade(judge_parts(HALF_X, MINUS_Y, BOTH), {"g": lambda x, y: (x, -3 * y, x + y)}).mistake == "both"


def test_a_mistake_names_only_the_parts_it_is_said_to_concern():
    elsewhere = slip("half-x", lambda x, y: (x, y * 3.0, x + y), fails=("dy",))

    assert grade(judge_parts(elsewhere), {"g": lambda x, y: (x, y * 3, x + y)}).mistake is None


def test_a_part_without_a_known_mistake_is_explained_by_its_difference():
    result = grade(judge_parts(HALF_X), {"g": lambda x, y: (x, y * 3, x - 2 * y)})

    assert result.mistake == "half-x"
    assert any("for dz" in words for words in result.feedback)
