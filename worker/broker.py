"""The broker as a worker reads it: hints, and nothing else.

Celery ends at many a message it cannot make out, and has put some of them back by then, for the next worker to end at.
Whatever does not look like a hint of ours is therefore dropped before Celery sees it. That may be done lightly: what
waits is in the database, and the sweeper hints at it again.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import structlog
from kombu.transport import TRANSPORT_ALIASES, redis
from kombu.transport.virtual import Empty

from grader.queue import QUEUE_NAME, TASK

SHOWN = 200  # characters of a dropped message in the log

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
        if queue == QUEUE_NAME and not is_hint(message):
            log.warning("message_dropped", why="it is no hint", message=repr(message)[:SHOWN])
            return
        super()._deliver(message, queue)  # type: ignore[no-untyped-call]


def read_hints_only() -> None:
    """Have this process read its broker through the classes above."""
    # By alias: a URL such as redis+socket:// overrules Celery's setting for the transport.
    TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = f"{__name__}:Transport"


def is_hint(message: object) -> bool:
    """Return whether a message has the shape of those `grader.queue` and Celery's own retries send."""
    match message:
        case {
            "body": str(body),
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "headers": {"task": task, "id": str()} as headers,
            "properties": {
                "body_encoding": "base64",
                "delivery_tag": str(),
                "delivery_info": {"exchange": str(), "routing_key": str()},
            },
        }:
            return (
                task == TASK
                and headers.get("expires") is None
                and headers.get("compression") is None
                and headers.get("timelimit") in (None, [None, None])
                and isinstance(headers.get("eta"), str | None)  # Celery's retries have one
                and _names_a_run(body)
            )
    return False


def _names_a_run(body: str) -> bool:
    try:
        call = json.loads(base64.b64decode(body, validate=True))
    except (ValueError, RecursionError):
        return False
    match call:
        case [[str()], dict(), dict()]:
            return True
    return False
