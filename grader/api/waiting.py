"""Holds a request until a submission is graded; costs a thread, and one short query now and then for all who wait."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from sqlalchemy import Engine, bindparam, select

from grader.models import Run, RunStatus

_SHORTEST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.1
_SHARE = 1 / 12  # of what the last comer has waited: who waits long does not notice a little more
_REST = 9  # times what a look took: on a busy machine, where that is long, looking must not keep others from working


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


class Watch:
    """Looks into the database for every request of a process that waits, and wakes it.

    One thread looks, as long as anybody waits. Were every request to look for itself, those that wait would take the
    processors from what they wait for.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._waiting: dict[threading.Event, str] = {}
        self._last_came_at = 0.0
        self._came = threading.Event()
        self._is_looking = False

    def until_finished(self, submission_id: str, wait_s: float) -> bool:
        """Return whether the submission is known to be graded (or to have failed), after at most `wait_s` seconds."""
        woken = threading.Event()
        with self._lock:
            self._waiting[woken] = submission_id
            self._last_came_at = time.monotonic()
            if not self._is_looking:
                self._is_looking = True
                threading.Thread(target=self._look, name="watch", daemon=True).start()
        self._came.set()
        try:
            return woken.wait(wait_s)
        finally:
            with self._lock:
                self._waiting.pop(woken, None)

    def _look(self) -> None:
        while True:
            self._came.clear()
            with self._lock:
                waiting = dict(self._waiting)
                begun_at = time.monotonic()
                waited_s = begun_at - self._last_came_at
                if not waiting:
                    self._is_looking = False
                    return
            try:
                finished = finished_among(self._engine, set(waiting.values()))
            except Exception:  # noqa: BLE001 (whatever it is, nobody would be woken any more if this thread ended by it)
                # Each of them asks the database itself once it is awake, and answers for what it finds there.
                finished = set(waiting.values())
            for woken, submission_id in waiting.items():
                if submission_id in finished:
                    woken.set()
            look_s = time.monotonic() - begun_at
            self._came.wait(min(max(_SHORTEST_PAUSE_S, waited_s * _SHARE, look_s * _REST), _LONGEST_PAUSE_S))


def until_finished(watch: Watch, slots: Slots, submission_id: str, wait_s: float) -> None:
    """Return when the submission is graded (or has failed), at the latest after `wait_s` seconds.

    With every slot taken it does not wait: whoever asks comes back by itself.
    """
    if wait_s <= 0 or not slots.held.acquire(blocking=False):
        return
    try:
        watch.until_finished(submission_id, wait_s)
    finally:
        slots.held.release()


_STATUSES = (
    select(Run.submission_id, Run.status)
    .where(Run.submission_id.in_(bindparam("submission_ids", expanding=True)))
    .order_by(Run.number)
)


def finished_among(engine: Engine, submission_ids: set[str]) -> set[str]:
    """Return those of the submissions that have a result, or whose last run has failed."""
    statuses: dict[str, list[str]] = {}
    with engine.connect() as connection:
        for submission_id, status in connection.execute(_STATUSES, {"submission_ids": sorted(submission_ids)}):
            statuses.setdefault(submission_id, []).append(status)
    return {
        submission_id
        for submission_id, found in statuses.items()
        if RunStatus.GRADED in found or found[-1] == RunStatus.FAILED
    }
