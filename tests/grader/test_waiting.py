"""Requests that wait for a result: woken as soon as it is there, looked after by one thread for all of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from grader.api.waiting import Watch, finished_among
from grader.db import make_engine
from grader.models import RunStatus, Submission
from grader.services import runs
from tests.factories import NOW, finish_run, make_submission
from tests.servers import wait_until

WAIT_S = 60.0
pytestmark = pytest.mark.usefixtures("any_database_url")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def looks(engine: Engine) -> list[str]:
    """What was asked of the database so far."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_about: object) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    return statements


class Waiter(threading.Thread):
    """Somebody who waits for one submission."""

    def __init__(self, watch: Watch, submission: Submission, wait_s: float = WAIT_S) -> None:
        super().__init__(daemon=True)
        self.answer: bool | None = None
        self._watch, self._id, self._wait_s = watch, submission.id, wait_s
        self.start()

    def run(self) -> None:
        self.answer = self._watch.until_finished(self._id, self._wait_s)


def lookers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "watch"]


def test_only_those_whose_result_is_there_are_woken(session, class_, engine):
    first, second = (make_submission(session, class_.perceptron, class_.student) for _ in range(2))
    session.commit()
    watch = Watch(engine)
    woken, waits = Waiter(watch, first), Waiter(watch, second)
    finish_run(session, first)
    session.commit()
    woken.join(WAIT_S)
    assert (woken.answer, waits.answer) == (True, None)
    finish_run(session, second, status=RunStatus.FAILED)
    session.commit()
    waits.join(WAIT_S)
    assert waits.answer is True
    wait_until(lambda: not lookers(), "the thread that looked to end with nobody left to look for")


def test_all_who_wait_are_looked_for_by_one_query(session, class_, engine, looks):
    submissions = [make_submission(session, class_.perceptron, class_.student) for _ in range(8)]
    session.commit()
    watch = Watch(engine)
    waiters = [Waiter(watch, submission) for submission in submissions]
    # All in one query: as many values as waiters. SQLite and PostgreSQL mark values differently.
    wait_until(lambda: max(map(num_values, looks), default=0) == len(waiters), "a look for all of them")
    assert len(lookers()) == 1
    for submission in submissions:
        finish_run(session, submission)
    session.commit()
    for waiter in waiters:
        waiter.join(WAIT_S)
    assert [waiter.answer for waiter in waiters] == [True] * len(waiters)


def num_values(statement: str) -> int:
    return max(statement.count("?"), statement.count("%("))


def test_a_result_that_does_not_come_is_waited_for_as_long_as_asked(session, class_, engine):
    submission = make_submission(session, class_.perceptron, class_.student)
    session.commit()
    begun = time.monotonic()
    assert Watch(engine).until_finished(submission.id, 0.3) is False
    assert time.monotonic() - begun >= 0.3


def test_a_long_wait_looks_ever_less_often_and_a_newcomer_is_looked_for_at_once(session, class_, engine, looks):
    old, new = (make_submission(session, class_.perceptron, class_.student) for _ in range(2))
    session.commit()
    watch = Watch(engine)
    patient = Waiter(watch, old)
    time.sleep(2.0)  # what is tested is time that passes
    assert len(looks) < 2.0 / 0.02, "a look every 5 ms would be 400"
    finish_run(session, new)
    session.commit()
    before = len(looks)
    assert watch.until_finished(new.id, WAIT_S)
    assert 2 in map(num_values, looks[before : before + 3])  # one look may have begun before, one may end after
    finish_run(session, old)
    session.commit()
    patient.join(WAIT_S)
    assert patient.answer is True


def test_a_database_that_is_away_wakes_everybody_to_say_so(session, class_, engine):
    """Who waits asks the database itself then, and answers 503."""
    submission = make_submission(session, class_.perceptron, class_.student)
    session.commit()

    def refuse(*_about: object) -> None:
        raise engine.dialect.loaded_dbapi.OperationalError("away")

    event.listen(engine, "before_cursor_execute", refuse)
    begun = time.monotonic()
    assert Watch(engine).until_finished(submission.id, WAIT_S)
    assert time.monotonic() - begun < WAIT_S / 2


def test_a_regrade_under_way_does_not_unfinish_a_submission(session: Session, class_, engine):
    submission = make_submission(session, class_.perceptron, class_.student)
    finish_run(session, submission)
    runs.queue_run(session, submission, NOW, is_regrade=True)
    waiting = make_submission(session, class_.perceptron, class_.student)
    session.commit()
    assert finished_among(engine, {submission.id, waiting.id}) == {submission.id}
