"""The summary row that the gradebook reads, kept up in the transaction that changes what it sums up."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import ColumnElement, bindparam, case, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assignments.verdict import Verdict
from grader.db import begin_write
from grader.models import (
    CourseAssignment,
    Grade,
    GradeChange,
    QuestionRow,
    Run,
    RunStatus,
    Submission,
    SubmissionFile,
)
from grader.policy import scoring

# The statements of this page run with every upload and every result, and building one costs more than running it: they
# are built once.


def _is_unreadable() -> ColumnElement[bool]:
    """Hold for a submission of typed answers alone in which nothing that was typed could be read."""
    results = exists().where(QuestionRow.run_id == Run.id, Run.submission_id == Submission.id)
    return (
        results.where(QuestionRow.verdict == Verdict.INVALID)
        & ~results.where(QuestionRow.verdict.not_in([Verdict.INVALID, Verdict.MISSING]))
        & ~exists().where(SubmissionFile.submission_id == Submission.id)
    )


_IS_THEIRS = (Submission.assignment_id == bindparam("assignment_id")) & (Submission.user_id == bindparam("user_id"))
_IS_USED = exists().where(Run.submission_id == Submission.id, Run.status != RunStatus.FAILED) & ~_is_unreadable()
_ATTEMPTS_SO_FAR = select(func.count(case((_IS_USED, 1))), func.max(Submission.attempt)).where(_IS_THEIRS)

_NEWEST = (
    select(Run.submission_id, func.max(Run.number).label("number"))
    .join(Submission, Run.submission_id == Submission.id)
    .where(_IS_THEIRS, Run.status == RunStatus.GRADED)
    .group_by(Run.submission_id)
    .subquery()
)
_GRADED_ATTEMPTS = (
    select(Submission.id, Submission.attempt, Run.score, Run.max_score, Submission.late_s)
    .join(_NEWEST, _NEWEST.c.submission_id == Submission.id)
    .join(Run, (Run.submission_id == Submission.id) & (Run.number == _NEWEST.c.number))
    .order_by(Submission.attempt)
)

_GRADE = (
    select(Grade)
    .where(Grade.assignment_id == bindparam("assignment_id"), Grade.user_id == bindparam("user_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def attempts_so_far(session: Session, assignment_id: int, user_id: int) -> tuple[int, int]:
    """Return how many attempts count against the limit, and the last number.

    Not counted are those the grader itself failed on, and typed answers none of which could be read: they can be typed
    again, and told nobody anything. Both numbers are of one moment: while nobody takes the next number, the count
    holds too.
    """
    used, last = session.execute(_ATTEMPTS_SO_FAR, {"assignment_id": assignment_id, "user_id": user_id}).one()
    return used, last or 0


def attempts_used(session: Session, assignment_id: int, user_id: int) -> int:
    """Return how many attempts count against the limit."""
    return attempts_so_far(session, assignment_id, user_id)[0]


def graded_attempts(session: Session, assignment_id: int, user_id: int) -> list[scoring.Attempt]:
    """Return a person's graded attempts, oldest first, each with the score of its newest graded run."""
    rows = session.execute(_GRADED_ATTEMPTS, {"assignment_id": assignment_id, "user_id": user_id})
    return [
        scoring.Attempt(submission_id, number, score or Decimal(0), max_score or Decimal(0), late_s)
        for submission_id, number, score, max_score, late_s in rows
    ]


def recompute(
    session: Session,
    assignment_id: int,
    user_id: int,
    *,
    now: dt.datetime,
    reason: str,
    actor_id: int | None = None,
    run_id: str | None = None,
) -> Grade:
    """Bring the summary row of one student and assignment up to date; keep the change, if it is one.

    Args:
        session: in the transaction that changed a run, a date or an override.
        assignment_id: the course's assignment.
        user_id: the student.
        now: aware UTC.
        reason: what changed the grade, in a few words: "graded", "regraded", "late policy changed".
        actor_id: who did it; None for the grader.
        run_id: the run that did it.
    """
    begin_write(session)
    session.flush()
    assignment = session.get_one(CourseAssignment, assignment_id)
    grade = _locked(session, assignment_id, user_id, now)
    before = grade.grade
    standing = scoring.counting(
        graded_attempts(session, assignment_id, user_id), assignment.counting, assignment.late_fraction_per_day
    )
    grade.attempts = attempts_used(session, assignment_id, user_id)
    if standing is not None:
        grade.submission_id = standing.attempt.submission_id
        grade.score = standing.attempt.score
        grade.max_score = standing.attempt.max_score
        grade.penalty = standing.penalty
        grade.grade = standing.grade
    grade.updated_at = now
    if grade.grade != before:
        session.add(
            GradeChange(
                grade_id=grade.id,
                at=now,
                actor_id=actor_id,
                reason=reason,
                before=before,
                after=grade.grade,
                run_id=run_id,
            )
        )
    session.flush()
    return grade


def _locked(session: Session, assignment_id: int, user_id: int, now: dt.datetime) -> Grade:
    """Return the row, made if need be, held against others who would change it until the transaction ends."""
    whose = {"assignment_id": assignment_id, "user_id": user_id}
    grade = session.scalar(_GRADE, whose)
    if grade is None:
        try:
            with session.begin_nested():
                session.add(Grade(assignment_id=assignment_id, user_id=user_id, updated_at=now))
        except IntegrityError:
            pass  # two runs of one student ended at once, and the other made it first
        grade = session.scalars(_GRADE, whose).one()
    return grade
