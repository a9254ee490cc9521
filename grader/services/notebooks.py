"""Notebooks, read as data: the code cells in order, without what only a notebook understands.

Outputs are never looked at. Lines keep their numbers: what is left out is replaced by `pass` at the same indentation.
"""

from __future__ import annotations

import json
import re
from typing import Any

MAX_CELLS = 2_000
MAX_LINES = 20_000
"""Of all code cells together: each line is looked at, and an archive of empty ones is small."""
_RUNNING_CELL_MAGICS = {"time", "timeit", "capture", "prun"}  # the rest of such a cell is ordinary Python
_SHOWN = 3  # lines, or cells of a magic, quoted in a note
_MAGIC_LENGTH = 30  # of its name, in a note


class NotebookRefused(Exception):
    """The notebook cannot be read; the message goes on after its name."""


def looks_like_one(text: str) -> bool:
    """Return whether text that claims to be Python is a notebook's JSON."""
    start = text.lstrip()[:1]
    return start == "{" and '"cells"' in text and '"nbformat"' in text and '"cell_type"' in text


def read(text: str) -> tuple[tuple[str, ...], tuple[str, ...], list[str]]:
    """Return a notebook's code cells, what to call each ("code cell 3"), and remarks on what was left out.

    Reads format 4 and 3, and files that do not say which.

    Raises:
        NotebookRefused: it is not a Python notebook, or one whose cells cannot be found.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        if not text.lstrip().startswith(("{", "[")):
            raise NotebookRefused("is not a notebook; if it is Python source, let its name end with .py") from error
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise NotebookRefused(
            f"is not a notebook: its JSON cannot be read{where}; save it in Jupyter and upload it again"
        ) from error
    _require_python(document)
    cells: list[str] = []
    labels: list[str] = []
    dropped: list[str] = []
    left_out: list[str] = []
    for source in _code_cells(document):
        label = f"code cell {len(cells) + 1}"
        magic, code, lines = _ordinary_python(source)
        if magic is not None:
            left_out.append(f"{label} was left out: %%{magic} cells are not run here.")
        dropped.extend(f"`{line}` in {label}" for line in lines)
        cells.append(code)
        labels.append(label)
    if not cells:
        raise NotebookRefused("has no code cell")
    notes = left_out[:_SHOWN]
    if len(left_out) > _SHOWN:
        notes.append(f"{len(left_out) - _SHOWN} more cells of such a kind were left out.")
    if dropped:
        more = f" and {len(dropped) - _SHOWN} more" if len(dropped) > _SHOWN else ""
        notes.append(f"magics, shell and help lines were left out: {', '.join(dropped[:_SHOWN])}{more}.")
    return tuple(cells), tuple(labels), notes


def _require_python(document: Any) -> None:
    if not isinstance(document, dict):
        raise NotebookRefused("is not a notebook: its JSON is not an object")
    metadata = document.get("metadata")
    for key, name in (("kernelspec", "language"), ("language_info", "name")):
        part = metadata.get(key) if isinstance(metadata, dict) else None
        language = part.get(name) if isinstance(part, dict) else None
        if isinstance(language, str) and not language.lower().startswith(("python", "ipython")):
            raise NotebookRefused(f'is a notebook for "{language[:30]}", not for Python')


def _code_cells(document: dict[str, Any]) -> list[str]:
    found = document.get("cells")
    if found is None and isinstance(document.get("worksheets"), list):  # format 3
        sheets = [sheet for sheet in document["worksheets"] if isinstance(sheet, dict)]
        found = [cell for sheet in sheets for cell in _list(sheet.get("cells"))]
    cells = _list(found)
    if len(cells) > MAX_CELLS:
        raise NotebookRefused(f"has {len(cells)} cells; at most {MAX_CELLS} are allowed")
    sources = []
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict):
            raise NotebookRefused(f"has a cell {number} that is not a cell; save it in Jupyter and upload it again")
        if cell.get("cell_type") == "code":
            sources.append(_text(cell.get("source", cell.get("input")), number))
    lines = sum(source.count("\n") + 1 for source in sources)
    if lines > MAX_LINES:
        raise NotebookRefused(f"has {lines:,} lines of code; at most {MAX_LINES:,} are allowed")
    return sources


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise NotebookRefused("is not a notebook: it has no list of cells")
    return value


def _text(value: Any, number: int) -> str:
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    if not isinstance(value, str):
        raise NotebookRefused(f"has a cell {number} whose source is not text")
    if "\x00" in value or re.search("[\ud800-\udfff]", value):
        raise NotebookRefused(f"has a cell {number} with characters that are no text")
    return value.replace("\r\n", "\n").replace("\r", "\n")


# --- what only a notebook understands -----------------------------------------------------------------------------

_MAGIC = re.compile(r"\s*(?:%{1,2}[A-Za-z_]|!|\?{1,2}[A-Za-z_%])")
_ASSIGNED = re.compile(r"\s*[A-Za-z_][\w., ]{0,80}=\s*(?:!|%[A-Za-z_])")  # files = !ls
_HELP = re.compile(r"\s*%{0,2}[A-Za-z_][\w.*]{0,200}\?{1,2}\s*")  # np.dot?


def _ordinary_python(source: str) -> tuple[str | None, str, list[str]]:
    """Return the magic that makes a cell not Python (or None), its Python, and the lines that were left out."""
    lines = source.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("%%"):
        word = re.match(r"%%(\w*)", lines[first])
        magic = word[1] if word else ""
        if magic not in _RUNNING_CELL_MAGICS:
            return magic[:_MAGIC_LENGTH] or "?", "", []
        lines[first] = "pass"
    dropped: list[str] = []
    state = _Open()
    goes_on = False  # the line before was left out and ended in a backslash
    for number, line in enumerate(lines):
        starts = not state.is_open
        if goes_on or (starts and (_MAGIC.match(line) or _ASSIGNED.match(line) or _HELP.fullmatch(line))):
            indent = line[: len(line) - len(line.lstrip())]
            lines[number] = "" if goes_on else f"{indent}pass"
            if not goes_on:
                dropped.append(line.strip()[:60].replace("`", "'"))
            goes_on = line.rstrip().endswith("\\")
        else:
            state.take(line)
    return None, "\n".join(lines), dropped


class _Open:
    """Follows brackets, strings and backslashes over lines, to know where a statement may begin."""

    _MARK = re.compile(r"\\.|'''|\"\"\"|[#'\"()\[\]{}]")

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""  # the triple quote that is open
        self._continued = False

    @property
    def is_open(self) -> bool:
        """Whether the next line goes on with what is open."""
        return bool(self._quote) or self._depth > 0 or self._continued

    def take(self, line: str) -> None:
        """Read one more line."""
        quote = self._quote
        commented = False
        for found in self._MARK.finditer(line):
            mark = found[0]
            if quote:
                quote = "" if mark == quote else quote
            elif mark == "#":
                commented = True
                break
            elif mark[0] in "'\"":
                quote = mark
            elif mark in "([{":
                self._depth += 1
            elif mark in ")]}":
                self._depth = max(0, self._depth - 1)
        self._quote = quote if len(quote) == 3 else ""
        self._continued = not commented and not self._quote and line.endswith("\\")
