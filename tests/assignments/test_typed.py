"""Typed numbers, literals, choices and formulas: COURSE's rules, one by one."""

from __future__ import annotations

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments import typed
from assignments.language import Choice, Expression, Literal, Number, WrongExpression, WrongLiteral, WrongNumber
from assignments.typed import NumberError, is_right, parse_number
from assignments.verdict import Verdict


def judge(text, number, *, decimals=None, earlier=None, variant=None):
    digits = decimals if number.decimals is None else number.decimals
    return typed.judge_number(text, number, decimals=digits, variant=variant or {}, earlier=earlier or {})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.6172", "0.6172"),
        ("0,6172", "0.6172"),
        (".6172", "0.6172"),
        (",6172", "0.6172"),
        ("6.172e-1", "0.6172"),
        ("6,172E-1", "0.6172"),
        (" 0.6172 ", "0.6172"),
        ("\u00a00.6172\u2009", "0.6172"),
        ("−12", "-12"),
        ("–12", "-12"),
        ("‐12", "-12"),
        ("‑12", "-12"),
        ("+3", "3"),
        ("4.", "4"),
        ("1e-12", "1e-12"),
        ("０．６１７２", "0.6172"),
        ("－１２", "-12"),
        ("1,234", "1.234"),
        ("0012", "12"),
    ],
)
def test_a_number_is_read_in_every_usual_way_of_typing_it(text, value):
    assert parse_number(text) == Fraction(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("535,040", 535040),
        ("535040", 535040),
        ("1,234,567", 1234567),
        ("-12,000", -12000),
        ("5,000", 5000),
        ("4,0", 4),
        ("4.0", 4),
        ("4", 4),
        ("12,50", Fraction(25, 2)),
        ("1234,567", Fraction(1234567, 1000)),
        ("5.35e5", 535000),
    ],
)
def test_a_comma_before_three_digits_is_a_thousands_mark_where_a_whole_number_is_asked(text, value):
    assert parse_number(text, is_whole=True) == value


def test_a_point_that_may_be_a_thousands_mark_is_asked_about():
    with pytest.raises(NumberError, match="without marks between them"):
        parse_number("535.040", is_whole=True)

    assert parse_number("535.040") == Fraction("535.04")
    assert parse_number("117.000", is_whole=True) == 117
    assert parse_number("535.04", is_whole=True) == Fraction("535.04")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("z0 = 0.4775", "without the name and the `=`"),
        ("61.72%", "percent"),
        ("1/2", "Work it out"),
        ("784*512", "Work it out"),
        ("784·512", "Work it out"),
        ("2^10", "Work it out"),
        ("(0.5)", "Work it out"),
        ("√2", "Work it out"),
        ("5 kg", "unit"),
        ("0.5rad", "unit"),
        ("≈0.6172", "sign before it"),
        ("1 234", "spaces"),
        ("1.234,5", "one decimal point"),
        ("1,234,5", "one decimal point"),
        ("535_040", "without marks"),
        ("nan", "finite"),
        ("-inf", "finite"),
        ("infinity", "finite"),
        ("ten", "Type digits"),
        ("-", "Type digits"),
        (".", "Type digits"),
        (",", "Type digits"),
        ("1e", "unit"),
        ("0x10", "unit"),
        ("٣", "Type digits"),
        ("2²", "Work it out"),
        ("1" * 100, "100 characters"),
        ("1e9999999999", "unit"),
    ],
)
def test_what_is_no_number_is_invalid_with_a_hint(text, hint):
    marking = judge(text, Number(1.0, 4))

    assert marking.verdict is Verdict.INVALID
    assert marking.share == 0
    assert hint in marking.feedback[0]


@given(st.text(max_size=80))
def test_any_text_is_a_number_or_a_number_error(text):
    for is_whole in (False, True):
        try:
            parse_number(text, is_whole=is_whole)
        except NumberError:
            continue


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 8))
def test_a_typed_number_right_to_d_decimals_is_right(value, decimals):
    """Whoever rounds the right value to the digits asked for is right, for every value."""
    assert is_right(parse_number(f"{value:.{decimals}f}"[:64]), value, decimals) or abs(value) >= 1e40


@pytest.mark.parametrize("text", ["", "   ", "\n", "\u3000"])
def test_a_blank_answer_is_missing(text):
    assert judge(text, Number(1.0)).verdict is Verdict.MISSING
    assert typed.judge_literal(text, Literal(1)).verdict is Verdict.MISSING
    assert typed.judge_choice(text, Choice("a", {}), ["a"]).verdict is Verdict.MISSING


@pytest.mark.parametrize(
    ("got", "want", "decimals", "right"),
    [
        ("0.6172", 0.61717, 4, True),
        ("0.61722", 0.61717, 4, True),
        ("0.61724", 0.61716, 4, True),  # 0.8e-4 apart, and both round to 0.6172
        ("0.6171", 0.61717, 4, False),
        ("0.6173", 0.61717, 4, False),
        ("0.61", 0.61717, 4, False),
        ("0.47755", 0.4775, 4, True),  # exactly half a unit off
        ("0.47745", 0.4775, 4, True),
        ("0.477451", 0.4775, 4, True),
        ("0.477449", 0.4775, 4, False),
        ("-0.6172", -0.61717, 4, True),
        ("0.6172", -0.61717, 4, False),
        ("0.000528", 0.00052779, 6, True),
        ("0.00053", 0.00052779, 6, False),
        ("4", 4, 0, True),
        ("4.0", 4, 0, True),
        ("4.0000001", 4, 0, False),
        ("3.6", 4, 0, False),
        ("535041", 535040, 0, False),
        ("1e-12", 1e-12, None, True),
        ("1.0000005e-12", 1e-12, None, True),
        ("1.000002e-12", 1e-12, None, False),
        ("0", 1e-12, None, False),
        ("1e-13", 1e-12, None, False),
        ("1e300", 0.5, 4, False),
    ],
)
def test_rounding_rule(got, want, decimals, right):
    assert is_right(parse_number(got), want, decimals) is right


def test_accepted_texts_count_as_typed_in_any_spelling():
    number = Number(0.00052779, 6, accepts=("0.0005", "0.00053"))

    assert [judge(text, number).verdict for text in ("0.0005", "5e-4", "0,00053", "0.00050")] == [Verdict.PASSED] * 4
    assert judge("0.00051", number).verdict is Verdict.FAILED


def test_a_known_wrong_number_is_named_and_keeps_its_share():
    one_path = WrongNumber("one-path", 0.000601, "Only one path.", keeps=Fraction(1, 2), accepts=("0.0006",))
    number = Number(0.00052779, 6, (one_path,))

    for text in ("0.000601", "0.0006"):
        marking = judge(text, number)
        assert (marking.verdict, marking.mistake, marking.share) == (Verdict.PARTIAL, "one-path", Fraction(1, 2))
        assert marking.feedback == ("Only one path.",)


def test_the_first_of_several_matching_mistakes_is_named():
    number = Number(4, 0, (WrongNumber("first", 16, "1"), WrongNumber("second", 16, "2")))

    assert judge("16", number).mistake == "first"


def test_an_unknown_wrong_number_is_not_told_the_right_one():
    marking = judge("17", Number(4321, 0))

    assert marking.verdict is Verdict.FAILED
    assert "4321" not in " ".join(marking.feedback)


def test_answers_and_mistakes_may_depend_on_the_variant():
    number = Number(lambda v: v["x"] * 2, 2, (WrongNumber("not-doubled", lambda v: v["x"], "Twice."),))

    assert judge("3.00", number, variant={"x": 1.5}).verdict is Verdict.PASSED
    assert judge("1.5", number, variant={"x": 1.5}).mistake == "not-doubled"


HALF = Number(0.6172, 4, follow=lambda _v, before: 1 / (1 + math.exp(-before["z0"])))


def test_a_value_that_follows_from_the_students_own_keeps_half():
    marking = judge("0.5069", HALF, earlier={"z0": 0.0275})

    assert (marking.verdict, marking.share) == (Verdict.PARTIAL, Fraction(1, 2))
    assert "your own earlier value" in marking.feedback[0]


def test_follow_through_is_right_within_half_a_unit_and_no_further():
    exact = Number(1.0, 4, follow=lambda _v, before: before["z0"])

    assert judge("0.50005", exact, earlier={"z0": 0.5}).share == Fraction(1, 2)
    assert judge("0.50006", exact, earlier={"z0": 0.5}).share == 0


def test_a_follow_through_that_is_also_a_known_mistake_is_named_and_keeps_the_larger_share():
    number = Number(
        1.0, 4, (WrongNumber("named", 0.5, "Known."),), follow=lambda _v, before: before["z0"]
    )  # fmt: skip
    generous = Number(
        1.0, 4, (WrongNumber("named", 0.5, "Known.", keeps=Fraction(3, 4)),), follow=lambda _v, before: before["z0"]
    )

    marking = judge("0.5", number, earlier={"z0": 0.5})
    assert (marking.share, marking.mistake, len(marking.feedback)) == (Fraction(1, 2), "named", 2)
    assert judge("0.5", generous, earlier={"z0": 0.5}).share == Fraction(3, 4)


def test_an_overflowing_follow_through_costs_nothing_but_itself():
    assert judge("0.3", HALF, earlier={"z0": -1e6}).verdict is Verdict.FAILED


def test_a_follow_through_that_overflows_in_numpy_does_not_warn():
    number = Number(0.5, 4, follow=lambda _, typed: float(np.square(typed["z0"])))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert judge("0.3", number, earlier={"z0": 1e300}).verdict is Verdict.FAILED


NICE = Literal(["nice string"], (WrongLiteral("index", "nice string", "An index, not a slice."),))


@pytest.mark.parametrize("text", ["['nice string']", '["nice string"]', " [ 'nice string' , ] ", "['nice' ' string']"])
def test_a_literal_may_use_either_quotes(text):
    assert typed.judge_literal(text, NICE).verdict is Verdict.PASSED


def test_a_known_wrong_literal_is_named():
    assert typed.judge_literal('"nice string"', NICE).mistake == "index"
    assert typed.judge_literal("('nice string',)", NICE).verdict is Verdict.FAILED
    assert typed.judge_literal("[nice string]", NICE).verdict is Verdict.INVALID


CHOICE = Choice("yes", {"no": "Because.", "No idea": "Think."}, {"no": "wrong-way"})


def test_a_choice_is_read_in_any_case_and_its_mistake_named():
    options = ["yes", "no", "No idea"]

    assert typed.judge_choice(" YES ", CHOICE, options).verdict is Verdict.PASSED
    assert typed.judge_choice("No", CHOICE, options) == typed.Marking(
        Verdict.FAILED, mistake="wrong-way", feedback=("Because.",)
    )
    assert typed.judge_choice("perhaps", CHOICE, options).verdict is Verdict.INVALID


def test_choices_that_differ_by_case_alone_are_told_apart():
    choice = Choice("True", {"true": "Python's name is capitalised."})

    assert typed.judge_choice("true", choice, ["True", "true"]).verdict is Verdict.FAILED
    assert typed.judge_choice("TRUE", choice, ["True", "true"]).verdict is Verdict.INVALID


def sigma(z):
    return 1 / (1 + math.exp(-z))


def sample(rng):
    w, b, x, y = rng.uniform(0.3, 1.5, 4)
    z = float(w * x + b)
    return {"w": w, "b": b, "x": x, "y": y + 2, "z": z, "y_hat": sigma(z)}


SLOPE = Expression(
    "(y_hat-y)*y_hat*(1-y_hat)*x",
    ("z", "w", "b", "x", "y", "y_hat"),
    sample,
    {"sigma": sigma, "exp": math.exp},
    {"ŷ": "y_hat", "σ": "sigma"},
    (WrongExpression("sign", "(y-y_hat)*y_hat*(1-y_hat)*x", "Sign.", keeps=Fraction(1, 4)),),
)


def judge_expression(text):
    return typed.judge_expression(text, SLOPE, np.random.default_rng(5))


@pytest.mark.parametrize(
    "text",
    [
        "(y_hat-y)*y_hat*(1-y_hat)*x",
        "x*(ŷ-y)·ŷ·(1-ŷ)",
        "(σ(w·x+b) − y) × σ(z) × (1 − σ(z)) × x",
        "-(y-y_hat)*(y_hat - y_hat^2)*x",
        "(y\u0302-y)*exp(-z)/(1+exp(-z))**2*x",
        "((((y_hat-y))))*x/(1/y_hat + 1/(1-y_hat))",
        "y_hat**2*x - y_hat**3*x - y*y_hat*x + y*y_hat**2*x",
    ],
)
def test_every_way_to_write_the_right_formula_is_right(text):
    assert judge_expression(text).verdict is Verdict.PASSED


def test_a_wrong_formula_is_named_where_it_is_known():
    named = judge_expression("x*(y - ŷ)*ŷ*(1-ŷ)")

    assert (named.verdict, named.mistake, named.share) == (Verdict.PARTIAL, "sign", Fraction(1, 4))
    assert judge_expression("y").verdict is Verdict.FAILED
    assert judge_expression("import os").verdict is Verdict.INVALID


def test_a_formula_undefined_somewhere_is_wrong_and_said_to_be():
    assert "undefined" in judge_expression("x/(w-w)").feedback[0]
    assert "undefined" in judge_expression("exp(exp(exp(exp(9))))").feedback[0]
