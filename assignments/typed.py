"""Judges what is typed into the page: numbers, literals, choices and formulas.

Blank answers are `missing`, unreadable ones `invalid` with a hint; neither costs anything but the points of the
question, and both can be typed again. A wrong answer is never told the right one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from assignments import expression, literals
from assignments.language import Accepted, Choice, Expression, Literal, Number, Variant, WrongNumber
from assignments.verdict import Verdict

ALL = Fraction(1)
NOTHING = Fraction(0)
FOLLOW_THROUGH = Fraction(1, 2)
FOLLOWS = "It is right given your own earlier value, which is not: half the points."

CLOSE = Fraction(1, 100)
"""A number nearer than this, relatively, was computed in the right way and rounded on it."""

MAX_NUMBER_LENGTH = 64
LARGEST_ROUNDED = 10**15

# A float's own noise, far below any digit asked for: 0.4775 computed is 0.47750000000000004.
NOISE = Fraction(1, 10**13)

UNIT = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]{1,3})?"
PLAIN = re.compile(rf"[+-]?{UNIT}")
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
POINT_FOR_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")

MINUS_SIGNS = "−–‒‐‑﹣"
FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
PLAIN_SIGNS: dict[int, str] = {ord(sign): "-" for sign in MINUS_SIGNS} | FULL_WIDTH


class NumberError(ValueError):
    """The text is not a number; the message tells the student why and what to type."""


@dataclass(frozen=True)
class Marking:
    """What a typed answer earns, as a share of the question's points, and why."""

    verdict: Verdict
    share: Fraction = NOTHING
    mistake: str | None = None
    feedback: tuple[str, ...] = ()


MISSING = Marking(Verdict.MISSING, feedback=("Nothing was typed here.",))
PASSED = Marking(Verdict.PASSED, ALL)


def parse_number(text: str, *, is_whole: bool = False) -> Fraction:
    """Return the exact value of a typed number.

    A comma is the decimal mark, or a thousands mark where a whole number is asked for and the comma stands as one. A
    point that stands as one there is asked about: 535.040 may mean either.

    Raises:
        NumberError: it is something else; the message is a hint for the student.
    """
    plain = text.translate(PLAIN_SIGNS).strip()
    if len(plain) > MAX_NUMBER_LENGTH:
        raise NumberError(f"The answer has {len(plain)} characters; a number has at most {MAX_NUMBER_LENGTH}.")
    if is_whole and THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    # Digits stay as typed: "0,6172" is read as 0.6172.
    with_point = plain.lower().replace(",", ".", 1) if plain.count(",") == 1 and "." not in plain else plain.lower()
    if not PLAIN.fullmatch(with_point):
        raise NumberError(_number_hint(plain))
    number = Fraction(with_point)
    if is_whole and number.denominator > 1 and POINT_FOR_THOUSANDS.fullmatch(plain):
        raise NumberError("A point is read as the decimal point here. Type the digits without marks between them.")
    return number


def _number_hint(text: str) -> str:
    hints = (
        (r"=", "Type only the number, without the name and the `=` before it."),
        (r"%", "Type it as a plain number, without a percent sign."),
        (r"[≈~<>≤≥]", "Type only the number, without a sign before it."),
        (r"[*×·⋅^/÷()√¹²³⁰-⁹½¼¾]", "Work it out and type its value as a decimal number, for example 0.25."),
        (r"(?i)\b(nan|inf|infinity)\b", "A finite number is asked for."),
        (r"[\d.,]\s*[^\W\d_]", "Type only the number, without a unit or words after it."),
        (r"[_'’]", "Type the digits without marks between them."),
        (r"\d\s+\d", "Type one number, without spaces in it."),
        (r",.*,|,.*\.|\..*,", "Use one decimal point and no other mark."),
    )
    for pattern, hint in hints:
        if re.search(pattern, text):
            return f"This cannot be read as a number. {hint}"
    return "This cannot be read as a number. Type digits with a decimal point, for example 0.25 or -3."


def is_right(got: Fraction, want: float, decimals: int | None, rtol: float = 1e-6) -> bool:
    """Return whether a typed number is right, by the rule for numbers asked to `decimals` digits.

    With 0 decimals only the exact value is right; with d > 0 whatever is within half a unit of the last digit or
    rounds to the same digits; with None whatever is within `rtol`, relatively.
    """
    wanted = Fraction(want)
    if decimals is None:
        return abs(got - wanted) <= Fraction(rtol) * abs(wanted)
    if decimals == 0:
        return got == wanted
    return is_near(got, want, decimals) or _same_digits(got, wanted, decimals)


def is_near(got: Fraction, want: float, decimals: int) -> bool:
    """Return whether a number lies within half a unit of the last of `decimals` digits."""
    wanted = Fraction(want)
    return abs(got - wanted) <= Fraction(1, 2 * int(10**decimals)) + NOISE * max(abs(wanted), ALL)


def _same_digits(got: Fraction, want: Fraction, decimals: int) -> bool:
    # A tie is rounded up at school and by its binary value in Python: both are what a student may have done.
    if _half_up(got, decimals) == _half_up(want, decimals):
        return True
    return abs(got) < LARGEST_ROUNDED and round(float(got), decimals) == round(float(want), decimals)


def _half_up(value: Fraction, decimals: int) -> int:
    size = math.floor(abs(value) * int(10**decimals) + Fraction(1, 2))
    return size if value >= 0 else -size


def judge_number(
    text: str, number: Number, *, decimals: int | None, variant: Variant, earlier: Mapping[str, float]
) -> Marking:
    """Judge a typed number.

    Args:
        text: as typed.
        number: what is right, and the known mistakes.
        decimals: digits asked for.
        variant: the statement's numbers.
        earlier: by question id, the numbers typed before this one; the right value where nothing readable was typed.
    """
    if not text.strip():
        return MISSING
    try:
        got = parse_number(text, is_whole=decimals == 0)
    except NumberError as error:
        return Marking(Verdict.INVALID, feedback=(str(error),))
    want = right_number(number, variant)
    if is_right(got, want, decimals, number.rtol) or _is_accepted(got, number.accepts, variant):
        return PASSED

    mistake = next((wrong for wrong in number.mistakes if _is_mistake(got, wrong, number, decimals, variant)), None)
    name, share, says = (mistake.name, mistake.keeps, [mistake.says]) if mistake else (None, NOTHING, [])
    if share < FOLLOW_THROUGH and _follows(got, number, decimals, variant, earlier):
        share = FOLLOW_THROUGH
        says.append(FOLLOWS)
    if not says:
        says += [*_kind_of_wrong(text, got, Fraction(want), decimals), number.says or _nothing_known(decimals)]
    return Marking(Verdict.PARTIAL if share else Verdict.FAILED, share, name, tuple(says))


def right_number(number: Number, variant: Variant) -> float:
    """Return the right value of a question for a statement's numbers."""
    return float(number.answer(variant)) if callable(number.answer) else float(number.answer)


def typed_number(text: str, *, decimals: int | None) -> float | None:
    """Return the typed number, or None where nothing readable was typed."""
    try:
        return float(parse_number(text, is_whole=decimals == 0))
    except (NumberError, OverflowError):
        return None


def _kind_of_wrong(text: str, got: Fraction, want: Fraction, decimals: int | None) -> Iterator[str]:
    """Yield what a wrong number has to do with the right one, where that is simple: digits, sign, decimal point."""
    if not got or not want:
        return
    digits_typed = len(text.replace(",", ".").partition(".")[2].strip())
    if decimals and 0 < digits_typed < decimals and got == Fraction(str(round(float(want), digits_typed))):
        yield f"As far as it goes this is right, but {decimals} decimals are asked for."
    elif decimals and any(_is_same_but_cut(got, want, digits) for digits in range(1, decimals + 1)):
        yield "The digits were cut off, not rounded."
    elif decimals and abs(got - want) < CLOSE * abs(want):
        yield f"It is close, but not right to {decimals} decimals: keep more digits on the way, and round at the end."
    elif _is_about(got, -want, decimals):
        yield "Look at the sign."
    elif decimals and any(_is_about(got, want * Fraction(10) ** power, decimals) for power in (-3, -2, -1, 1, 2, 3)):
        yield "Look at the place of the decimal point."


def _is_about(got: Fraction, want: Fraction, decimals: int | None) -> bool:
    if decimals == 0:
        return got == want
    return abs(got - want) <= max(Fraction(1, 10**4) * abs(want), Fraction(1, 10 ** (decimals or 12)))


def _is_same_but_cut(got: Fraction, want: Fraction, digits: int) -> bool:
    cut = Fraction(math.floor(abs(want) * 10**digits), 10**digits)
    return abs(got) == cut and (got < 0) == (want < 0)


def _nothing_known(decimals: int | None) -> str:
    return "This is not the right number." + (f" {decimals} decimals are asked for." if decimals else "")


def accepted(accepts: Accepted, variant: Variant) -> tuple[str, ...]:
    """Return the further spellings of a number for a statement's numbers."""
    return accepts(variant) if callable(accepts) else accepts


def _is_accepted(got: Fraction, accepts: Accepted, variant: Variant) -> bool:
    return any(got == Fraction(text) for text in accepted(accepts, variant))


def _is_mistake(got: Fraction, wrong: WrongNumber, number: Number, decimals: int | None, variant: Variant) -> bool:
    value = wrong.value(variant) if callable(wrong.value) else wrong.value
    digits = wrong.decimals if wrong.decimals is not None else decimals
    return is_right(got, value, digits, number.rtol) or _is_accepted(got, wrong.accepts, variant)


def _follows(
    got: Fraction, number: Number, decimals: int | None, variant: Variant, earlier: Mapping[str, float]
) -> bool:
    if number.follow is None:
        return False
    try:
        with np.errstate(all="ignore"):
            recomputed = float(number.follow(variant, earlier))
        return is_near(got, recomputed, decimals) if decimals else is_right(got, recomputed, decimals, number.rtol)
    except (ArithmeticError, ValueError):
        # From odd earlier values nothing may follow: a division by their difference, an overflow.
        return False


def judge_literal(text: str, literal: Literal) -> Marking:
    """Judge a typed Python literal."""
    if not text.strip():
        return MISSING
    try:
        got = literals.parse_literal(text)
    except literals.LiteralError as error:
        return Marking(Verdict.INVALID, feedback=(str(error),))
    if literals.same_literal(got, literal.answer):
        return PASSED
    for wrong in literal.mistakes:
        if literals.same_literal(got, wrong.value):
            return _known(wrong.name, wrong.says, wrong.keeps)
    return Marking(Verdict.FAILED, feedback=(literal.says or "This is not what Python gives.",))


def judge_choice(text: str, choice: Choice, choices: Sequence[str]) -> Marking:
    """Judge a choice; upper and lower case are the same where no two choices differ by them alone."""
    typed = text.strip()
    if not typed:
        return MISSING
    folded = [option for option in choices if option.casefold() == typed.casefold()]
    chosen = typed if typed in choices else folded[0] if len(folded) == 1 else None
    if chosen is None:
        return Marking(Verdict.INVALID, feedback=(f"This is none of the choices: {', '.join(choices)}.",))
    if chosen == choice.answer:
        return PASSED
    return Marking(Verdict.FAILED, mistake=choice.names.get(chosen), feedback=(choice.says[chosen],))


def judge_expression(text: str, question: Expression, rng: np.random.Generator) -> Marking:
    """Judge a formula by its values at points drawn from `rng`."""
    if not text.strip():
        return MISSING
    grammar = expression.grammar_of(question)
    try:
        given = expression.parse(text, grammar)
    except expression.ExpressionError as error:
        return Marking(Verdict.INVALID, feedback=(str(error),))
    points = [question.sample(rng) for _ in range(expression.POINTS)]
    with np.errstate(all="ignore"):

        def at_points(formula: expression.Node) -> list[float | None]:
            return expression.values(formula, points, question.functions)

        got = at_points(given)
        if expression.agree(got, at_points(expression.parse(question.answer, grammar))):
            return PASSED
        for wrong in question.mistakes:
            if expression.agree(got, at_points(expression.parse(wrong.text, grammar))):
                return _known(wrong.name, wrong.says, wrong.keeps)
    if any(value is None for value in got):
        return Marking(Verdict.FAILED, feedback=("This formula is undefined or far too large for ordinary values.",))
    return Marking(Verdict.FAILED, feedback=(question.says or "This formula has other values than the right one.",))


def _known(name: str, says: str, keeps: Fraction) -> Marking:
    return Marking(Verdict.PARTIAL if keeps else Verdict.FAILED, keeps, name, (says,))
