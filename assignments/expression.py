"""Reads a formula typed by a student as mathematics, and evaluates it at points.

`+ - * / **`, brackets, numbers, names and calls from a table, at most 200 characters and 20 levels. The text meets a
tokenizer and a parser of its own and is never given to Python's: there is no `eval`, no `ast`, no attribute and no
whole number that could grow. Values are floats; whatever overflows or is undefined makes the formula undefined at
that point, and nothing raises but `ExpressionError`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from assignments.language import Expression

MAX_LENGTH = 200
MAX_DEPTH = 20
MAX_POWER = 64

POINTS = 12
"""Points at which two formulas are compared."""

RTOL = 1e-9
ATOL = 1e-12

POWERS = "powers are typed with `**`, for example `x**2`"
COMMA = "a comma has no meaning here; decimals are typed with a point"

TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)|(?P<name>[^\W\d]\w*)|(?P<sign>\*\*|[-+*/()^,])|(?P<odd>\S))"
)
NUMBER_STARTS = "0123456789."
SAME_AS = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # full-width forms, as an input method types
SAME_AS |= str.maketrans(dict.fromkeys("·⋅∙∗×", "*") | dict.fromkeys("−–‐‑", "-") | dict.fromkeys("÷∕", "/"))

Functions = Mapping[str, Callable[[float], float]]
Point = Mapping[str, float]


class ExpressionError(ValueError):
    """The text is not a formula that may be typed here; the message tells the student why."""


@dataclass(frozen=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True)
class Name:
    """A quantity of the question."""

    name: str


@dataclass(frozen=True)
class Apply:
    """A function of the table with its argument."""

    function: str
    argument: Node


@dataclass(frozen=True)
class Minus:
    """A negated term."""

    operand: Node


@dataclass(frozen=True)
class Binary:
    """Two terms joined by one of + - * / and ** ."""

    operator: str
    left: Node
    right: Node


Node = Number | Name | Apply | Minus | Binary


@dataclass(frozen=True)
class Grammar:
    """What a question allows in a formula: names, function names, and other spellings of both."""

    names: frozenset[str]
    functions: frozenset[str]
    aliases: Mapping[str, str]

    def listing(self) -> str:
        """Return everything that may be used, for a message."""
        return ", ".join([*sorted(self.names), *(f"{name}()" for name in sorted(self.functions))])


def grammar_of(question: Expression) -> Grammar:
    """Return what a question allows."""
    return Grammar(frozenset(question.names), frozenset(question.functions), question.aliases)


def parse(text: str, grammar: Grammar) -> Node:
    """Return the formula as a tree.

    Raises:
        ExpressionError: too long, too deep, not a formula, or something is used that the question does not allow.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"The formula has {len(text)} characters; at most {MAX_LENGTH} are read.")
    # A letter typed as base and combining mark (y and ^) is the same as its single sign (ŷ).
    return _Parser(unicodedata.normalize("NFC", text).translate(SAME_AS), grammar).parse()


def evaluate(node: Node, point: Point, functions: Functions) -> float | None:
    """Return the formula's value at a point, or None where it is undefined or beyond a float's range."""
    try:
        value = _value(node, point, functions)
    except (ArithmeticError, ValueError):
        return None
    return value if isinstance(value, float) and math.isfinite(value) else None


def values(node: Node, points: Sequence[Point], functions: Functions) -> list[float | None]:
    """Return the formula's value at each point; None where it is undefined."""
    return [evaluate(node, point, functions) for point in points]


def agree(got: Sequence[float | None], want: Sequence[float | None]) -> bool:
    """Return whether two formulas have the same value at every point; an undefined one equals nothing."""
    return bool(want) and all(
        left is not None and right is not None and abs(left - right) <= ATOL + RTOL * abs(right)
        for left, right in zip(got, want, strict=True)
    )


def _value(node: Node, point: Point, functions: Functions) -> float:
    match node:
        case Number(value):
            return value
        case Name(name):
            return float(point[name])
        case Apply(function, argument):
            return float(functions[function](_value(argument, point, functions)))
        case Minus(operand):
            return -_value(operand, point, functions)
        case Binary(operator, left_node, right_node):
            left, right = _value(left_node, point, functions), _value(right_node, point, functions)
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
        case _:
            return math.pow(left, right)


class _Parser:
    """Recursive descent with Python's precedence: ** binds tightest and to the right, a sign binds looser than it."""

    def __init__(self, text: str, grammar: Grammar) -> None:
        self._grammar = grammar
        self._tokens = _tokens(text)
        self._at = 0

    def parse(self) -> Node:
        if self._peek() == "":
            self._fail("it is empty")
        node = self._sum(MAX_DEPTH)
        piece = self._peek()
        if piece == ",":
            self._fail(COMMA)
        if piece == ")":
            self._fail("a bracket is closed that was never opened")
        if piece[:1].isdigit() and piece[0] not in NUMBER_STARTS:
            self._fail(POWERS)
        if piece:
            self._fail(f"a sign is missing before `{piece}`; write a product with `*`")
        return node

    def _sum(self, depth: int) -> Node:
        if depth <= 0:
            self._fail(f"it has more than {MAX_DEPTH} levels")
        node = self._product(depth)
        while (operator := self._peek()) in {"+", "-"}:
            self._at += 1
            node = Binary(operator, node, self._product(depth))
        return node

    def _product(self, depth: int) -> Node:
        node = self._sign(depth)
        while (operator := self._peek()) in {"*", "/"}:
            self._at += 1
            node = Binary(operator, node, self._sign(depth))
        return node

    def _sign(self, depth: int) -> Node:
        if self._peek() not in {"+", "-"}:
            return self._power(depth)
        if depth <= 0:
            self._fail(f"it has more than {MAX_DEPTH} levels")
        operator = self._peek()
        self._at += 1
        operand = self._sign(depth - 1)
        return Minus(operand) if operator == "-" else operand

    def _power(self, depth: int) -> Node:
        base = self._atom(depth)
        if self._peek() not in {"**", "^"}:
            return base
        if depth <= 0:
            self._fail(f"it has more than {MAX_DEPTH} levels")
        self._at += 1
        exponent = self._sign(depth - 1)
        if isinstance(exponent, Number) and exponent.value > MAX_POWER:
            self._fail(f"powers go up to {MAX_POWER}")
        return Binary("**", base, exponent)

    def _atom(self, depth: int) -> Node:
        piece = self._peek()
        if not piece:
            self._fail("it ends too early")
        self._at += 1
        if piece == "(":
            return self._closed(depth)
        if piece[0] in NUMBER_STARTS:  # not `isdigit`, which ² and ① pass
            return Number(float(piece))
        if piece[0].isdigit():
            self._fail(POWERS)
        if piece[0].isalpha() or piece[0] == "_":
            return self._named(piece, depth)
        return self._fail(f"a number or a name is missing before `{piece}`")

    def _closed(self, depth: int) -> Node:
        node = self._sum(depth - 1)
        if self._peek() == ",":
            self._fail(COMMA)
        if self._peek() != ")":
            self._fail("a closing bracket is missing")
        self._at += 1
        return node

    def _named(self, piece: str, depth: int) -> Node:
        name = self._grammar.aliases.get(piece, piece)
        if name in self._grammar.functions:
            if self._peek() != "(":
                self._fail(f"{name} is a function: give it its argument in brackets")
            self._at += 1
            return Apply(name, self._closed(depth))
        if name not in self._grammar.names and not name.isascii() and name[-1].isdigit():
            self._fail(POWERS)
        if name not in self._grammar.names:
            self._fail(f"`{piece[:20]}` is not known here; known are {self._grammar.listing()}")
        if self._peek() == "(":
            self._fail(f"{name} is a number, not a function; write a product with `*`")
        return Name(name)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _fail(self, reason: str) -> NoReturn:
        raise ExpressionError(f"This formula cannot be read: {reason}.")


def _tokens(text: str) -> list[str]:
    pieces = []
    for match in TOKEN.finditer(text):
        odd = match.group("odd")
        if odd is not None:
            hint = "type only the formula, without `… =`" if odd == "=" else f"`{odd}` has no meaning in it"
            raise ExpressionError(f"This formula cannot be read: {hint}.")
        pieces.append(match.group().strip())
    return pieces
