"""Leases: who may grade a run, for how long, and what becomes of it when that goes wrong."""

from __future__ import annotations

import datetime as dt
import secrets
import threading
from dataclasses import dataclass
from types import TracebackType

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from grader.models import Run, RunStatus
from worker.supply import Supplies

MAX_CLAIMS = 3  # a run that failed this often needs a person
RETRY_S = 5.0  # how long a run that failed through our fault rests before it is taken up again

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Claim:
    """The right to grade one run, until the lease ends."""

    run_id: str
    token: str
    number: int  # how often the run was claimed, this time included


def claim_next(session: Session, *, now: dt.datetime, lease_s: float) -> Claim | None:
    """Claim the queued run that is first in the fair order, or return None when nothing waits.

    One conditional UPDATE, so that two workers never hold the same run. PostgreSQL's workers pass over a row another
    is just claiming; SQLite writes one at a time anyway.
    """
    first = (
        select(Run.id)
        .where(Run.status == RunStatus.QUEUED)
        .order_by(Run.is_regrade, Run.turn, Run.queued_at, Run.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    token = secrets.token_hex(16)
    row = session.execute(
        update(Run)
        .where(Run.id == first, Run.status == RunStatus.QUEUED)
        .values(
            status=RunStatus.RUNNING,
            lease_token=token,
            lease_until=now + dt.timedelta(seconds=lease_s),
            claims=Run.claims + 1,
            started_at=now,
        )
        .returning(Run.id, Run.claims)
        .execution_options(synchronize_session=False)
    ).first()
    session.commit()
    return Claim(run_id=row[0], token=token, number=row[1]) if row else None


def renew(session: Session, claim: Claim, *, now: dt.datetime, lease_s: float) -> bool:
    """Hold the run for another lease; False when it is another worker's by now."""
    kept = session.execute(
        update(Run)
        .where(Run.id == claim.run_id, Run.lease_token == claim.token)
        .values(lease_until=now + dt.timedelta(seconds=lease_s))
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    ).first()
    session.commit()
    return kept is not None


def put_back(session: Session, claim: Claim) -> None:
    """Queue the run again as if it had never been claimed: nothing was wrong with it, the sandbox was away."""
    session.execute(
        update(Run)
        .where(Run.id == claim.run_id, Run.lease_token == claim.token)
        .values(status=RunStatus.QUEUED, lease_token=None, lease_until=None, claims=Run.claims - 1)
        .execution_options(synchronize_session=False)
    )
    session.commit()


def give_up(session: Session, claim: Claim, *, now: dt.datetime, reason: str) -> None:
    """Note our failure; the sweeper queues the run again after a rest, or ends it after the third time."""
    session.execute(
        update(Run)
        .where(Run.id == claim.run_id, Run.lease_token == claim.token)
        .values(
            # A token nobody holds: the failed worker cannot store a late result.
            lease_token=secrets.token_hex(16),
            lease_until=now + dt.timedelta(seconds=RETRY_S),
            failure=reason,
        )
        .execution_options(synchronize_session=False)
    )
    session.commit()


class Heartbeat:
    """Renews a claim's lease from a thread of its own, as long as the `with` block runs."""

    def __init__(self, supplies: Supplies, claim: Claim) -> None:
        self._supplies = supplies
        self._claim = claim
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew_regularly, name=f"lease-{claim.run_id}", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()

    def _renew_regularly(self) -> None:
        lease_s = self._supplies.settings.lease_s
        while not self._ended.wait(lease_s / 3):
            try:
                with self._supplies.sessions() as session:
                    now = self._supplies.now(session)
                    if not renew(session, self._claim, now=now, lease_s=lease_s):
                        log.warning("lease_lost", run_id=self._claim.run_id)
                        return
            except SQLAlchemyError as error:
                log.warning("lease_not_renewed", run_id=self._claim.run_id, error=str(error))
