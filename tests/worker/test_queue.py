"""Hints go out after a commit, and only then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from grader.db import begin_write
from grader.models import Run
from grader.queue import Queue
from grader.services import runs
from tests.worker.conftest import NOW, Queued


@pytest.fixture
def queue(session: Session, valkey_url: str) -> Iterator[Queue]:
    made = Queue(valkey_url)
    session.info["queue"] = made
    yield made
    made.close()


def test_an_upload_that_was_committed_is_hinted(queue: Queue, queued: Queued) -> None:
    queued()
    assert queue.waiting() == 1


def test_a_run_that_was_rolled_back_is_never_hinted(queue: Queue, queued: Queued, session: Session) -> None:
    submission = session.get_one(Run, queued().id).submission
    begin_write(session)
    runs.queue_run(session, submission, NOW)
    session.rollback()
    begin_write(session)
    session.commit()
    assert queue.waiting() == 1


def test_an_upload_is_kept_when_the_broker_is_away(session: Session, queued: Queued) -> None:
    session.info["queue"] = Queue("redis://127.0.0.1:1/0")
    run = queued()
    assert session.get_one(Run, run.id).status == "queued"


def test_a_unix_socket_is_spelled_as_each_library_wants_it(valkey_url: str) -> None:
    assert Queue(valkey_url).is_reachable()
    assert not Queue("redis://127.0.0.1:1/0").is_reachable()
