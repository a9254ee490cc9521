"""A submission's progress as server-sent events, read from the database: no pub/sub to lose, or to set up.

`queued` (place, estimate_s) whenever the place changes, with place 0 where the wait is over already, `running`, one
`check` for each question's result, then `graded` or `failed`, which ends the stream. A stream ends after a minute in
any case; the client comes back with `Last-Event-ID`, which holds the run and, as the bits of a hexadecimal number, the
questions it has been told.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response, current_app, request
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from assignments import catalog
from grader.api import auth, reading
from grader.api.blueprint import Answer, Operation, api, describe
from grader.api.schemas import EventOut
from grader.api.waiting import Slots, Watch
from grader.extensions import database
from grader.models import QuestionRow, Run, RunEvent, RunStatus
from grader.services import results, submissions

STREAM = "text/event-stream"
STREAM_S = 60.0
_PLACE_EVERY_S = 1.0
_KEEP_ALIVE_S = 15.0
_EVENT_ID = re.compile(r"([0-9A-Z]{26}):([0-9a-f]{1,64}|end)")


@api.get("/submissions/<submission_id>/events")
@describe(
    Operation(
        summary="Follow a submission by server-sent events",
        headers={"Last-Event-ID": "goes on after that event"},
        answers={
            200: Answer("events: queued, running, check, graded, failed", {STREAM: EventOut}),
            204: Answer("too many streams are open, or there is nothing more to tell: poll the submission instead"),
        },
        refusals=(406,),
    )
)
def events(submission_id: str) -> Response:
    """Stream the progress of a submission."""
    reading.wanted(STREAM)
    submission = submissions.find(database.session, auth.user(), submission_id)
    database.session.commit()  # gives the connection back: the stream opens its own, briefly
    run_id, told = _resumed(request.headers.get("Last-Event-ID", ""))
    if told == "end":
        return Response(status=204)
    slots: Slots = current_app.extensions["grader_slots"]
    if not slots.streams.acquire(blocking=False):
        return Response(status=204)
    if not slots.held.acquire(blocking=False):
        slots.streams.release()
        return Response(status=204)
    positions = {question.id: at for at, question in enumerate(catalog.load(submission.assignment.slug).questions)}
    watch: Watch = current_app.extensions["grader_watch"]
    progress = _Progress(
        database.sessionmaker, watch, submission_id, positions, run_id=run_id, told=int(told or "0", 16)
    )
    response = Response(progress.stream(), mimetype=STREAM)
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Cache-Control"] = "no-store"

    @response.call_on_close
    def free() -> None:
        slots.held.release()
        slots.streams.release()

    return response


def _resumed(last_event_id: str) -> tuple[str, str]:
    """Return the run and the questions told that an event id names; nothing where it is not one of ours."""
    found = _EVENT_ID.fullmatch(last_event_id)
    return (found[1], found[2]) if found is not None else ("", "")


class _Progress:
    """What one stream has told so far."""

    def __init__(
        self,
        factory: sessionmaker[Session],
        watch: Watch,
        submission_id: str,
        positions: Mapping[str, int],
        *,
        run_id: str,
        told: int,
    ) -> None:
        self._factory = factory
        self._watch = watch
        self._submission_id = submission_id
        self._positions = positions
        self._run_id = run_id
        self._told = told  # bit n: question n
        self._is_running_told = told != 0
        self._place: int | None = None
        self._place_read_at = 0.0

    def stream(self) -> Iterator[str]:
        """Yield events until the submission is finished or the stream's time is over."""
        started = time.monotonic()
        spoke_at = started
        yield "retry: 1000\n\n"
        while (age := time.monotonic() - started) < STREAM_S:
            is_over = False
            for name, event_id, data in self._news():
                yield _event(name, event_id, data)
                spoke_at = time.monotonic()
                is_over = is_over or name in {"graded", "failed"}
            if is_over:
                return
            if time.monotonic() - spoke_at > _KEEP_ALIVE_S:
                yield ": still here\n\n"
                spoke_at = time.monotonic()
            # Shorter where the end comes meanwhile.
            self._watch.until_finished(self._submission_id, 0.1 if age < 3 else 0.25 if age < 15 else 0.5)

    def _news(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return what has happened since the last time, as names, ids and data."""
        with self._factory() as session:
            run = session.scalars(
                select(Run)
                .where(Run.submission_id == self._submission_id)
                .order_by((Run.status == RunStatus.GRADED).desc(), Run.number.desc())
                .limit(1)
            ).first()
            if run is None:
                return []
            if run.id != self._run_id:
                self._run_id, self._told, self._is_running_told = run.id, 0, False
            status = RunStatus(run.status)
            if status is RunStatus.QUEUED:
                return self._queued(session, run)
            news: list[tuple[str, str, dict[str, Any]]] = []
            if not self._is_running_told:
                self._is_running_told = True
                if self._place is None:  # its wait was over before anybody listened; the order stays the same
                    self._place = 0
                    news.append(("queued", "", {"place": 0, "estimate_s": 0.0}))
                news.append(("running", "", {"run": run.id}))
            reported = _stored(session, run) if status is RunStatus.GRADED else _reported(session, run)
            for data in reported:
                bit = 1 << self._positions.get(str(data["question"]), 255)
                if not self._told & bit:
                    self._told |= bit
                    news.append(("check", f"{run.id}:{self._told:x}", data))
            if status is RunStatus.GRADED:
                news.append(("graded", f"{run.id}:end", {"status": "graded", **_totals(run)}))
            elif status is RunStatus.FAILED:
                news.append(("failed", f"{run.id}:end", {"status": "failed"}))
            return news

    def _queued(self, session: Session, run: Run) -> list[tuple[str, str, dict[str, Any]]]:
        if time.monotonic() - self._place_read_at < _PLACE_EVERY_S:
            return []
        self._place_read_at = time.monotonic()
        place, estimate_s = results.queue_place(session, run)
        if place == self._place:
            return []
        self._place = place
        return [("queued", "", {"place": place, "estimate_s": estimate_s})]


def _reported(session: Session, run: Run) -> list[dict[str, Any]]:
    return list(session.scalars(select(RunEvent.data).where(RunEvent.run_id == run.id).order_by(RunEvent.number)))


def _stored(session: Session, run: Run) -> list[dict[str, Any]]:
    rows = session.execute(
        select(
            QuestionRow.question_id, QuestionRow.title, QuestionRow.verdict, QuestionRow.score, QuestionRow.max_score
        )
        .where(QuestionRow.run_id == run.id)
        .order_by(QuestionRow.position)
    )
    return [
        {
            "question": question_id,
            "title": title,
            "verdict": verdict,
            "score": float(score),
            "max_score": float(max_score),
        }
        for question_id, title, verdict, score, max_score in rows
    ]


def _totals(run: Run) -> dict[str, float]:
    return {"score": float(run.score or 0), "max_score": float(run.max_score or 0)}


def _event(name: str, event_id: str, data: Mapping[str, Any]) -> str:
    lines = [f"event: {name}", *([f"id: {event_id}"] if event_id else []), f"data: {json.dumps(data)}"]
    return "\n".join(lines) + "\n\n"
