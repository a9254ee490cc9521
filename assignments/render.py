"""Values and calls as short text, the way Python prints them.

Values may come from a box: everything is bounded, nothing is trusted to be of a sensible size or depth, and nothing
here raises.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from assignments.script import Call, Get, Ref, Repeat, Script, Seed, Set, Step

LIMIT = 500
"""Characters of a rendered value or call."""

ITEMS = 24
"""Entries shown of one row, list or dict."""

DEPTH = 6
LONGEST_NUMBER = 12

ROOM = 300
"""Characters of a result that is shown as it is; of a longer one only what tells something."""

FEW, FIRST = 6, 3
"""Items of a list that an outline writes out; how many it begins a longer one with, and entries of an array."""


def render(value: Any, limit: int = LIMIT) -> str:
    """Return `value` as Python would write it, cut to `limit` characters; arrays appear as their nested lists."""
    pieces = _Pieces(limit)
    _write(value, pieces, DEPTH)
    return pieces.text()


def render_pair(got: Any, want: Any, is_same: Callable[[Any, Any], bool]) -> tuple[str, str]:
    """Return a result and what was expected as text: of long ones only the first item in which they differ.

    `is_same` says whether two items are as good as equal; what is left out stands as `…`.
    """
    before, after = "", ""
    for _ in range(DEPTH):
        texts = render(got, ROOM + 1), render(want, ROOM + 1)
        if max(map(len, texts)) <= ROOM:
            return before + texts[0] + after, before + texts[1] + after
        pairs = _pairs(got, want)
        at = next((place for place, (_, *pair) in enumerate(pairs) if not is_same(*pair)), None)
        if at is None:
            break
        opening, closing = "{}" if isinstance(want, dict) else "()" if isinstance(want, tuple) else "[]"
        label, *items = pairs[at]
        before += opening + ("…, " if at else "") + label
        after = (", …" if at + 1 < len(pairs) else "") + closing + after
        got, want = items
    return before + render_outline(got) + after, before + render_outline(want) + after


def render_outline(value: Any) -> str:
    """Return a result as text: of a long one the shapes of its arrays and the first entries of its lists."""
    text = render(value, ROOM + 1)
    return text if len(text) <= ROOM else render(_outlined(value, DEPTH))


def render_script(script: Script, functions: Mapping[str, Callable[..., Any]], limit: int = LIMIT) -> str:
    """Return a script's steps as the Python a student could type, arguments by name where `functions` knows them."""
    lines: list[str] = []
    _write_steps(script.steps, functions, lines, indent="", only=len(script.steps) == 1)
    return shorten("\n".join(lines), limit)


def clean(text: Any, limit: int = LIMIT) -> str:
    """Return text from a box fit to be shown: one line, printable characters, at most `limit` of them."""
    if not isinstance(text, str):
        return ""
    line = " ".join(text[: 4 * limit].split())
    return shorten("".join(char if char.isprintable() else "�" for char in line), limit)


def shorten(text: str, limit: int) -> str:
    """Return the text, or its beginning and an ellipsis where it is longer than `limit`."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


class _Words(str):
    """Text that stands for a value and is written without quotes."""

    __slots__ = ()


def _pairs(got: Any, want: Any) -> list[tuple[str, Any, Any]]:
    """Return the items of two results side by side, with what labels them; none where they are not built alike."""
    if isinstance(want, dict):
        if not isinstance(got, dict) or list(got) != list(want):
            return []
        return [(f"{key!r}: ", got[key], want[key]) for key in want]
    if isinstance(want, list | tuple) and isinstance(got, list | tuple) and len(got) == len(want):
        return [("", *pair) for pair in zip(got, want, strict=True)]
    return []


def _outlined(value: Any, depth: int) -> Any:
    match value:
        case np.ndarray() if value.size > FIRST:
            return _Words(f"<array of shape {value.shape}>")
        case dict() if depth:
            return {key: _outlined(item, depth - 1) for key, item in list(value.items())[:ITEMS]}
        case list() | tuple() if depth:
            shown = [_outlined(item, depth - 1) for item in value[: FIRST if len(value) > FEW else FEW]]
            more = [_Words(f"… {len(value)} in all")] * (len(value) > FEW)
            return tuple(shown + more) if isinstance(value, tuple) else shown + more
    return value


class _Pieces:
    """Collects text until its limit is reached."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[str] = []
        self._length = 0

    def add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += len(piece)

    @property
    def is_full(self) -> bool:
        return self._length >= self._limit

    def text(self) -> str:
        return shorten("".join(self._pieces), self._limit)


def _write(value: Any, pieces: _Pieces, depth: int) -> None:
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    match value:
        case bool() | None:
            pieces.add(repr(value))
        case int():
            pieces.add(_whole(value))
        case float():
            pieces.add(number(value))
        case _Words():
            pieces.add(value)
        case str():
            pieces.add(repr(value[:LIMIT]))
        case np.ndarray():
            _write_array(value, pieces, depth)
        case list():
            _write_items(value, len(value), ("[", "]"), pieces, depth)
        case tuple():
            _write_items(value, len(value), ("(", ",)" if len(value) == 1 else ")"), pieces, depth)
        case dict():
            _write_dict(value, pieces, depth)
        case Ref():
            pieces.add(value.name)
        case _:
            pieces.add(f"<{type(value).__name__}>")


def _write_array(array: np.ndarray[Any, Any], pieces: _Pieces, depth: int) -> None:
    first = array[:ITEMS]
    # A row of numbers is quicker as Python's own.
    items: Iterable[Any] = first.tolist() if array.ndim == 1 and array.dtype.kind in "fiub" else first
    _write_items(items, len(array), ("[", "]"), pieces, depth)


def _write_items(items: Iterable[Any], count: int, brackets: tuple[str, str], pieces: _Pieces, depth: int) -> None:
    opening, closing = brackets
    pieces.add(opening)
    if depth == 0 and count:
        pieces.add("…")
    else:
        for position, item in enumerate(items):
            if position == ITEMS or pieces.is_full:
                break
            if position:
                pieces.add(", ")
            _write(item, pieces, depth - 1)
        if count > ITEMS:
            pieces.add(f", … {count} in all")
    pieces.add(closing)


def _write_dict(values: dict[Any, Any], pieces: _Pieces, depth: int) -> None:
    pieces.add("{")
    if depth == 0 and values:
        pieces.add("…")
    else:
        for position, (key, value) in enumerate(values.items()):
            if position == ITEMS or pieces.is_full:
                pieces.add(", …")
                break
            if position:
                pieces.add(", ")
            _write(key, pieces, 0)
            pieces.add(": ")
            _write(value, pieces, depth - 1)
    pieces.add("}")


def number(value: float) -> str:
    """Return a float as Python prints it, rounded to eight digits where that would be long."""
    text = repr(value)
    return text if len(text) <= LONGEST_NUMBER else f"{value:.8g}"


def _whole(value: int) -> str:
    # Python refuses to print thousands of digits.
    bits = value.bit_length()
    return str(value) if bits <= 128 else f"<a whole number of about {bits * 30103 // 100_000 + 1} digits>"


def _write_steps(
    steps: Iterable[Step], functions: Mapping[str, Callable[..., Any]], lines: list[str], *, indent: str, only: bool
) -> None:
    for step in steps:
        if sum(map(len, lines)) > LIMIT:
            return
        match step:
            case Call():
                text = _call(step, functions)
                if step.collect:
                    text = f"{step.save}.append({text})"
                elif not only:
                    text = f"{step.save} = {text}"
                lines.append(indent + text)
            case Get():
                lines.append(f"{indent}{step.save} = {step.container}[{step.key!r}]")
            case Set():
                lines.append(f"{indent}{step.save} = {render(step.value)}")
            case Seed():
                lines.append(f"{indent}np.random.seed({step.value})")
            case Repeat():
                lines.append(f"{indent}for i in range({step.times}):")
                _write_steps(step.steps, functions, lines, indent=indent + "    ", only=False)
                if step.every and step.every_steps:
                    lines.append(f"{indent}    if (i + 1) % {step.every} == 0:")
                    _write_steps(step.every_steps, functions, lines, indent=indent + "        ", only=False)


def _call(step: Call, functions: Mapping[str, Callable[..., Any]]) -> str:
    names = _parameter_names(functions.get(step.function), len(step.args))
    # A single argument needs no name.
    is_bare = len(step.args) == 1 and not step.kwargs
    shown = [
        render(value) if name is None or is_bare else f"{name}={render(value)}"
        for name, value in zip(names, step.args, strict=True)
    ]
    shown += [f"{name}={render(value)}" for name, value in step.kwargs.items()]
    return f"{step.function}({', '.join(shown)})"


def _parameter_names(function: Callable[..., Any] | None, count: int) -> list[str | None]:
    names = () if function is None else _positional(function)
    return [names[position] if position < len(names) else None for position in range(count)]


@lru_cache(maxsize=256)  # an assignment's functions are few, and are asked about with every submission
def _positional(function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()
    return tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
