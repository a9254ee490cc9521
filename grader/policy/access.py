"""Who may see and do what: one function for each object. Whoever may not see a thing is told it is not there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

STAFF_ROLES = frozenset({"assistant", "instructor"})


@dataclass(frozen=True)
class Viewer:
    """A person as seen from one course."""

    user_id: int
    is_admin: bool
    role: str | None  # "student", "assistant", "instructor"; None: not in the course

    @property
    def is_staff(self) -> bool:
        """Whether the person teaches the course, or runs the service."""
        return self.is_admin or self.role in STAFF_ROLES


def may_see_course(viewer: Viewer) -> bool:
    """Return whether the course exists for this person."""
    return viewer.is_admin or viewer.role is not None


def may_see_assignment(viewer: Viewer, published_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Return whether the assignment exists for this person: students see it once it is published."""
    if viewer.is_staff:
        return True
    return viewer.role is not None and published_at is not None and published_at <= now


def may_submit(viewer: Viewer) -> bool:
    """Return whether the person may hand in: everybody in the course, staff to try an assignment out."""
    return may_see_course(viewer)


def may_see_submission(viewer: Viewer, owner_id: int) -> bool:
    """Return whether the submission exists for this person: its owner, and the staff of its course."""
    return viewer.user_id == owner_id or viewer.is_staff


def may_see_failure(viewer: Viewer) -> bool:
    """Return whether the person reads what went wrong inside the grader."""
    return viewer.is_staff


def may_see_gradebook(viewer: Viewer) -> bool:
    """Return whether the person sees everybody's grades."""
    return viewer.is_staff


def may_change_roster(viewer: Viewer) -> bool:
    """Return whether the person adds people and gives roles."""
    return viewer.is_admin or viewer.role == "instructor"


def may_change_settings(viewer: Viewer) -> bool:
    """Return whether the person publishes assignments and sets their dates."""
    return viewer.is_admin or viewer.role == "instructor"
