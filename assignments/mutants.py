"""Small faults put into right sample work, one at a time, to see whether the checks notice.

Each mutant changes one place of one function: an operator, a comparison, a constant (and with it an axis, an index or
a default), a condition, the order of two arguments, or it drops a statement. A mutant that still gets full marks is a
hole in the checks, unless it does the same as the original: such mutants are listed, each with the reason, in the
assignment's `equivalent.toml`:

    [[equivalent]]
    exemplar = "right_numpy.py"
    line = "w0 = 0.0"
    changes = ["0.0 -> 1.0"]
    reason = "the start is free"

Only our own exemplars are ever parsed here.
"""

from __future__ import annotations

import ast
import copy
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

EQUIVALENT_FILE = "equivalent.toml"
REMOVED = "removed"

Change = tuple[str, Callable[[ast.AST], ast.AST | None]]
"""How one node changes, in words, and the function that makes a changed node of a copy; None drops the statement."""

Op = TypeVar("Op", ast.operator, ast.cmpop)

SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@", ast.FloorDiv: "//",
    ast.Mod: "%", ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=",
    ast.And: "and", ast.Or: "or",
}  # fmt: skip

OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.Div),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.Mult,),
}

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}


class EquivalentError(Exception):
    """The list of equivalent mutants cannot be read."""


@dataclass(frozen=True)
class Mutant:
    """One changed copy of an exemplar.

    Args:
        exemplar: file name of the original.
        line: the original line that was changed, without its indent; the first one where it spans several.
        change: what was changed, for example "+ -> -".
        source: the whole changed file.
    """

    exemplar: str
    line: str
    change: str
    source: str

    def __str__(self) -> str:
        """Say where and what, in one line."""
        return f"{self.exemplar}: `{self.line}`: {self.change}"


@dataclass(frozen=True)
class Equivalent:
    """Changes of one line that leave an exemplar right, and why."""

    exemplar: str
    line: str
    changes: tuple[str, ...]
    reason: str

    def covers(self, mutant: Mutant) -> bool:
        """Return whether this entry speaks of the mutant."""
        return (self.exemplar, self.line) == (mutant.exemplar, mutant.line) and mutant.change in self.changes


def load_equivalents(folder: Path) -> tuple[Equivalent, ...]:
    """Return the listed equivalent mutants of an assignment; none where there is no list.

    Raises:
        EquivalentError: the file is not TOML, or an entry lacks something.
    """
    path = folder / EQUIVALENT_FILE
    if not path.is_file():
        return ()
    try:
        entries = tomllib.loads(path.read_text("utf-8")).get("equivalent", [])
        return tuple(
            Equivalent(entry["exemplar"], entry["line"], tuple(entry["changes"]), entry["reason"]) for entry in entries
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise EquivalentError(
            f"{EQUIVALENT_FILE} cannot be read ({type(error).__name__}: {error}); every [[equivalent]] needs "
            "exemplar, line, changes and reason"
        ) from error


def make_mutants(exemplar: str, source: str) -> tuple[Mutant, ...]:
    """Return every mutant of a file, in the order of its lines; no two have the same text."""
    tree = ast.parse(source)
    lines = source.splitlines()
    seen = {ast.unparse(tree)}
    mutants: list[tuple[int, Mutant]] = []
    for position, node in _places(tree):
        for words, change in _changes(node):
            text = _with_change(tree, position, change)
            if text in seen:
                continue
            seen.add(text)
            number = getattr(node, "lineno", 1)
            mutants.append((number, Mutant(exemplar, lines[number - 1].strip(), words, text)))
    return tuple(mutant for _, mutant in sorted(mutants, key=lambda item: item[0]))


def _places(tree: ast.Module) -> Iterator[tuple[int, ast.AST]]:
    """Yield the nodes worth changing, with their position in `ast.walk`: what runs when a function is called."""
    inside: set[int] = set()
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef) or (
            isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Lambda)
        ):
            inside.update(id(node) for node in ast.walk(statement) if node is not statement)
    for node in ast.walk(tree):
        if _is_decoration(node):
            inside.difference_update(id(part) for part in ast.walk(node))
    yield from ((position, node) for position, node in enumerate(ast.walk(tree)) if id(node) in inside)


def _is_decoration(node: ast.AST) -> bool:
    """Return whether a statement only speaks to people: a docstring, or a line that prints."""
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    is_print = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print"
    return is_print or isinstance(value, ast.Constant)


def _changes(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.BinOp() | ast.AugAssign():
            yield from _other_operators(node)
            if isinstance(node, ast.AugAssign):
                yield REMOVED, _drop
        case ast.Compare():
            yield from _other_comparisons(node)
        case ast.BoolOp():
            other = ast.Or if isinstance(node.op, ast.And) else ast.And
            yield f"{SYMBOLS[type(node.op)]} -> {SYMBOLS[other]}", lambda n: _set(n, op=other())
        case ast.UnaryOp():
            yield "sign or not dropped", lambda n: n.operand if isinstance(n, ast.UnaryOp) else n
        case ast.Constant():
            yield from _other_constants(node)
        case ast.If() | ast.IfExp() | ast.While():
            yield "condition turned round", lambda n: _set(n, test=ast.UnaryOp(ast.Not(), _get_test(n)))
            if isinstance(node, ast.If):
                yield REMOVED, _drop
        case ast.Call() if len(node.args) >= 2:
            yield f"first two arguments of {ast.unparse(node.func)} swapped", _swap_arguments
        case ast.Break():
            yield "break -> continue", lambda _: ast.Continue()
            yield REMOVED, _drop
        case ast.Assign() | ast.Expr() | ast.Return():
            yield REMOVED, _drop
        case ast.Slice():
            yield from _other_slices(node)


def _other_operators(node: ast.BinOp | ast.AugAssign) -> Iterator[Change]:
    for other in OPERATORS.get(type(node.op), ()):
        yield f"{SYMBOLS[type(node.op)]} -> {SYMBOLS[other]}", lambda n, other=other: _set(n, op=other())  # type: ignore[misc]


def _other_comparisons(node: ast.Compare) -> Iterator[Change]:
    for other in COMPARISONS.get(type(node.ops[0]), ()):
        yield (
            f"{SYMBOLS[type(node.ops[0])]} -> {SYMBOLS[other]}",
            lambda n, other=other: _set(n, ops=[other(), *n.ops[1:]]),  # type: ignore[misc]
        )


def _other_constants(node: ast.Constant) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield f"{value} -> {not value}", lambda n: _set(n, value=not value)
    elif isinstance(value, int | float):
        for other in dict.fromkeys((value + 1, value - 1 if value else value + 1)):
            yield f"{value!r} -> {other!r}", lambda n, other=other: _set(n, value=other)  # type: ignore[misc]


def _other_slices(node: ast.Slice) -> Iterator[Change]:
    if node.lower is not None:
        yield "lower bound dropped", lambda n: _set(n, lower=None)
    if node.upper is not None:
        yield "upper bound dropped", lambda n: _set(n, upper=None)


def _swap_arguments(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.Call):
        node.args[0], node.args[1] = node.args[1], node.args[0]
    return node


def _get_test(node: ast.AST) -> ast.expr:
    if not isinstance(node, ast.If | ast.IfExp | ast.While):
        raise TypeError(f"{type(node).__name__} has no condition")
    return node.test


def _set(node: ast.AST, **fields: object) -> ast.AST:
    for name, value in fields.items():
        setattr(node, name, value)
    return node


def _drop(node: ast.AST) -> None:
    """Stand for a statement that is left out."""
    del node


def _with_change(tree: ast.Module, position: int, change: Callable[[ast.AST], ast.AST | None]) -> str:
    """Return the file with the node at a position changed."""
    changed = copy.deepcopy(tree)
    target = next(node for at, node in enumerate(ast.walk(changed)) if at == position)
    replacement = change(target)
    _Replace(target, replacement or ast.Pass()).visit(changed)
    return ast.unparse(ast.fix_missing_locations(changed))


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.AST, replacement: ast.AST) -> None:
        self._target = target
        self._replacement = replacement

    def visit(self, node: ast.AST) -> ast.AST:
        return self._replacement if node is self._target else self.generic_visit(node)
