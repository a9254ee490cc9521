"""The words, signs and tones pages use for states; the one place a translation of them would change.

A verdict is always a word and a sign; the tone (a colour of the stylesheet) only helps.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Label:
    """How a state is shown: `tone` is one of good, part, bad, wait, idle, ours."""

    word: str
    sign: str
    tone: str


VERDICTS = {
    "passed": Label("Passed", "✓", "good"),
    "partial": Label("Partly right", "◐", "part"),
    "failed": Label("Not right", "✗", "bad"),
    "crashed": Label("Crashed", "!", "bad"),
    "timed_out": Label("Out of time", "!", "bad"),
    "out_of_memory": Label("Out of memory", "!", "bad"),
    "missing": Label("Missing", "–", "idle"),
    "invalid": Label("Cannot be read", "?", "part"),
    "skipped": Label("Skipped", "↷", "idle"),
    "pending": Label("Waits for a teacher", "…", "wait"),
    "grader_error": Label("The grader failed", "!", "ours"),
}

STATUSES = {
    "queued": Label("In the queue", "…", "wait"),
    "running": Label("Being graded", "▸", "wait"),
    "graded": Label("Graded", "✓", "good"),
    "failed": Label("The grader failed", "!", "ours"),
}

ASSIGNMENT_STATES = {
    "draft": Label("Not published", "–", "idle"),
    "upcoming": Label("Opens later", "–", "idle"),
    "open": Label("Open", "○", "wait"),
    "late": Label("Late, still open", "◔", "part"),
    "closed": Label("Closed", "■", "idle"),
}

_UNKNOWN = Label("Unknown", "?", "idle")


def verdict_label(verdict: str) -> Label:
    """Return how a check's or question's verdict is shown."""
    return VERDICTS.get(verdict, _UNKNOWN)


def status_label(status: str) -> Label:
    """Return how a submission's status is shown."""
    return STATUSES.get(status, _UNKNOWN)


def state_label(state: str) -> Label:
    """Return how the state of an assignment in a course is shown."""
    return ASSIGNMENT_STATES.get(state, _UNKNOWN)


def plural(count: int, one: str, many: str) -> str:
    """Return "1 attempt", "3 attempts"."""
    return f"{count} {one if count == 1 else many}"


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units: "2 days 3 hours", "5 minutes"."""
    left = max(int(seconds), 0)
    parts = []
    for size, one, many in ((86_400, "day", "days"), (3_600, "hour", "hours"), (60, "minute", "minutes")):
        count, left = divmod(left, size)
        if count:
            parts.append(plural(count, one, many))
    if not parts:
        parts.append(plural(left, "second", "seconds"))
    return " ".join(parts[:2])


def size(count: int) -> str:
    """Return a number of bytes as people read it: "812 bytes", "1.4 KiB"."""
    if count < 1024:
        return plural(count, "byte", "bytes")
    amount, unit = (count / 1024, "KiB") if count < 1024**2 else (count / 1024**2, "MiB")
    return f"{amount:.1f}".removesuffix(".0") + f" {unit}"


def points(value: object) -> str:
    """Return points with at most two decimals and none that say nothing: "13", "6.5"; "–" for none."""
    if value is None:
        return "–"
    text = f"{float(str(value)):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
