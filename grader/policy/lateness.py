"""When an upload is on time, late or refused, and what lateness costs.

Moments are aware UTC; the deciding one is when the server received the upload.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

DAY_S = 86_400


class State(StrEnum):
    """Whether an assignment takes uploads at a moment."""

    UPCOMING = "upcoming"  # not open yet
    OPEN = "open"
    LATE = "late"  # past due and grace, still taken
    CLOSED = "closed"


@dataclass(frozen=True)
class Dates:
    """The dates of one assignment for one student; None means there is no such limit."""

    opens_at: dt.datetime | None = None
    due_at: dt.datetime | None = None
    closes_at: dt.datetime | None = None
    grace_s: int = 0
    late_fraction_per_day: Decimal = Decimal(0)


def late_s(dates: Dates, received_at: dt.datetime) -> int:
    """Return by how many whole seconds an upload is late; 0 up to and including the last second of the grace.

    Past the grace the whole time since the due date counts, the grace included.
    """
    if dates.due_at is None:
        return 0
    seconds = int((received_at - dates.due_at).total_seconds())
    return seconds if seconds > dates.grace_s else 0


def state(dates: Dates, now: dt.datetime) -> State:
    """Return whether uploads are taken at `now`, and on time or late."""
    if dates.opens_at is not None and now < dates.opens_at:
        return State.UPCOMING
    if dates.closes_at is not None and now > dates.closes_at:
        return State.CLOSED
    return State.LATE if late_s(dates, now) else State.OPEN


def penalty_fraction(late_by_s: int, fraction_per_day: Decimal) -> Decimal:
    """Return the share of the score that lateness takes: one `fraction_per_day` for each started day, at most 1."""
    started_days = -(-late_by_s // DAY_S)
    return min(Decimal(1), started_days * fraction_per_day)


def penalty(score: Decimal, late_by_s: int, fraction_per_day: Decimal) -> Decimal:
    """Return the points that lateness takes from a score, unrounded."""
    return score * penalty_fraction(late_by_s, fraction_per_day)
