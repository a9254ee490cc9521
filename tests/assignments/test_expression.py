"""Formulas: read as mathematics, with Python's arithmetic as the witness, and harmless whatever is typed."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.expression import MAX_LENGTH, ExpressionError, Grammar, agree, evaluate, parse

GRAMMAR = Grammar(frozenset({"x", "y", "y_hat"}), frozenset({"sigma", "exp"}), {"ŷ": "y_hat", "σ": "sigma"})
FUNCTIONS = {"sigma": lambda z: 1 / (1 + math.exp(-z)), "exp": math.exp}
POINT = {"x": 1.7, "y": -0.6, "y_hat": 0.3}


def value(text):
    return evaluate(parse(text, GRAMMAR), POINT, FUNCTIONS)


atoms = st.sampled_from(["x", "y", "y_hat", "2", "0.5", ".25", "3.", "1e-3"])
formulas = st.recursive(
    atoms,
    lambda inner: (
        st.tuples(inner, st.sampled_from([" + ", "-", "*", "/", "**"]), inner).map("".join)
        | inner.map(lambda text: f"({text})")
        | inner.map(lambda text: f"-{text}")
        | inner.map(lambda text: f"exp({text})")
    ),
    max_leaves=10,
)


@given(formulas)
def test_a_formula_has_the_value_python_gives_it(text):
    try:
        tree = parse(text, GRAMMAR)
    except ExpressionError:
        assert len(text) > 60 or "**" in text or text.count("(") + text.count("-") > 15
        return
    try:
        # The witness is given only texts this test made.
        want = eval(text, {"__builtins__": {}}, {**POINT, "exp": math.exp})  # noqa: S307
    except (ArithmeticError, ValueError, TypeError):  # a TypeError comes of a complex number on the way
        want = None
    got = evaluate(tree, POINT, FUNCTIONS)
    if want is None or isinstance(want, complex) or not math.isfinite(want):
        assert got is None
    else:
        assert got == pytest.approx(want, rel=1e-12)


@given(st.text(max_size=60) | st.text("xy()*+-/^.,=0123e σŷ²①½٣'[]{}:;_", max_size=60))
def test_any_text_is_a_formula_or_an_expression_error(text):
    try:
        evaluate(parse(text, GRAMMAR), POINT, FUNCTIONS)
    except ExpressionError as error:
        message = str(error)
    else:
        message = ""
    assert len(message) < 300


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("-x**2", -(1.7**2)),
        ("-x^2", -(1.7**2)),
        ("2**-1", 0.5),
        ("2^3^2", 512.0),
        ("2**3**2", 512.0),
        ("1-2-3", -4.0),
        ("8/4/2", 1.0),
        ("x·y", 1.7 * -0.6),
        ("x × y", 1.7 * -0.6),
        ("x − y", 2.3),
        ("σ(0)", 0.5),
        ("ŷ", 0.3),
        ("y\u0302", 0.3),
        ("--x", 1.7),
        ("+x", 1.7),
        (" x ", 1.7),
        ("x*-y", 1.7 * 0.6),
        ("（x－y）＊２", 4.6),
        ("x ∗ y", 1.7 * -0.6),
        ("x － y", 2.3),
        ("x ‐ y", 2.3),
        ("ｘ＾２", 1.7**2),
    ],
)
def test_precedence_and_the_other_spellings(text, want):
    assert value(text) == pytest.approx(want)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "empty"),
        ("2x", "sign is missing before `x`"),
        ("x y", "sign is missing before `y`"),
        ("x(1-x)", "not a function"),
        ("(x)(y)", "sign is missing"),
        ("exp x", "argument in brackets"),
        ("exp", "argument in brackets"),
        ("exp()", "missing"),
        ("exp(x,y)", "comma"),
        ("0,5*x", "comma"),
        ("(x", "closing bracket"),
        ("x)", "never opened"),
        ("x+", "too early"),
        ("*x", "missing before"),
        ("x***2", "missing before"),
        ("z*x", "`z` is not known"),
        ("e**x", "`e` is not known"),
        ("x²", "typed with"),
        ("²", "typed with"),
        ("(x+y)²", "typed with"),
        ("x*²y", "typed with"),
        ("①", "typed with"),
        ("½", "missing before"),
        ("l = x", "without `… =`"),
        ("x.real", "`.` has no meaning"),
        ("x[0]", "no meaning"),
        ("__import__(x)", "not known"),
        ("x if y else x", "missing before `if`"),
        ("lambda x", "not known"),
        ("x**100", "up to 64"),
        ("x*" * 100 + "x", "201 characters"),
        ("(" * 60 + "x" + ")" * 60, "20 levels"),
        ("-" * 100 + "x", "20 levels"),
        ("x**" * 60 + "x", "20 levels"),
        ("exp(" * 30 + "x" + ")" * 30, "20 levels"),
        ("x\0", "no meaning"),
    ],
)
def test_what_is_no_formula_is_refused_with_the_reason(text, hint):
    with pytest.raises(ExpressionError, match=hint.replace("(", r"\(").replace("…", ".").replace("**", r"\*\*")):
        parse(text, GRAMMAR)


@pytest.mark.parametrize(
    "text", ["9**9**9**9**9", "exp(9999)", "x/0", "0**-1", "(-8)**0.5", "exp(exp(exp(99)))", "1e300*1e300", "0/0"]
)
def test_what_overflows_or_is_undefined_has_no_value_and_takes_no_time(text):
    started = time.process_time()

    assert value(text) is None
    assert time.process_time() - started < 1


def test_a_formula_of_the_greatest_length_is_read():
    assert value("+".join(["x"] * 100)[:MAX_LENGTH]) == pytest.approx(170.0)


def test_formulas_agree_only_where_both_are_defined_everywhere():
    assert agree([1.0, 2.0], [1.0, 2.0 + 1e-12])
    assert not agree([1.0, None], [1.0, None])
    assert not agree([1.0, 2.0], [1.0, 2.1])
    assert not agree([], [])
