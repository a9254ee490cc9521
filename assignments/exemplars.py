"""Sample work in an assignment's `exemplars/` folder, and what each piece says it must get.

A `.py` file is handed in as it is; its first lines say what must come of it:

    # expect: full
    # expect: update=0 mistake=sign-flipped

A `.toml` file holds typed answers, the exemplars handed in with them, and the same expectations:

    files = ["right_numpy.py"]
    expect = ["slicing=0 mistake=index-for-slice"]
    [answers]
    slicing = "'nice string'"

A question that is not named must get full marks, with no mistake. A `.py` file answers for the code questions only.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from assignments.spec import Assignment, Question
from assignments.verdict import QuestionResult, Report

EXPECT = re.compile(r"#\s*expect:\s*(.+)")
CLAIM = re.compile(
    r"(?P<question>[a-z][a-z0-9_]*)=(?P<score>[0-9]+(?:\.[0-9]+)?)(?:\s+mistake=(?P<mistake>[a-z0-9-]+))?"
)
FULL = "full"
DIGITS = 2  # points of a share, such as 5 of 12, are claimed to this many


class Grade(Protocol):
    """Grades one upload as a student's: (assignment, files, answers, seed) → report."""

    def __call__(
        self, assignment: Assignment, files: list[tuple[str, bytes]], answers: dict[str, str], seed: bytes, /
    ) -> Report:
        """Return the report a student would get."""


class ExemplarError(Exception):
    """An exemplar does not say what it must get, or says it in words that cannot be read."""


@dataclass(frozen=True)
class Claim:
    """What one question of an exemplar must get; `mistake` None says that none may be named."""

    question: str
    score: Decimal
    mistake: str | None = None

    def __str__(self) -> str:
        """Say it as a header line would."""
        return f"{self.question}={self.score}" + (f" mistake={self.mistake}" if self.mistake else "")


@dataclass(frozen=True)
class Exemplar:
    """One piece of sample work."""

    name: str
    claims: tuple[Claim, ...]  # one for every question it answers for
    source: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    is_full: bool = False

    @property
    def is_right(self) -> bool:
        """Whether it claims full marks, so that mutants may be made of it."""
        return self.is_full and self.source is not None and self.name.endswith(".py")

    def files(self, assignment: Assignment) -> list[tuple[str, bytes]]:
        """Return what a student would upload: the source, named like the assignment."""
        return [] if self.source is None else [(f"{assignment.slug}.py", self.source.encode())]

    def differences(self, report: Report) -> Iterator[str]:
        """Yield a sentence for each question that did not get what the exemplar says."""
        results = {result.id: result for result in report.questions}
        for claim in self.claims:
            result = results.get(claim.question)
            if result is None:
                yield f"{claim.question}: no result; expected {claim}"
                continue
            got = Claim(result.id, round(result.score, DIGITS), result.mistake)
            if got.score != claim.score or got.mistake != claim.mistake:
                yield f"got {got}, expected {claim}{_reason(result)}"


def _reason(result: QuestionResult) -> str:
    reasons = [*result.feedback, *(f"{c.name}: {c.message}" for c in result.checks if c.message)]
    return f" ({result.verdict}: {reasons[0]})" if reasons else f" ({result.verdict})"


def load(assignment: Assignment) -> tuple[Exemplar, ...]:
    """Return the exemplars of an assignment, in the order of their names.

    Raises:
        ExemplarError: one of them cannot be read.
    """
    folder = assignment.folder / "exemplars"
    paths = sorted(path for path in folder.glob("*") if path.suffix in {".py", ".toml"})
    return tuple(
        _from_source(assignment, path) if path.suffix == ".py" else _from_table(assignment, path) for path in paths
    )


def _from_source(assignment: Assignment, path: Path) -> Exemplar:
    source = path.read_text("utf-8")
    lines: list[str] = []
    for line in source.splitlines():
        match = EXPECT.fullmatch(line.strip())
        if match is None:
            break
        lines.append(match[1].strip())
    if not lines:
        raise ExemplarError(f"{path.name}: the first line must say what it gets, for example `# expect: {FULL}`")
    claims = _claims(path.name, [] if lines == [FULL] else lines, assignment.code_questions)
    return Exemplar(path.name, claims, source, is_full=lines == [FULL])


def _from_table(assignment: Assignment, path: Path) -> Exemplar:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ExemplarError(f"{path.name} is not valid TOML: {error}") from error
    files, expect, answers = (
        _get(table, path, key, kind) for key, kind in (("files", list), ("expect", list), ("answers", dict))
    )
    unknown = answers.keys() - {question.id for question in assignment.fields}
    if unknown or not all(isinstance(text, str) for text in answers.values()):
        raise ExemplarError(f"{path.name}: answers must map fields of the assignment to texts; odd: {sorted(unknown)}")
    if len(files) > 1:
        raise ExemplarError(f"{path.name}: files names {len(files)} exemplars; one can be handed in with the answers")
    source = (path.parent / files[0]).read_text("utf-8") if files else None
    # Typed answers alone leave the code questions aside unless they are named.
    named = {line.split("=")[0] for line in expect}
    asked = [q for q in assignment.questions if q.is_field or source is not None or q.id in named]
    return Exemplar(path.name, _claims(path.name, expect, asked), source, answers, is_full=not expect)


def _get(table: Mapping[str, Any], path: Path, key: str, kind: type) -> Any:
    value = table.get(key, kind())
    if not isinstance(value, kind):
        raise ExemplarError(f"{path.name}: {key} is {value!r}; expected a {kind.__name__}")
    return value


def _claims(name: str, lines: Sequence[str], asked: Sequence[Question]) -> tuple[Claim, ...]:
    claims = {question.id: Claim(question.id, question.points) for question in asked}
    for line in lines:
        match = CLAIM.fullmatch(line)
        if match is None or match["question"] not in claims:
            raise ExemplarError(
                f"{name}: cannot read {line!r}; expected `question=points` or `question=points mistake=name`, "
                f"with one of the questions {', '.join(claims)}"
            )
        claims[match["question"]] = Claim(match["question"], Decimal(match["score"]), match["mistake"])
    return tuple(claims.values())
