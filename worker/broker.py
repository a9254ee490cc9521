"""The broker as a worker reads it: hints, and nothing else.

Celery ends at many a message it cannot make out, and has put some of them back by then, for the next worker to end at.
Whatever does not look like a hint of ours is therefore dropped before Celery sees it, and of a hint Celery sees one
that is made here anew: whatever else a message may carry (callbacks, chains, stamps, odd moments) ends at this door.
That may be done lightly: what waits is in the database, and the sweeper hints at it again.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid
from dataclasses import dataclass
from typing import Any

import structlog
from kombu.transport import TRANSPORT_ALIASES, redis
from kombu.transport.virtual import Empty

from grader.queue import QUEUE_NAME, TASK

SHOWN = 200  # characters of a dropped message in the log
LONGEST_ID = 100
MOST_RETRIES = 10  # far more than a task has
LONGEST_DELAY = dt.timedelta(minutes=5)  # of a retry, which comes after seconds; who waits longer is the sweeper's

log = structlog.get_logger(__name__)


class Channel(redis.Channel):
    """Drops what is no JSON."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except (json.JSONDecodeError, RecursionError) as error:
            log.warning("message_dropped", why=f"it is no JSON: {error}")
            raise Empty from error  # as if nothing had come


class Transport(redis.Transport):
    """Drops what is no hint."""

    Channel = Channel

    def _deliver(self, message: object, queue: str) -> None:
        if queue == QUEUE_NAME:
            hint = read_hint(message, dt.datetime.now(dt.UTC))
            if hint is None:
                log.warning("message_dropped", why="it is no hint", message=repr(message)[:SHOWN])
                return
            message = hint.as_message()
        super()._deliver(message, queue)  # type: ignore[no-untyped-call]


def read_hints_only() -> None:
    """Have this process read its broker through the classes above."""
    # By alias: a URL such as redis+socket:// overrules Celery's setting for the transport.
    TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = f"{__name__}:Transport"


@dataclass(frozen=True)
class Hint:
    """All that a worker believes of a message."""

    run_id: str
    retries: int
    eta: dt.datetime | None  # a retry's; aware

    def as_message(self) -> dict[str, Any]:
        """Return the message Celery would have made of it, under numbers of its own."""
        task_id, eta = str(uuid.uuid4()), self.eta and self.eta.isoformat()
        return {
            "body": base64.b64encode(json.dumps([[self.run_id], {}, {}]).encode()).decode(),
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "headers": {"lang": "py", "task": TASK, "id": task_id, "retries": self.retries, "eta": eta},
            "properties": {
                "correlation_id": task_id,
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": QUEUE_NAME},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": str(uuid.uuid4()),
            },
        }


def read_hint(message: object, now: dt.datetime) -> Hint | None:
    """Return the hint a message is, of those `grader.queue` and Celery's own retries send; None where it is none."""
    match message:
        case {
            "body": str(body),
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "headers": {"task": task, "id": str()} as headers,
            "properties": {"body_encoding": "base64"},
        } if task == TASK and headers.get("expires") is None and headers.get("compression") is None:
            run_id = _run_id(body)
            retries = headers.get("retries", 0)
            is_plausible = type(retries) is int and 0 <= retries <= MOST_RETRIES
            try:
                eta = _eta(headers.get("eta"), now)
            except (TypeError, ValueError):
                return None
            return Hint(run_id, retries, eta) if run_id is not None and is_plausible else None
    return None


def _run_id(body: str) -> str | None:
    try:
        call = json.loads(base64.b64decode(body, validate=True))
    except (ValueError, RecursionError):
        return None
    match call:
        case [[str(run_id)], dict(named), dict()] if not named and len(run_id) <= LONGEST_ID:
            return run_id
    return None


def _eta(text: object, now: dt.datetime) -> dt.datetime | None:
    """Return the moment before which nothing is to be done, None where there is none or it has come.

    Raises:
        TypeError: it is no text, or a moment without a zone.
        ValueError: it is no moment, or one too far away.
    """
    if text is None:
        return None
    if not isinstance(text, str):
        raise TypeError("a moment is written as text")
    moment = dt.datetime.fromisoformat(text)
    if moment > now + LONGEST_DELAY:
        raise ValueError("too far away to be a retry's")
    return moment if moment > now else None
