"""What is taught: courses, their sections, and the assignments a course gives out, with dates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grader.models.base import Base

if TYPE_CHECKING:
    from grader.models.people import Enrolment


class Course(Base):
    """One offering in one term."""

    __tablename__ = "courses"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    term: Mapped[str] = mapped_column(default="")
    timezone: Mapped[str] = mapped_column(default="UTC")  # for showing dates; stored moments are UTC
    variant_secret: Mapped[str]  # hex; draws each student's own numbers where variants are on
    has_variants: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[dt.datetime]

    enrolments: Mapped[list[Enrolment]] = relationship(back_populates="course", cascade="all, delete-orphan")
    sections: Mapped[list[Section]] = relationship(back_populates="course", cascade="all, delete-orphan")
    assignments: Mapped[list[CourseAssignment]] = relationship(
        back_populates="course", cascade="all, delete-orphan", order_by="CourseAssignment.position"
    )


class Section(Base):
    """A group inside a course."""

    __tablename__ = "sections"
    __table_args__ = (UniqueConstraint("course_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    name: Mapped[str]

    course: Mapped[Course] = relationship(back_populates="sections")


class CourseAssignment(Base):
    """An assignment of the pack as one course gives it out: when, how often, what lateness costs."""

    __tablename__ = "assignments"
    __table_args__ = (
        UniqueConstraint("course_id", "slug"),
        CheckConstraint("attempt_limit IS NULL OR attempt_limit > 0", name="attempt_limit_positive"),
        CheckConstraint("grace_s >= 0", name="grace_not_negative"),
        CheckConstraint("closes_at IS NULL OR due_at IS NULL OR closes_at >= due_at", name="closes_after_due"),
        CheckConstraint("counting IN ('best', 'last')", name="counting_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    slug: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[dt.datetime | None]  # None: staff only
    opens_at: Mapped[dt.datetime | None]
    due_at: Mapped[dt.datetime | None]
    closes_at: Mapped[dt.datetime | None]  # last accepted moment; None: open for ever (late after `due_at`)
    grace_s: Mapped[int] = mapped_column(default=0)
    late_fraction_per_day: Mapped[Decimal] = mapped_column(default=Decimal(0))  # of the score, per started day
    attempt_limit: Mapped[int | None]
    counting: Mapped[str] = mapped_column(default="best")  # which attempt counts

    course: Mapped[Course] = relationship(back_populates="assignments")
