"""What can be said of a submission that Python cannot read, or that lacks a function.

The compiler's complaint gets the line it is about and what to do. Where a function is missing, its text is looked for:
it may stand inside a class, or below `if __name__ == "__main__"`.

This file is bound into the box, where it is read when something is wrong; most submissions never need
it. What it says about a missing function has to fit `assignments/disclosure.py`.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Iterator, Sequence

LONGEST_QUOTE = 60
MAX_NAMES = 5

# --- the compiler's words ---------------------------------------------------------------------------------------------

_HINTS = (
    (re.compile(r"^invalid character '[“”‘’„«»]'"), "Quotes of a word processor: type them anew, as \" or '"),
    (re.compile(r"^invalid character '[−–—]'"), "This dash is no minus sign: type it anew, as -"),
    (re.compile(r"^invalid character"), "Type the character anew; names have letters, digits and _ only"),
    (re.compile(r"^invalid non-printable character"), "An invisible blank, copied from a page: type the blank anew"),
    (re.compile(r"^inconsistent use of tabs"), "Indent with blanks only"),
    (re.compile(r"^unindent does not match"), "Give the line as many blanks as the lines above it that it belongs to"),
    (re.compile(r"^unexpected indent"), "The line begins further right than the one above it"),
    (re.compile(r"^expected an indented block"), "What belongs to it begins 4 blanks further right"),
    (re.compile(r"^'(?:return|yield)' outside function"), "Is the line indented like the rest of its function?"),
    (re.compile(r"^'\w+' was never closed|^unmatched '"), "Count the brackets of this line and of those below it"),
    (re.compile(r"^'.' was never closed"), "Count the brackets of this line and of those below it"),
    (
        re.compile(r"unicodeescape"),
        'A backslash in a text begins an escape: write r"C:\\Users" for the path of a Windows computer',
    ),
)
_PROMPT = re.compile(r"\s*(?:>>>|\.\.\.) ")
_NUMBERED = re.compile(r"\s*\d+[ :]\s*[A-Za-z_#@]")
_FENCE = re.compile(r"\s*```")
_MERGE = re.compile(r"(?:<{7}|={7}|>{7})(?:\s|$)")


def words(error: SyntaxError) -> str:
    """Return what the compiler complains of, the line it points at, and what to do about it."""
    message = str(error.msg)
    line = error.text.strip() if type(error.text) is str else ""
    quote = (
        f" in `{line[:LONGEST_QUOTE]}{'…' if len(line) > LONGEST_QUOTE else ''}`" if line and "`" not in line else ""
    )
    hint = next((hint for pattern, hint in _HINTS if pattern.search(message)), "")
    if _PROMPT.match(error.text or ""):
        hint = "Take out the >>> and ... of Python's prompt"
    elif _NUMBERED.match(error.text or ""):
        hint = "Take out the numbers of the lines"
    elif _FENCE.match(error.text or ""):
        hint = "Take out the ``` lines: they are not Python"
    elif _MERGE.match(error.text or ""):
        hint = "A merge was not finished: keep one of the two versions, and take out the lines with <<<, === and >>>"
    elif line[:1] in {"%", "!"}:
        hint = "Lines that begin with % or ! work in a notebook only: take them out"
    said = message if "?" in message[-1:] else message.rstrip(".")
    return f"{said}{quote}{f'. {hint}' if hint else ''}"


# --- a function that is not there -------------------------------------------------------------------------------------


def whereabouts(name: str, sources: Iterable[tuple[str, str]]) -> str:
    """Return where a function stands that is not defined, as a whole sentence without its stop; "" when nowhere.

    Args:
        name: the function's.
        sources: label and text of each cell.
    """
    for label, text in sources:
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node, around in _functions(tree):
            if node.name == name:
                return f"`{name}` {_inside(around)} (line {node.lineno} of {label}){_remedy(around)}"
    return ""


def _functions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, tuple[ast.AST, ...]]]:
    """Yield every function with the statements around it, the outermost first."""
    waiting: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [(tree, ())]
    while waiting:
        node, around = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, around
        inner = around if isinstance(node, ast.Module) else (*around, node)
        waiting.extend(
            (each, inner) for each in ast.iter_child_nodes(node) if isinstance(each, ast.stmt | ast.excepthandler)
        )


def _inside(around: tuple[ast.AST, ...]) -> str:
    for node in reversed(around):
        if isinstance(node, ast.ClassDef):
            return f"stands inside the class `{node.name}`"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return f"stands inside the function `{node.name}`"
    if not around:
        return "could not be defined"
    if isinstance(around[0], ast.If) and "__name__" in ast.dump(around[0].test):
        return "stands below `if __name__ ==`, which is not run here"
    return "stands inside a block that was not run to its end"


def _remedy(around: tuple[ast.AST, ...]) -> str:
    if not around:
        return ""
    if any(isinstance(node, ast.ClassDef) for node in around):
        return ": move it out, to the left margin and without `self`"
    return ": move it out, to the left margin"


def near(name: str, own: Sequence[str], asked: Sequence[str]) -> str:
    """Return which of the submission's functions may be meant, or which there are; "" when there are none."""
    names = [known for known in dict.fromkeys(own) if known not in asked and known != name]
    plain, parts = _plain(name), sorted(name.lower().split("_"))
    found = [known for known in names if _plain(known) == plain]
    found += [known for known in names if sorted(known.lower().split("_")) == parts]
    found += difflib.get_close_matches(name, names, n=1, cutoff=0.7)
    found += [known for known in names if plain in _plain(known) or (len(known) > 3 and _plain(known) in plain)]
    if found:
        return f"; did you mean your `{found[0]}`?"
    listed = ", ".join(f"`{known}`" for known in names[:MAX_NAMES])
    return f"; defined are {listed}" if listed else ""


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()


def other_value(name: str, sources: Iterable[tuple[str, str]]) -> str:
    """Return which line gives a function's name to something else, as the end of a sentence; "" when none does."""
    said = ""
    for label, text in sources:
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
                said = f": line {node.lineno} of {label} gives the name another value"
    return said


def defined_again(name: str, sources: Sequence[tuple[str, str]]) -> str:
    """Return the remark on a function that one file defines more than once, or ""."""
    pattern = re.compile(rf"^(?:async\s+)?def\s+{re.escape(name)}\b", re.MULTILINE)
    for file in dict.fromkeys(label.partition(",")[0] for label, _ in sources):
        places: list[str] = []
        for label, text in sources:
            own, _, cell = label.partition(", ")
            where = f" of {cell}" if cell else ""
            if own == file:
                places += [f"{text[: found.start()].count(chr(10)) + 1}{where}" for found in pattern.finditer(text)]
        if len(places) > 1:
            times = "twice" if len(places) == 2 else f"{len(places)} times"
            where = f"last at line {places[-2]} and at line {places[-1]}"
            return f"{file}: `{name}` is defined {times}, {where}. The last one counts."
    return ""


def meant(name: str, known: Iterable[str]) -> str:
    """Return the question whether another name was meant, or ""."""
    found = difflib.get_close_matches(name, sorted(set(known)), n=1, cutoff=0.75)
    return f"Did you mean `{found[0]}`?" if found else ""
