"""What a dead worker, a lost message or our own failure leaves behind is found and mended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from grader.models import Run, RunStatus
from grader.queue import Queue
from grader.services import grades
from tests.worker.conftest import NOW, Queued
from worker import claims
from worker.sweeper import UNHEARD_S, sweep

LEASE_S = 15.0
LATER = NOW + dt.timedelta(seconds=LEASE_S + 1)
pytestmark = pytest.mark.usefixtures("any_database_url")


@pytest.fixture
def queue(valkey_url: str) -> Iterator[Queue]:
    made = Queue(valkey_url)
    yield made
    made.close()


def read(session: Session, run: Run) -> Run:
    return session.get_one(Run, run.id, populate_existing=True)


def test_a_run_whose_worker_fell_silent_is_queued_again(session: Session, queued: Queued, queue: Queue) -> None:
    run = queued()
    claims.claim_next(session, now=NOW, lease_s=LEASE_S)
    assert sweep(session, queue, now=NOW + dt.timedelta(seconds=LEASE_S - 1)).requeued == 0
    assert sweep(session, queue, now=LATER).requeued == 1
    assert read(session, run).status == RunStatus.QUEUED


def test_the_third_failure_ends_the_run_without_costing_an_attempt(
    session: Session, queued: Queued, queue: Queue
) -> None:
    run = queued()
    moment = NOW
    for number in range(1, claims.MAX_CLAIMS + 1):
        held = claims.claim_next(session, now=moment, lease_s=LEASE_S)
        assert held is not None
        assert held.number == number
        claims.give_up(session, held, now=moment, reason="ZeroDivisionError: ours")
        moment += dt.timedelta(seconds=claims.RETRY_S + 1)
        swept = sweep(session, queue, now=moment)
        assert (swept.requeued, swept.failed) == ((1, 0) if number < claims.MAX_CLAIMS else (0, 1))
    ended = read(session, run)
    assert (ended.status, ended.failure, ended.score) == (RunStatus.FAILED, "ZeroDivisionError: ours", None)
    assert grades.attempts_used(session, ended.submission.assignment_id, ended.submission.user_id) == 0


def test_a_run_that_failed_rests_before_it_is_tried_again(session: Session, queued: Queued, queue: Queue) -> None:
    queued()
    held = claims.claim_next(session, now=NOW, lease_s=LEASE_S)
    assert held is not None
    claims.give_up(session, held, now=NOW, reason="the database hiccuped")
    assert sweep(session, queue, now=NOW + dt.timedelta(seconds=1)).requeued == 0
    assert claims.claim_next(session, now=NOW, lease_s=LEASE_S) is None


def test_hints_that_were_lost_are_sent_again_and_no_more_than_are_needed(
    session: Session, queued: Queued, queue: Queue
) -> None:
    for number in range(3):
        queued(f"student{number}")
    assert queue.waiting() == 0, "the broker has lost everything"
    moment = NOW + dt.timedelta(seconds=UNHEARD_S + 1)
    assert sweep(session, queue, now=moment).hinted == 3
    assert queue.waiting() == 3
    assert sweep(session, queue, now=moment).hinted == 0


def test_a_fresh_run_is_left_to_its_own_message(session: Session, queued: Queued, queue: Queue) -> None:
    queued()
    assert sweep(session, queue, now=NOW).hinted == 0


def test_a_broker_that_is_away_does_not_keep_runs_from_being_queued_again(session: Session, queued: Queued) -> None:
    run = queued()
    claims.claim_next(session, now=NOW, lease_s=LEASE_S)
    with pytest.raises(Exception, match=r"(?i)connect|no such file"):
        sweep(session, Queue("redis://127.0.0.1:1/0"), now=LATER)
    assert read(session, run).status == RunStatus.QUEUED
