"""What was handed in; never changed afterwards."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grader.models.base import Base, new_id

if TYPE_CHECKING:
    from grader.models.course import CourseAssignment
    from grader.models.people import User
    from grader.models.run import Run


class Submission(Base):
    """The files and typed answers one student handed in at once."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("assignment_id", "user_id", "attempt"),
        UniqueConstraint("user_id", "idempotency_key"),
        CheckConstraint("attempt > 0", name="attempt_positive"),
        CheckConstraint("late_s >= 0", name="late_not_negative"),
        Index("ix_submissions_user_id_received_at", "user_id", "received_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id", ondelete="RESTRICT"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    attempt: Mapped[int]
    received_at: Mapped[dt.datetime]
    late_s: Mapped[int] = mapped_column(default=0)
    answers: Mapped[dict[str, Any]]  # question id → text as typed
    # The numbers it answers, where the student has numbers of their own; kept, so that every regrade uses the same ones
    # whatever the course switches on or off, and a dispute can be settled.
    variant: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    content_digest: Mapped[str]  # SHA-256 over files and answers: tells a replayed upload from a changed one
    idempotency_key: Mapped[str | None]
    origin: Mapped[str] = mapped_column(default="web")  # "web" or "api"

    assignment: Mapped[CourseAssignment] = relationship()
    user: Mapped[User] = relationship()
    files: Mapped[list[SubmissionFile]] = relationship(
        back_populates="submission", cascade="all, delete-orphan", order_by="SubmissionFile.position"
    )
    runs: Mapped[list[Run]] = relationship(
        back_populates="submission", cascade="all, delete-orphan", order_by="Run.number"
    )


class SubmissionFile(Base):
    """One file, byte for byte as it was uploaded."""

    __tablename__ = "submission_files"
    __table_args__ = (UniqueConstraint("submission_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]  # bytes
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)

    submission: Mapped[Submission] = relationship(back_populates="files")
