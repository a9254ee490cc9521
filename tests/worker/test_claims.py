"""Leases: one run, one worker, in a fair order."""

from __future__ import annotations

import datetime as dt
import math
import threading
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from assignments.verdict import CheckResult, Curve, QuestionResult, Report, Verdict
from grader.db import begin_write, make_engine, session_factory
from grader.models import Grade, QuestionRow, Run, RunEvent, RunStatus
from grader.services import results, runs
from tests.worker.conftest import NOW, Queued
from worker import claims

LEASE_S = 15.0
pytestmark = pytest.mark.usefixtures("any_database_url")


QUESTION = QuestionResult("z0", "z0", Decimal(0), Decimal(1), Verdict.FAILED)


def report(score: str = "1") -> Report:
    question = QuestionResult("z0", "z0", Decimal(score), Decimal(1), Verdict.PASSED)
    return Report("forward_pass", "v1", "seed", (question,))


def claim(session: Session, *, at: dt.datetime = NOW) -> claims.Claim | None:
    return claims.claim_next(session, now=at, lease_s=LEASE_S)


def test_nothing_is_claimed_when_nothing_waits(session: Session, queued: Queued) -> None:
    assert claim(session) is None


def test_a_run_is_claimed_once_and_a_second_hint_finds_nothing(session: Session, queued: Queued) -> None:
    run = queued()
    first, second = claim(session), claim(session)
    assert first is not None
    assert (first.run_id, first.number) == (run.id, 1)
    assert second is None


def test_anothers_first_upload_goes_before_ones_second(session: Session, queued: Queued) -> None:
    hasty = [queued("hasty", at=NOW + dt.timedelta(seconds=i)) for i in range(3)]
    patient = queued("patient", at=NOW + dt.timedelta(seconds=9))
    order = [found.run_id for found in iter(lambda: claim(session), None)]
    assert order == [hasty[0].id, patient.id, hasty[1].id, hasty[2].id]


def test_regrades_wait_until_no_upload_does(session: Session, queued: Queued) -> None:
    old = queued("first")
    assert claim(session) is not None
    begin_write(session)
    submission = session.get_one(Run, old.id).submission
    regrade = runs.queue_run(session, submission, NOW, is_regrade=True)
    session.commit()
    upload = queued("second", at=NOW + dt.timedelta(minutes=5))
    order = [found.run_id for found in iter(lambda: claim(session), None)]
    assert order == [upload.id, regrade.id]


def test_many_workers_at_once_never_hold_the_same_run(session: Session, queued: Queued, database_url: str) -> None:
    expected = sorted(queued(f"student{i}").id for i in range(12))
    found: list[str] = []
    start = threading.Barrier(4)

    def work() -> None:
        engine = make_engine(database_url)
        start.wait()
        with session_factory(engine)() as own:
            for taken in iter(lambda: claim(own), None):
                found.append(taken.run_id)
        engine.dispose()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # PostgreSQL passes over a row that is just being claimed, so a worker may leave early; the next hint takes it.
    found += [taken.run_id for taken in iter(lambda: claim(session), None)]
    assert sorted(found) == expected


def test_a_result_is_stored_with_its_grade_in_one_go(session: Session, queued: Queued) -> None:
    run = queued()
    held = claim(session)
    assert held is not None
    runs.store(session, held.run_id, held.token, report(), now=NOW, sandbox="strict")
    session.refresh(run)
    assert (run.status, run.score, run.lease_token) == (RunStatus.GRADED, Decimal(1), None)
    assert [row.question_id for row in run.questions] == ["z0"]
    assert session.scalars(select(Grade.grade)).one() == Decimal(1)


def test_all_that_a_result_holds_is_read_as_it_was_stored(session: Session, queued: Queued) -> None:
    queued()
    held = claim(session)
    assert held is not None
    questions = (
        replace(
            QUESTION,
            id="z0",
            mistake="sign-flipped",
            feedback=("It moves the wrong way.",),
            checks=(
                CheckResult("first", True, Verdict.FAILED, "off", "f(1)", "2", "3"),
                CheckResult("hidden 1", False, Verdict.PASSED),
            ),
            curves=(Curve("Loss", "step", "loss", (1.0, math.nan), (1.0, 0.5)),),
        ),
        replace(QUESTION, id="z1", score=Decimal(1), is_bonus=True),
        replace(QUESTION, id="z2", checks=(CheckResult("no input", True, Verdict.CRASHED, "died"),)),
    )
    found = Report("forward_pass", "v1", "seed", questions)
    runs.store(session, held.run_id, held.token, found, now=NOW, sandbox="strict")
    submission = session.get_one(Run, held.run_id).submission
    stored = results.as_json(session, submission, "")["questions"]
    assert stored == [results.question_json(question) for question in questions]


def test_eighty_checks_are_inserted_by_as_many_statements_as_two(session: Session, queued: Queued) -> None:
    """A statement a check made storing the slowest step of all."""

    def statements(checks: int) -> list[str]:
        queued(f"student{checks}")
        held = claim(session)
        assert held is not None
        question = replace(QUESTION, checks=(CheckResult("hidden", False, Verdict.PASSED),) * checks)
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if statement.startswith("INSERT"):
                seen.append(statement.partition(" (")[0])

        event.listen(session.get_bind(), "before_cursor_execute", note)
        found = Report("forward_pass", "v1", "seed", (question,))
        runs.store(session, held.run_id, held.token, found, now=NOW, sandbox="strict")
        event.remove(session.get_bind(), "before_cursor_execute", note)
        return seen

    assert statements(80) == statements(2)


def test_the_late_result_of_a_worker_that_lost_its_lease_is_dropped(session: Session, queued: Queued) -> None:
    queued()
    stale = claim(session)
    assert stale is not None
    begin_write(session)
    run = session.get_one(Run, stale.run_id, populate_existing=True)
    run.status, run.lease_token, run.lease_until = RunStatus.QUEUED, None, None
    session.commit()
    fresh = claim(session)
    assert fresh is not None
    runs.store(session, fresh.run_id, fresh.token, report("0.5"), now=NOW, sandbox="strict")
    with pytest.raises(runs.LeaseLostError):
        runs.store(session, stale.run_id, stale.token, report("1"), now=NOW, sandbox="strict")
    assert session.scalar(select(func.count()).select_from(QuestionRow)) == 1
    assert session.scalars(select(Grade.grade)).one() == Decimal("0.5")


def test_result_of_a_worker_that_lost_its_lease_is_dropped_while_another_is_at_it(
    session: Session, queued: Queued
) -> None:
    """Neither its progress nor its result is shown: which of the two is right is for the holder to say."""
    queued()
    stale = claim(session)
    assert stale is not None
    claims.put_back(session, stale)
    fresh = claim(session)
    assert fresh is not None
    runs.report_question(session, stale.run_id, stale.token, 0, report("1").questions[0])
    assert session.scalar(select(func.count()).select_from(RunEvent)) == 0
    session.rollback()
    with pytest.raises(runs.LeaseLostError):
        runs.store(session, stale.run_id, stale.token, report("1"), now=NOW, sandbox="strict")
    session.rollback()
    runs.report_question(session, fresh.run_id, fresh.token, 0, report("0.5").questions[0])
    assert session.scalar(select(func.count()).select_from(RunEvent)) == 1
    session.rollback()
    runs.store(session, fresh.run_id, fresh.token, report("0.5"), now=NOW, sandbox="strict")
    assert session.scalars(select(Grade.grade)).one() == Decimal("0.5")


def test_run_is_given_up_and_put_back_by_its_holder_only(session: Session, queued: Queued) -> None:
    queued()
    held = claim(session)
    assert held is not None
    stranger = claims.Claim(held.run_id, "not the token", 1)
    claims.put_back(session, stranger)
    claims.give_up(session, stranger, now=NOW, reason="a fault of another's")
    run = session.get_one(Run, held.run_id, populate_existing=True)
    assert (run.status, run.lease_token, run.failure) == (RunStatus.RUNNING, held.token, None)


def test_worker_that_gave_up_stores_no_late_result(session: Session, queued: Queued) -> None:
    """Its run rests until it is tried again; a result that comes after all would be stored beside that."""
    queued()
    held = claim(session)
    assert held is not None
    claims.give_up(session, held, now=NOW, reason="the sandbox broke")
    with pytest.raises(runs.LeaseLostError):
        runs.store(session, held.run_id, held.token, report("1"), now=NOW, sandbox="strict")


def test_a_lease_is_renewed_by_its_holder_only(session: Session, queued: Queued) -> None:
    queued()
    held = claim(session)
    assert held is not None
    later = NOW + dt.timedelta(seconds=5)
    assert claims.renew(session, held, now=later, lease_s=LEASE_S)
    stranger = claims.Claim(held.run_id, "not the token", 1)
    assert not claims.renew(session, stranger, now=later, lease_s=LEASE_S)
    run = session.get_one(Run, held.run_id, populate_existing=True)
    assert run.lease_until == later + dt.timedelta(seconds=LEASE_S)


def test_a_run_put_back_because_the_sandbox_was_away_counts_no_failure(session: Session, queued: Queued) -> None:
    queued()
    for _ in range(2 * claims.MAX_CLAIMS):
        held = claim(session)
        assert held is not None
        assert held.number == 1
        claims.put_back(session, held)
