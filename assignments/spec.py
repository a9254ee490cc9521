"""What an assignment asks, without a word of what is right.

The web service reads these; the answers live in each folder's `questions.py`, which only the worker loads.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """How a question is answered."""

    NUMBER = "number"
    LITERAL = "literal"
    CHOICE = "choice"
    EXPRESSION = "expression"
    CODE = "code"
    WRITTEN = "written"


@dataclass(frozen=True)
class Erratum:
    """Where the course's own slide is at odds with itself; shown with the question it concerns."""

    slide: str
    prints: str
    holds: str


@dataclass(frozen=True)
class Limits:
    """What one question's code may use."""

    cpu_s: float = 10.0
    wall_s: float = 20.0
    memory_mib: int = 512
    output_kib: int = 64


@dataclass(frozen=True)
class Question:
    """One question as the student sees it."""

    id: str
    kind: Kind
    title: str
    points: Decimal
    prompt: str = ""
    signature: str = ""  # code questions: what the student writes, as the prompt prints it
    functions: tuple[str, ...] = ()  # code questions: the names looked up in the submission
    choices: tuple[str, ...] = ()
    decimals: int | None = None  # number questions: digits asked for after the point; None means any
    is_bonus: bool = False
    errata: tuple[Erratum, ...] = ()

    @property
    def is_field(self) -> bool:
        """Whether the answer is typed into the page rather than uploaded."""
        return self.kind is not Kind.CODE


@dataclass(frozen=True)
class Assignment:
    """One published version of an assignment."""

    slug: str
    version: str  # digest of everything that decides a grade
    title: str
    source: str  # the lecture it comes from
    summary: str
    prompt: str  # Markdown with dollar maths
    questions: tuple[Question, ...]
    limits: Limits
    folder: Path
    is_example: bool = False  # shows authors how it is done; no course gets it unless an instructor asks for it
    is_draft: bool = False  # still being written: the gate does not ask for mutants and wrong answers yet

    @property
    def max_score(self) -> Decimal:
        """Points of the questions that are not a bonus."""
        return sum((q.points for q in self.questions if not q.is_bonus), Decimal(0))

    @property
    def bonus_points(self) -> Decimal:
        """Points that can be earned on top of `max_score`."""
        return sum((q.points for q in self.questions if q.is_bonus), Decimal(0))

    @property
    def fields(self) -> tuple[Question, ...]:
        """Questions answered in the page."""
        return tuple(question for question in self.questions if question.is_field)

    @property
    def code_questions(self) -> tuple[Question, ...]:
        """Questions answered by uploaded code."""
        return tuple(question for question in self.questions if not question.is_field)

    @property
    def starter(self) -> Path | None:
        """The file students start from, or None where nothing is to be programmed."""
        return self.folder / "starter.py" if self.code_questions else None

    @property
    def has_written(self) -> bool:
        """Whether a teacher has to read an answer."""
        return any(question.kind is Kind.WRITTEN for question in self.questions)

    @property
    def has_variants(self) -> bool:
        """Whether each student can be given numbers of their own."""
        return (self.folder / "variant.py").is_file()

    def question(self, question_id: str) -> Question:
        """Return the question of that id; KeyError when there is none."""
        for question in self.questions:
            if question.id == question_id:
                return question
        raise KeyError(question_id)
