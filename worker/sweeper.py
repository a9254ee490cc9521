"""Finds what was left behind: runs whose worker died, and runs no message speaks of.

Every statement is conditional, so any number of sweepers may run.
"""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass

import structlog
from kombu.exceptions import OperationalError
from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from grader.models import Run, RunStatus
from grader.queue import Queue
from worker.claims import MAX_CLAIMS
from worker.supply import Supplies

UNHEARD_S = 2.0  # a younger run's own message is still on its way
MOST_HINTS = 1000  # sent in one sweep; the next one sends the rest

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Swept:
    """What one sweep did."""

    requeued: int
    failed: int
    hinted: int


def sweep(session: Session, queue: Queue, *, now: dt.datetime) -> Swept:
    """Queue again what a dead worker held, end what failed three times, and top up the hints.

    Raises:
        kombu.exceptions.OperationalError: the broker cannot be reached; the database part is done by then.
    """
    ended = (Run.status == RunStatus.RUNNING, Run.lease_until < now)
    failed = session.execute(
        update(Run)
        .where(*ended, Run.claims >= MAX_CLAIMS)
        .values(
            status=RunStatus.FAILED,
            lease_token=None,
            lease_until=None,
            finished_at=now,
            failure=func.coalesce(Run.failure, "the worker died while it graded this run"),
        )
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    ).all()
    requeued = session.execute(
        update(Run)
        .where(*ended, Run.claims < MAX_CLAIMS)
        .values(status=RunStatus.QUEUED, lease_token=None, lease_until=None)
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.commit()
    for (run_id,) in failed:
        log.error("run_failed", run_id=run_id, cure="look at its failure, then regrade it")
    unheard = select(Run.id).where(
        Run.status == RunStatus.QUEUED, Run.queued_at < now - dt.timedelta(seconds=UNHEARD_S)
    )
    waiting = session.scalars(unheard.order_by(Run.is_regrade, Run.turn, Run.queued_at).limit(MOST_HINTS)).all()
    session.commit()
    missing = max(0, len(waiting) - queue.waiting()) if waiting else 0
    for run_id in waiting[:missing]:
        queue.send(run_id)
    return Swept(requeued=len(requeued), failed=len(failed), hinted=missing)


def sweep_regularly(supplies: Supplies, ended: threading.Event) -> None:
    """Sweep until told to end; a database or broker that is away is tried again the next time."""
    queue = Queue(supplies.settings.redis_url)
    while not ended.is_set():
        try:
            with supplies.sessions() as session:
                swept = sweep(session, queue, now=supplies.now(session))
            if swept.requeued or swept.failed or swept.hinted:
                log.info("swept", requeued=swept.requeued, failed=swept.failed, hinted=swept.hinted)
        except (SQLAlchemyError, OperationalError, OSError) as error:
            log.warning("sweep_failed", error=str(error))
        ended.wait(supplies.settings.sweep_s)
    queue.close()
