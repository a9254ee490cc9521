"""One execution of one submission, and everything it found."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grader.models.base import Base, new_id

if TYPE_CHECKING:
    from grader.models.submission import Submission


class RunStatus(StrEnum):
    """Where a run stands; `failed` is the grader's fault, never the student's."""

    QUEUED = "queued"
    RUNNING = "running"
    GRADED = "graded"
    FAILED = "failed"


class Run(Base):
    """One execution of one submission under one assignment version; a regrade adds another.

    The database is the queue: a run is claimed by a conditional UPDATE that draws a new `lease_token`, and its result
    is stored only by the holder of that token.
    """

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("submission_id", "number"),
        CheckConstraint("status IN ('queued', 'running', 'graded', 'failed')", name="status_known"),
        CheckConstraint("status != 'running' OR lease_token IS NOT NULL", name="running_has_lease"),
        CheckConstraint("status != 'graded' OR score IS NOT NULL", name="graded_has_score"),
        # The fair order: students before regrades, a person's n-th waiting run behind everybody's (n-1)-th, then age.
        Index("ix_runs_fair_order", "status", "is_regrade", "turn", "queued_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(default=RunStatus.QUEUED)
    is_regrade: Mapped[bool] = mapped_column(default=False)
    turn: Mapped[int] = mapped_column(default=0)  # the person's unfinished runs when this one was queued
    queued_at: Mapped[dt.datetime]
    claims: Mapped[int] = mapped_column(default=0)  # how often it was started; three failures end it
    lease_token: Mapped[str | None]
    lease_until: Mapped[dt.datetime | None]
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    assignment_version: Mapped[str | None]
    seed_id: Mapped[str | None]
    sandbox: Mapped[str | None]  # the strength it ran under, for disputes
    score: Mapped[Decimal | None]
    max_score: Mapped[Decimal | None]
    duration_ms: Mapped[int | None]
    stdout: Mapped[str] = mapped_column(default="")
    notes: Mapped[list[Any]] = mapped_column(default=list)  # remarks on the upload, for the student
    failure: Mapped[str | None]  # what went wrong in the grader; staff only

    submission: Mapped[Submission] = relationship(back_populates="runs")
    questions: Mapped[list[QuestionRow]] = relationship(
        back_populates="run", cascade="all, delete-orphan", order_by="QuestionRow.position"
    )


class RunEvent(Base):
    """A question's result reported while its run goes on; replaced by the stored results at the end."""

    __tablename__ = "run_events"
    __table_args__ = (UniqueConstraint("run_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    number: Mapped[int]
    data: Mapped[dict[str, Any]]


class QuestionRow(Base):
    """One question's stored result."""

    __tablename__ = "question_results"
    __table_args__ = (
        UniqueConstraint("run_id", "question_id"),
        CheckConstraint("score >= 0", name="score_not_negative"),
        CheckConstraint("score <= max_score", name="score_within_max"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    position: Mapped[int]
    question_id: Mapped[str]
    title: Mapped[str]
    score: Mapped[Decimal]
    max_score: Mapped[Decimal]
    is_bonus: Mapped[bool] = mapped_column(default=False)
    verdict: Mapped[str]
    mistake: Mapped[str | None]
    feedback: Mapped[list[Any]]
    curves: Mapped[list[Any]] = mapped_column(default=list)

    run: Mapped[Run] = relationship(back_populates="questions")
    checks: Mapped[list[CheckRow]] = relationship(
        back_populates="question", cascade="all, delete-orphan", order_by="CheckRow.position"
    )


class CheckRow(Base):
    """One check's stored result; a hidden check has no input, got or expected to store."""

    __tablename__ = "check_results"
    __table_args__ = (
        UniqueConstraint("question_row_id", "position"),
        CheckConstraint(
            "is_visible OR (input IS NULL AND got IS NULL AND expected IS NULL)", name="hidden_tells_nothing"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    question_row_id: Mapped[int] = mapped_column(ForeignKey("question_results.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str]
    is_visible: Mapped[bool]
    verdict: Mapped[str]
    message: Mapped[str]
    input: Mapped[str | None]
    got: Mapped[str | None]
    expected: Mapped[str | None]

    question: Mapped[QuestionRow] = relationship(back_populates="checks")
