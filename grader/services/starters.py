"""What students start from: a Python file, the same as a notebook, or the fields of a quiz as JSON.

The notebook has the statement on top, then each function of the starter in a cell of its own with its question above
it. It is made from the same file, so the two never differ; filled in, both are graded alike.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from typing import Any

from assignments.spec import Assignment, Question

NOTEBOOK_TYPE = "application/x-ipynb+json"
PYTHON_TYPE = "text/x-python"
_FORMAT = {"nbformat": 4, "nbformat_minor": 5}
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def python(spec: Assignment) -> bytes | None:
    """Return the file students start from; None where nothing is to be programmed."""
    return spec.starter.read_bytes() if spec.starter is not None and spec.starter.is_file() else None


def answers(spec: Assignment) -> bytes:
    """Return the fields of an assignment, blank, as JSON that can be filled in and handed in by the API."""
    blank = {"answers": {question.id: "" for question in spec.fields}}
    return (json.dumps(blank, indent=2) + "\n").encode()


def notebook(spec: Assignment) -> bytes | None:
    """Return the starter as a notebook of format 4.5; None where nothing is to be programmed."""
    source = python(spec)
    if source is None:
        return None
    cells = list(_cells(spec, source.decode("utf-8")))
    return (
        json.dumps({"cells": cells, "metadata": _METADATA, **_FORMAT}, indent=1, ensure_ascii=False) + "\n"
    ).encode()


def _cells(spec: Assignment, source: str) -> Iterator[dict[str, Any]]:
    yield _markdown("statement", f"# {spec.title}\n\n{spec.prompt.strip()}\n{_typed_elsewhere(spec)}")
    blocks = _blocks(source)
    asked = _places(spec.code_questions, [name for name, _ in blocks if name])
    for number, (name, text) in enumerate(blocks, start=1):
        for question in asked.get(name, ()):
            yield _markdown(f"question-{question.id}", _asked(question))
        yield _code(f"function-{name}" if name else f"code-{number}", text)


def _blocks(source: str) -> list[tuple[str, str]]:
    """Return the starter's pieces in order: each function or class by its name, what stands between them under ""."""
    lines = source.splitlines()
    pieces: list[tuple[str, int, int]] = []  # name, first line, line after the last, counted from 0
    end = 0
    for node in ast.parse(source).body:
        is_named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        name = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else ""
        start, end = end, node.end_lineno or node.lineno  # comments above belong to what follows them
        is_main = isinstance(node, ast.If)  # `if __name__ == "__main__"`: a trial run, in a cell of its own
        if pieces and not is_named and not is_main and not pieces[-1][0]:
            pieces[-1] = ("", pieces[-1][1], end)
        else:
            pieces.append((name, start, end))
    blocks = [(name, "\n".join(lines[start:end]).strip("\n")) for name, start, end in pieces]
    rest = "\n".join(lines[end:]).strip("\n")
    return [*blocks, *([("", rest)] if rest else [])]


def _places(questions: Sequence[Question], names: Sequence[str]) -> dict[str, list[Question]]:
    """Return, by function, the questions to put above it: a question stands where the last function it needs does."""
    places: dict[str, list[Question]] = {}
    for question in questions:
        known = [name for name in names if name in question.functions]
        own = question.id if question.id in known else (known[-1] if known else "")
        places.setdefault(own, []).append(question)
    return places


def _asked(question: Question) -> str:
    points = f"{question.points.normalize():f}"
    unit = "point" if points == "1" else "points"
    bonus = ", bonus" if question.is_bonus else ""
    parts = [f"## {question.title} ({points} {unit}{bonus})", question.prompt.strip()]
    if question.signature:
        parts.append(f"```python\n{question.signature.strip()}\n```")
    parts += [
        f"> **The slide is at odds with itself here.** {note.slide} prints: {note.prints} What holds: {note.holds}"
        for note in question.errata
    ]
    return "\n\n".join(part for part in parts if part)


def _typed_elsewhere(spec: Assignment) -> str:
    if not spec.fields:
        return ""
    titles = "\n".join(f"- {question.title}" for question in spec.fields)
    return f"\nTyped into the page, not here:\n\n{titles}\n"


def _markdown(identity: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": identity[:64], "metadata": {}, "source": _lines(text)}


def _code(identity: str, text: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": identity[:64],
        "metadata": {},
        "outputs": [],
        "source": _lines(text),
    }


def _lines(text: str) -> list[str]:
    return text.strip("\n").splitlines(keepends=True)
