"""Small faults put into right sample work, one at a time, to see whether the checks notice.

Each mutant changes one place of one function, in one of the ways of `assignments.mutations`. A mutant that still gets
full marks is a hole in the checks, unless it does the same as the original: such mutants are listed, each with the
reason, in the assignment's `equivalent.toml`:

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

from assignments.mutations import changes

EQUIVALENT_FILE = "equivalent.toml"


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
    modules = frozenset(_imported(tree))
    unused = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for position, node in _places(tree):
        for words, change in changes(node, modules, is_statement=id(node) in unused):
            text = _with_change(tree, position, change)
            if text in seen:
                continue
            seen.add(text)
            number = getattr(node, "lineno", 1)
            mutants.append((number, Mutant(exemplar, lines[number - 1].strip(), words, text)))
    return tuple(mutant for _, mutant in sorted(mutants, key=lambda item: item[0]))


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield the names that modules are imported under."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)


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
