"""Keeps who did what; entries are only ever added."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from grader.models import AuditEntry


def record(  # noqa: PLR0917 (who, where, what, to what, how, when: the order of an entry)
    session: Session,
    actor_id: int | None,
    course_id: int | None,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
    now: dt.datetime,
) -> AuditEntry:
    """Add an entry.

    Args:
        session: in a writing transaction.
        actor_id: who did it; None for the command line.
        course_id: the course concerned, or None.
        action: a fixed word such as "roster.imported".
        subject: what it was done to, for a person to read.
        detail: plain JSON data.
        now: aware UTC.
    """
    entry = AuditEntry(
        at=now, actor_id=actor_id, course_id=course_id, action=action, subject=subject, detail=dict(detail)
    )
    session.add(entry)
    session.flush()
    return entry
