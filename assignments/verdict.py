"""What grading says: verdicts, and the results a student, a page and the database read.

Everything here is plain data. Points are `Decimal`; nothing is rounded before the gradebook.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Verdict(StrEnum):
    """A check's or a question's outcome."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    MISSING = "missing"
    INVALID = "invalid"
    SKIPPED = "skipped"
    PENDING = "pending"
    GRADER_ERROR = "grader_error"


@dataclass(frozen=True)
class CheckResult:
    """One check's outcome; `input`, `got` and `expected` are None on a hidden check."""

    name: str
    is_visible: bool
    verdict: Verdict
    message: str = ""
    input: str | None = None
    got: str | None = None
    expected: str | None = None


@dataclass(frozen=True)
class Curve:
    """A series drawn on the result page: the student's own values beside the reference's."""

    title: str
    x_label: str
    y_label: str
    student: tuple[float, ...]
    reference: tuple[float, ...]


@dataclass(frozen=True)
class QuestionResult:
    """One question's points and the reasons for them."""

    id: str
    title: str
    score: Decimal
    max_score: Decimal
    verdict: Verdict
    is_bonus: bool = False
    mistake: str | None = None
    feedback: tuple[str, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True)
class Report:
    """A whole run's outcome, as it is stored and shown."""

    assignment: str
    assignment_version: str
    seed_id: str
    questions: tuple[QuestionResult, ...]
    stdout: str = ""
    notes: tuple[str, ...] = ()
    duration_ms: int = 0

    @property
    def score(self) -> Decimal:
        """Points earned, bonus included."""
        return sum((question.score for question in self.questions), Decimal(0))

    @property
    def max_score(self) -> Decimal:
        """Points of the questions that are not a bonus."""
        return sum((q.max_score for q in self.questions if not q.is_bonus), Decimal(0))

    @property
    def has_grader_error(self) -> bool:
        """Whether the grader itself failed on any question: such a run is never stored as graded."""
        return any(question.verdict is Verdict.GRADER_ERROR for question in self.questions)
