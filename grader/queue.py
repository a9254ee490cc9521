"""Hands a run to the workers, by task name and after commit.

The database is the queue; a message is only a hint that something waits. A worker that gets one claims whatever run is
first in the fair order, so a lost or doubled message costs nothing: the sweeper tops the hints up.
"""

from __future__ import annotations

from typing import Any

import structlog
from celery import Celery
from kombu.exceptions import OperationalError
from sqlalchemy import event
from sqlalchemy.orm import Session

TASK = "worker.grade"
QUEUE_NAME = "grading"
_PENDING = "runs_to_send"  # key of a session's not yet committed runs

log = structlog.get_logger(__name__)


def broker_config(redis_url: str) -> dict[str, Any]:
    """Return the Celery settings that whoever sends and whoever receives must agree on."""
    return {
        "broker_url": celery_url(redis_url),
        "broker_transport_options": {
            # Well above the hard time limit. Not the way back after a crash: that is the sweeper's.
            "visibility_timeout": 7200,
            "unacked_restore_interval": 15,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        "task_default_queue": QUEUE_NAME,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "result_backend": None,
        "task_publish_retry": False,
    }


def celery_url(redis_url: str) -> str:
    """Return the URL in the spelling Celery knows: a unix socket is `redis+socket://` there."""
    return redis_url.replace("unix://", "redis+socket://", 1) if redis_url.startswith("unix://") else redis_url


class Queue:
    """Sends hints to the workers; knows nothing of what they do with them."""

    def __init__(self, redis_url: str) -> None:
        self._celery = Celery(set_as_current=False)
        self._celery.conf.update(broker_config(redis_url))
        # An upload never waits for a broker that is away: one more try at once, then the sweeper's turn.
        self._celery.conf.broker_transport_options = {
            **self._celery.conf.broker_transport_options,
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0,
            "interval_max": 0,
        }
        _ = self._celery.amqp.producer_pool  # imports the transport now, which takes half a second, not at an upload

    def send(self, run_id: str) -> bool:
        """Tell the workers that a run waits; False when the broker cannot be reached, which loses nothing."""
        try:
            self._celery.send_task(TASK, args=[run_id], retry=False)
        except (OperationalError, OSError) as error:
            log.warning("broker_unreachable", run_id=run_id, error=str(error))
            return False
        return True

    def waiting(self) -> int:
        """Return the number of hints no worker has taken yet.

        Raises:
            kombu.exceptions.OperationalError: the broker cannot be reached.
        """
        with self._celery.connection_for_read() as connection:
            connection.ensure_connection(max_retries=1, timeout=5)
            channel = connection.default_channel
            return int(channel.client.llen(QUEUE_NAME))

    def is_reachable(self) -> bool:
        """Whether the broker answers."""
        try:
            self.waiting()
        except (OperationalError, OSError):
            return False
        return True

    def close(self) -> None:
        """Drop the connections."""
        self._celery.close()


def run_after_commit(session: Session, run_id: str) -> None:
    """Send a hint for the run once the session has committed; nothing is sent after a rollback.

    The queue is found in `session.info["queue"]`; a session without one leaves the run to the sweeper.
    """
    session.info.setdefault(_PENDING, []).append(run_id)


@event.listens_for(Session, "after_commit")
def _send_pending(session: Session) -> None:
    if session.in_nested_transaction():
        return
    queue: Queue | None = session.info.get("queue")
    for run_id in session.info.pop(_PENDING, []):
        if queue is not None:
            queue.send(run_id)


@event.listens_for(Session, "after_rollback")
def _drop_pending(session: Session) -> None:
    session.info.pop(_PENDING, None)
