"""Python warm-up: `f4` by value and by code, a slice, and a method that Python 3 dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assignments.language import Check, Choice, Code, Definition, Literal, Mistake, Number, WrongLiteral, WrongNumber
from assignments.script import call
from reference import python_basics

PRODUCT_SQUARED_SAYS = "The product was squared as a whole. `**` binds tighter than `*`, so it acts on `x` alone."
DOUBLED_SAYS = "This multiplies by 2 where the square is asked. The two agree at x = 2, and at 0, and nowhere else."
NO_DEFAULT_SAYS = "Called without `a`, the function fails: `a` has lost its default value of 1."
FACTOR_SQUARED_SAYS = "The square is on the wrong letter: `x` is squared here, and `a` is not."
NOT_SQUARED_SAYS = "`x` was not squared: look at the exponent again."

CARET_SAYS = "In Python `^` is no power: it compares the bits of whole numbers. The power is written `**`."
ADDED_SAYS = "The factor was added to the square: it multiplies it."
EXAMPLE_SAYS = "The square of the example's `x` is written into the code: square the `x` that the function is given."


def _checks(rng: np.random.Generator) -> Sequence[Check]:
    return [*_visible_checks(), *_hidden_checks(rng)]


def _visible_checks() -> list[Check]:
    # The first two are the lecture's own, where `a*x*2` comes out right as well; the third tells it apart.
    return [
        Check("f4(2)", call("f4", 2), visible=True),
        Check("f4(2, 2)", call("f4", 2, 2), visible=True),
        Check("f4(3, -2)", call("f4", 3, -2), visible=True),
        Check("an array", call("f4", np.array([1.0, -3.0, 0.5]), a=4), visible=True),
    ]


def _hidden_checks(rng: np.random.Generator) -> list[Check]:
    def number(*, is_whole: bool) -> float:
        # Never 0, ±1 or ±2, where one power of a number passes for another.
        size = int(rng.integers(3, 10)) if is_whole else round(float(rng.uniform(2.3, 9.0)), 2)
        return size if rng.random() < 0.5 else -size

    def array(*shape: int) -> Any:
        return np.round(rng.uniform(2.3, 9.0, shape) * rng.choice([-1.0, 1.0], shape), 2)

    rows, columns = int(rng.integers(2, 5)), int(rng.integers(5, 8))
    return [
        Check("whole number, a left out", call("f4", number(is_whole=True))),
        Check("float, a left out", call("f4", number(is_whole=False))),
        Check("whole numbers", call("f4", number(is_whole=True), number(is_whole=True))),
        Check("floats, a by name", call("f4", number(is_whole=False), a=number(is_whole=False))),
        Check("both by name", call("f4", a=number(is_whole=True), x=number(is_whole=False))),
        Check("a small factor", call("f4", number(is_whole=False), -0.01)),
        Check("array, a left out", call("f4", array(columns))),
        Check("array of rows and columns", call("f4", array(rows, columns), number(is_whole=False))),
        Check("array of whole numbers", call("f4", rng.integers(3, 50, columns), a=number(is_whole=True))),
        Check("array with one entry", call("f4", array(1), number(is_whole=True))),
        Check("negative whole number", call("f4", -int(rng.integers(3, 10)), number(is_whole=True))),
        Check("a very small number", call("f4", number(is_whole=False) / 1000, a=number(is_whole=False))),
    ]


def _wrong(name: str, function: Any, says: str) -> Mistake:
    return Mistake(name, says, replaces={"f4": function})


QUESTIONS: Mapping[str, Definition] = {
    "f4_default": Number(
        4,
        0,
        (
            WrongNumber("not-squared", 2, NOT_SQUARED_SAYS),
            WrongNumber("default-alone", 1, "This is the value of `a` alone. The function returns a product with it."),
        ),
        says="Put x = 2 and the default of a into the function's last line.",
    ),
    "f4_both": Number(
        8,
        0,
        (
            WrongNumber("product-squared", 16, PRODUCT_SQUARED_SAYS),
            WrongNumber("a-ignored", 4, "This is the value for a = 1. Here the call gives `a` another value."),
        ),
        says="Put x = 2 and a = 2 into the function's last line, and do the power first.",
    ),
    "f4": Code(
        reference={"f4": python_basics.f4},
        checks=_checks,
        mistakes=(
            _wrong("product-squared", python_basics.f4_product_squared, PRODUCT_SQUARED_SAYS),
            _wrong("doubled", python_basics.f4_doubled, DOUBLED_SAYS),
            _wrong("no-default", python_basics.f4_no_default, NO_DEFAULT_SAYS),
            _wrong("factor-squared", python_basics.f4_factor_squared, FACTOR_SQUARED_SAYS),
            _wrong("not-squared", python_basics.f4_not_squared, NOT_SQUARED_SAYS),
            _wrong("caret", python_basics.f4_caret, CARET_SAYS),
            _wrong("added", python_basics.f4_added, ADDED_SAYS),
            _wrong("example-written-in", python_basics.f4_example_square, EXAMPLE_SAYS),
        ),
    ),
    "slicing": Literal(
        ["nice string"],
        (
            WrongLiteral(
                "index-for-slice",
                "nice string",
                "This is what an index gives: the entry itself. A slice gives a list, even of one entry.",
            ),
        ),
        says="A slice goes from its first position up to, but without, its second; positions count from 0.",
    ),
    "has_key": Choice(
        "AttributeError",
        says={
            "True": "That was Python 2's answer. In Python 3 the question is put with the word `in`.",
            "False": "The key is in the dictionary, so whatever comes of the call, it is not this.",
            "KeyError": "That comes of reading a missing key, as in `d[key]`; and this key is there.",
        },
        names={"True": "python-2", "False": "key-not-found", "KeyError": "missing-key"},
    ),
}
