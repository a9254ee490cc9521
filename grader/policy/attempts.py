"""How often a student may hand in."""

from __future__ import annotations


def left(limit: int | None, used: int) -> int | None:
    """Return how many attempts remain, never negative; None where there is no limit."""
    return None if limit is None else max(0, limit - used)


def has_one_left(limit: int | None, used: int) -> bool:
    """Return whether one more attempt is allowed."""
    return limit is None or used < limit
