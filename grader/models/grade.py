"""The gradebook: one summary row per student and assignment, and everything that ever changed it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grader.models.base import Base

if TYPE_CHECKING:
    from grader.models.course import CourseAssignment
    from grader.models.people import User


class Grade(Base):
    """What counts now, written in the transaction that stores a run's result, so that reading costs one row."""

    __tablename__ = "grades"
    __table_args__ = (
        UniqueConstraint("assignment_id", "user_id"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint("penalty >= 0", name="penalty_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    submission_id: Mapped[str | None] = mapped_column(ForeignKey("submissions.id", ondelete="SET NULL"))  # which counts
    attempts: Mapped[int] = mapped_column(default=0)
    score: Mapped[Decimal | None]
    max_score: Mapped[Decimal | None]
    penalty: Mapped[Decimal] = mapped_column(default=Decimal(0))
    grade: Mapped[Decimal | None]  # score after late policy and override
    updated_at: Mapped[dt.datetime]

    assignment: Mapped[CourseAssignment] = relationship()
    user: Mapped[User] = relationship()


class GradeChange(Base):
    """One change of a grade: who, when, why; append-only."""

    __tablename__ = "grade_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    grade_id: Mapped[int] = mapped_column(ForeignKey("grades.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))  # None: the grader
    reason: Mapped[str]
    before: Mapped[Decimal | None]
    after: Mapped[Decimal | None]
    run_id: Mapped[str | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
