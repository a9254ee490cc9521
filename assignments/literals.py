"""Reads a Python literal typed by a student, with a parser of its own.

Numbers, strings, True, False, None, lists, tuples, dicts and sets, at most 200 characters and 20 levels. Python's own
parser never sees the text: small sources are known to crash it, and some warn.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

MAX_LENGTH = 200
MAX_DEPTH = 20

NUMBER = re.compile(r"(?:\d+(?:_\d+)*)?(?:\.\d*)?(?:[eE][+-]?\d{1,4})?")
NAME = re.compile(r"[^\W\d]\w*")
CONSTANTS = {"True": True, "False": False, "None": None}
UNREAD_ESCAPES = "xuUN1234567"
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "0": "\0"}
CURLY_QUOTES = "‘’“”„«»「」"


class LiteralError(ValueError):
    """The text is not a Python literal; the message tells the student why."""


def parse_literal(text: str) -> Any:
    """Return the value of a Python literal.

    Raises:
        LiteralError: the text is too long, too deep or no literal.
    """
    if len(text) > MAX_LENGTH:
        raise LiteralError(f"The answer has {len(text)} characters; at most {MAX_LENGTH} are read.")
    for quote in CURLY_QUOTES:
        if quote in text:
            raise LiteralError(f"Python does not know the quotes {quote}: type ' or \" instead.")
    return _Parser(text).parse()


class _Parser:
    """Recursive descent over one short text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def parse(self) -> Any:
        value = self._value(MAX_DEPTH)
        if self._peek() == ",":
            value = self._rest_of_bare_tuple(value)
        if self._peek():
            self._fail("something is left over after the value")
        return value

    def _rest_of_bare_tuple(self, first: Any) -> tuple[Any, ...]:
        items = [first]
        while self._take(","):
            if not self._peek():
                break
            items.append(self._value(MAX_DEPTH - 1))
        return tuple(items)

    def _value(self, depth: int) -> Any:
        if depth == 0:
            self._fail("it is nested too deeply")
        char = self._peek()
        if char == "[":
            return self._items("[", "]", depth)[0]
        if char == "(":
            items, has_comma = self._items("(", ")", depth)
            return tuple(items) if has_comma or not items else items[0]
        if char == "{":
            return self._braces(depth)
        if char in {"'", '"'}:
            return self._string()
        if char in {"+", "-"}:
            return self._signed(depth)
        if char.isdigit() or char == ".":
            return self._number()
        if char in {"u", "U"} and self._text[self._at + 1 : self._at + 2] in {"'", '"'}:
            self._at += 1
            return self._string()
        if char.isalpha() or char == "_":
            return self._name()
        return self._fail("a value is missing" if char else "it ends too early")

    def _items(self, opening: str, closing: str, depth: int) -> tuple[list[Any], bool]:
        self._take(opening)
        items: list[Any] = []
        has_comma = False
        while not self._take(closing):
            if items and not has_comma:
                self._fail(f"a comma or `{closing}` is missing")
            items.append(self._value(depth - 1))
            if self._take(","):
                has_comma = True
            elif self._peek() != closing:
                self._fail(f"a comma or `{closing}` is missing")
        return items, has_comma

    def _braces(self, depth: int) -> dict[Any, Any] | set[Any]:
        self._take("{")
        pairs: list[tuple[Any, Any]] = []
        items: list[Any] = []
        while not self._take("}"):
            item = self._value(depth - 1)
            if self._take(":"):
                pairs.append((item, self._value(depth - 1)))
            else:
                items.append(item)
            if not self._take(",") and self._peek() != "}":
                self._fail("a comma or `}` is missing")
        if pairs and items:
            self._fail("it is half a dict and half a set")
        try:
            return set(items) if items else dict(pairs)
        except TypeError:
            return self._fail("a list or dict cannot be a key, nor stand in a set")

    def _string(self) -> str:
        pieces: list[str] = []
        # Neighbouring strings are one, as in Python.
        while self._peek() in {"'", '"'}:
            quote = self._text[self._at]
            self._at += 1
            while True:
                char = self._text[self._at : self._at + 1]
                if not char or char == "\n":
                    self._fail(f"the closing {quote} is missing")
                self._at += 1
                if char == quote:
                    break
                pieces.append(self._escape() if char == "\\" else char)
        return "".join(pieces)

    def _escape(self) -> str:
        char = self._text[self._at : self._at + 1]
        self._at += 1
        if char and char in UNREAD_ESCAPES:
            self._fail(f"the escape \\{char} is not read here: type the character itself")
        # An unknown escape stands for itself, backslash included.
        return ESCAPES.get(char, "\\" + char)

    def _signed(self, depth: int) -> int | float:
        sign = -1 if self._peek() == "-" else 1
        self._at += 1
        value = self._value(depth - 1)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._fail("only a number can have a sign")
        return sign * value

    def _number(self) -> int | float:
        match = NUMBER.match(self._text, self._at)
        digits = match.group() if match else ""
        if not any(char.isdigit() for char in digits):
            self._fail("a number is missing its digits")
        self._at += len(digits)
        following = self._text[self._at : self._at + 1]
        if following.isalnum() or following in {"_", "."}:
            self._fail("a number runs into something else")
        try:
            return int(digits) if digits.replace("_", "").isdigit() else float(digits)
        except ValueError:
            return self._fail("a number cannot be read")

    def _name(self) -> Any:
        match = NAME.match(self._text, self._at)
        name = match.group() if match else self._text[self._at]
        if name not in CONSTANTS:
            self._fail(f"{name!r} is a name, not a value: a text needs quotes")
        self._at += len(name)
        return CONSTANTS[name]

    def _peek(self) -> str:
        """Return the next character that is no space, or '' at the end."""
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
        return self._text[self._at : self._at + 1]

    def _take(self, char: str) -> bool:
        if self._peek() != char:
            return False
        self._at += 1
        return True

    def _fail(self, reason: str) -> NoReturn:
        raise LiteralError(f"This is not a Python literal: {reason} (at character {self._at + 1}).")


def same_literal(got: Any, want: Any) -> bool:
    """Return whether two literals are equal in Python's sense and alike in type, all the way down.

    Whole and real numbers may stand for each other; True and 1, a list and a tuple may not.
    """
    if isinstance(want, bool) or isinstance(got, bool) or want is None or got is None:
        return got is want
    if isinstance(want, int | float):
        return isinstance(got, int | float) and got == want
    if type(got) is not type(want):
        return False
    if isinstance(want, list | tuple):
        return len(got) == len(want) and all(same_literal(*pair) for pair in zip(got, want, strict=True))
    if isinstance(want, dict):
        return got.keys() == want.keys() and all(same_literal(got[key], want[key]) for key in want)
    return bool(got == want)
