"""The table of wrong answers and what students read for them: `docs/feedback.md`.

One section an assignment, so that one of them can be written anew without the others. The same answers always give the
same text: the hidden cases are drawn from a fixed seed, and nothing here depends on time or machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from assignments import catalog
from assignments.render import shorten
from assignments.spec import Assignment
from assignments.wrong_answers import Read, by_question

PAGE = catalog.PACK.parent / "docs" / "feedback.md"

LONGEST = 420
"""Characters shown of what a student reads: the first sentences."""

HEAD = """\
# What students read

For every question the wrong answers people are likeliest to give, the mistake the grader names, the points that are
kept, and the first sentences of what the student reads. Made by `grader assignments feedback --write` from each
assignment's `wrong_answers.toml`; do not edit it. What each check says beside this is on the result page.
"""

SECTION = re.compile(r"^## `(?P<slug>[a-z][a-z0-9_]*)`", re.MULTILINE)
COLUMNS = ("wrong answer", "mistake named", "points", "what the student reads")


def section(assignment: Assignment, reads: Sequence[Read]) -> str:
    """Return an assignment's part of the page, as Markdown."""
    lines = [f"## `{assignment.slug}`: {_escaped(assignment.title)}"]
    for question, found in by_question(assignment, reads).items():
        lines += ["", f"### `{question.id}`: {_escaped(question.title)}", "", _row(COLUMNS)]
        lines.append(_row(["---"] * len(COLUMNS)))
        lines += [_row(_cells(read)) for read in found]
    return "\n".join([*lines, ""])


def _cells(read: Read) -> list[str]:
    wrong, result = read.wrong, read.result
    typed = f" ({_code(wrong.text)})" if wrong.text and wrong.text != wrong.answer else ""
    return [
        _escaped(wrong.answer) + typed,
        _code(result.mistake) if result.mistake else "",
        f"{_points(result.score)} of {_points(result.max_score)}",
        _escaped(shorten(read.words, LONGEST)),
    ]


def _points(points: object) -> str:
    text = f"{points:.2f}".rstrip("0")
    return text.removesuffix(".")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{' '.join(text.split())}{ticks}".replace("|", "\\|")


def _escaped(text: str) -> str:
    """Return text as Markdown that shows it as it is; what stands between backticks stays code."""
    pieces = re.split(r"(`[^`]+`)", " ".join(text.split()))
    return "".join(
        piece.replace("|", "\\|") if at % 2 else re.sub(r"([\\*_\[\]<>|$`#])", r"\\\1", piece)
        for at, piece in enumerate(pieces)
    )


def sections_of(page: str) -> dict[str, str]:
    """Return the parts of a page by slug."""
    starts = list(SECTION.finditer(page))
    ends = [*(match.start() for match in starts[1:]), len(page)]
    return {match["slug"]: page[match.start() : end].rstrip() + "\n" for match, end in zip(starts, ends, strict=True)}


def page(sections: Mapping[str, str]) -> str:
    """Return the whole page, its parts in the order of their slugs."""
    return "\n".join([HEAD, *(sections[slug] for slug in sorted(sections))])
