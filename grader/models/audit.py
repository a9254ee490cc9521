"""Who did what, and what state the parts of the service are in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from grader.models.base import Base


class AuditEntry(Base):
    """One administrative act; append-only."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_course_id_at", "course_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))  # None: the command line
    course_id: Mapped[int | None] = mapped_column(ForeignKey("courses.id", ondelete="SET NULL"))
    action: Mapped[str]  # "roster.imported", "token.created", …
    subject: Mapped[str]
    detail: Mapped[dict[str, Any]]


class ServiceState(Base):
    """The last word of a worker about its sandbox; while none is ready, pages say that grading is paused."""

    __tablename__ = "service_states"
    __table_args__ = (CheckConstraint("state IN ('ready', 'paused')", name="state_known"),)

    name: Mapped[str] = mapped_column(primary_key=True)  # host and process
    state: Mapped[str]
    detail: Mapped[str]
    seen_at: Mapped[dt.datetime]
