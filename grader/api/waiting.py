"""Holds a request until a submission is graded; costs a thread and, now and then, one short query."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from sqlalchemy import Engine, select

from grader.models import Run, RunStatus

_FIRST_PAUSE_S = 0.005
_GROWTH = 1.25
_LONGEST_PAUSE_S = 0.1


@dataclass(frozen=True)
class Slots:
    """How many threads may be held at a time: some always stay free for requests that are answered at once."""

    streams: threading.BoundedSemaphore  # of server-sent events
    held: threading.BoundedSemaphore  # streams and waits together

    @classmethod
    def of(cls, web_threads: int) -> Slots:
        """Return the slots of a process: half of its threads for streams, three quarters for streams and waits."""
        return cls(
            streams=threading.BoundedSemaphore(max(1, web_threads // 2)),
            held=threading.BoundedSemaphore(max(1, web_threads * 3 // 4)),
        )


def until_finished(engine: Engine, slots: Slots, submission_id: str, wait_s: float) -> bool:
    """Return whether the submission is graded (or has failed), after at most `wait_s` seconds.

    With every slot taken it does not wait: whoever asks comes back by itself.
    """
    if wait_s <= 0 or not slots.held.acquire(blocking=False):
        return is_finished(engine, submission_id)
    try:
        deadline = time.monotonic() + wait_s
        pause = _FIRST_PAUSE_S
        while not is_finished(engine, submission_id):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(pause, left))
            pause = min(pause * _GROWTH, _LONGEST_PAUSE_S)
        return True
    finally:
        slots.held.release()


def is_finished(engine: Engine, submission_id: str) -> bool:
    """Return whether a submission has a result, or its last run has failed."""
    query = select(Run.status).where(Run.submission_id == submission_id).order_by(Run.number)
    with engine.connect() as connection:
        statuses = list(connection.scalars(query))
    return RunStatus.GRADED in statuses or statuses[-1:] == [RunStatus.FAILED]
