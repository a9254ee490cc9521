"""Grading again: nothing is lost, nobody waits for it, and what failed through our fault comes first."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from grader.db import begin_write
from grader.models import Run, RunStatus
from grader.services import runs
from tests.worker.conftest import NOW, Queued, queued

__all__ = ["queued"]

pytestmark = pytest.mark.usefixtures("any_database_url")
Ended = Callable[[str, RunStatus], Run]


@pytest.fixture
def ended(session: Session, queued: Queued) -> Ended:
    """Return a function that makes a student's submission whose only run ended so."""

    def make(student: str, status: RunStatus) -> Run:
        run = queued(student)
        begin_write(session)
        run = session.get_one(Run, run.id)
        run.status = status
        run.score = run.max_score = Decimal(1) if status is RunStatus.GRADED else None
        session.commit()
        return run

    return make


def test_seed_of_a_submission_is_secret_its_own_and_stays() -> None:
    """Who could work it out would know the hidden cases; and a regrade has to draw the same."""
    seed = runs.submission_seed("the secret", "submission 1")
    assert seed == runs.submission_seed("the secret", "submission 1")
    assert seed != runs.submission_seed("another secret", "submission 1")
    assert seed != runs.submission_seed("the secret", "submission 2")
    assert len(seed) == 32


def test_only_what_failed_is_chosen_when_asked_for(session: Session, ended: Ended) -> None:
    graded, failed = ended("graded", RunStatus.GRADED), ended("failed", RunStatus.FAILED)
    ended("waiting", RunStatus.QUEUED)
    assignment_id = graded.submission.assignment_id
    chosen = runs.gradable_again(session, assignment_id, only_failed=False)
    assert chosen == [graded.submission_id, failed.submission_id]
    assert runs.gradable_again(session, assignment_id, only_failed=True) == [failed.submission_id]


def test_a_regrade_keeps_the_earlier_run_and_waits_behind_uploads_but_a_first_result_does_not(
    session: Session, ended: Ended
) -> None:
    graded, failed = ended("graded", RunStatus.GRADED), ended("failed", RunStatus.FAILED)
    runs.grade_again(session, [graded.submission_id, failed.submission_id], NOW)
    session.commit()
    session.refresh(graded.submission)
    assert [(run.number, run.status, run.is_regrade) for run in graded.submission.runs] == [
        (1, RunStatus.GRADED, False),
        (2, RunStatus.QUEUED, True),
    ]
    session.refresh(failed.submission)
    assert [run.is_regrade for run in failed.submission.runs] == [False, False]
