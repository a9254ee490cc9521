"""Runs: queue one, read what to grade, store what was found."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import bindparam, case, delete, func, insert, select, update
from sqlalchemy.orm import Session, joinedload

from assignments.verdict import CheckResult, QuestionResult, Report, Verdict
from grader import queue
from grader.db import begin_write
from grader.models import (
    CheckRow,
    Course,
    CourseAssignment,
    QuestionRow,
    Run,
    RunEvent,
    RunStatus,
    ServiceState,
    Submission,
    SubmissionFile,
)
from grader.services import curves, grades

UNFINISHED = (RunStatus.QUEUED, RunStatus.RUNNING)
READY_FOR_S = 60.0  # a worker that has said nothing for this long is not counted on


class LeaseLostError(Exception):
    """Another worker has taken this run over; its result will count, this one's is dropped."""


@dataclass(frozen=True)
class Work:
    """What a worker needs to grade one run; no answers, no names."""

    run_id: str
    submission_id: str
    course_slug: str
    assignment_slug: str
    files: tuple[tuple[str, bytes], ...]
    answers: dict[str, str]
    variant: dict[str, float] | None  # the student's own numbers; None: the statement's
    seed: bytes


def submission_seed(secret_key: str, submission_id: str) -> bytes:
    """Return the 32 bytes every hidden case of a submission is drawn from: fixed for regrades, secret to students."""
    return hmac.digest(secret_key.encode(), b"seed:" + submission_id.encode(), hashlib.sha256)


# What is there before a run is queued; built once, as building it costs more than asking.
_BEFORE = select(
    select(func.max(Run.number)).where(Run.submission_id == bindparam("submission_id")).scalar_subquery(),
    select(func.count())
    .select_from(Run)
    .join(Submission, Run.submission_id == Submission.id)
    .where(Submission.user_id == bindparam("user_id"), Run.status.in_(UNFINISHED), Run.is_regrade.is_(False))
    .scalar_subquery(),
)


def queue_run(session: Session, submission: Submission, now: dt.datetime, *, is_regrade: bool = False) -> Run:
    """Add a run to the submission and let the workers know once the session commits.

    Its `turn` is the number of runs the student is still waiting for: a person's tenth waits behind another's first.
    """
    if submission.id is None:
        session.flush()
    whose = {"submission_id": submission.id, "user_id": submission.user_id}
    with session.no_autoflush:
        last_number, unfinished = session.execute(_BEFORE, whose).one()
        run = Run(
            submission_id=submission.id,
            number=(last_number or 0) + 1,
            status=RunStatus.QUEUED,
            is_regrade=is_regrade,
            turn=0 if is_regrade else unfinished,
            queued_at=now,
        )
    submission.runs.append(run)
    session.flush()
    queue.run_after_commit(session, run.id)
    return run


def gradable_again(session: Session, assignment_id: int, *, only_failed: bool) -> list[str]:
    """Return the ids of an assignment's submissions that no worker holds or waits for, oldest first.

    With `only_failed`, those whose last run ended through our fault and that have never been graded.
    """
    status = (
        select(Submission.id, func.max(Run.number).label("last"))
        .join(Run, Run.submission_id == Submission.id)
        .where(Submission.assignment_id == assignment_id)
        .group_by(Submission.id)
        .having(func.sum(case((Run.status.in_(UNFINISHED), 1), else_=0)) == 0)
    )
    if only_failed:
        status = status.having(func.sum(case((Run.status == RunStatus.GRADED, 1), else_=0)) == 0)
    return [row[0] for row in session.execute(status.order_by(Submission.id))]


def grade_again(session: Session, submission_ids: Sequence[str], now: dt.datetime) -> None:
    """Queue another run for each; what was found before stays until the new result is there.

    Whoever has no result at all yet does not wait behind regrades.
    """
    begin_write(session)
    for submission_id in submission_ids:
        submission = session.get_one(Submission, submission_id)
        has_result = any(run.status == RunStatus.GRADED for run in submission.runs)
        queue_run(session, submission, now, is_regrade=has_result)


_WORK = (
    select(
        Run.submission_id,
        Submission.answers,
        Submission.variant,
        CourseAssignment.slug.label("assignment_slug"),
        Course.slug.label("course_slug"),
    )
    .join(Run.submission)
    .join(Submission.assignment)
    .join(CourseAssignment.course)
    .where(Run.id == bindparam("run_id"))
)
_FILES = (
    select(SubmissionFile.name, SubmissionFile.content)
    .where(SubmissionFile.submission_id == bindparam("submission_id"))
    .order_by(SubmissionFile.position)
)


def load_work(session: Session, run_id: str, secret_key: str) -> Work:
    """Read a claimed run's upload.

    Raises:
        LookupError: the run is gone.
    """
    row = session.execute(_WORK, {"run_id": run_id}).one_or_none()
    if row is None:
        raise LookupError(f"run {run_id} is not in the database")
    files = session.execute(_FILES, {"submission_id": row.submission_id})
    return Work(
        run_id=run_id,
        submission_id=row.submission_id,
        course_slug=row.course_slug,
        assignment_slug=row.assignment_slug,
        files=tuple((name, content) for name, content in files),
        answers={key: str(text) for key, text in row.answers.items()},
        variant=row.variant,
        seed=submission_seed(secret_key, row.submission_id),
    )


def report_question(session: Session, run_id: str, lease_token: str, number: int, result: QuestionResult) -> None:
    """Show a question's result while its run goes on; dropped when the lease was lost.

    The event is what a student may see at once: the verdict and the points, not the checks.
    """
    begin_write(session)
    held = session.scalar(select(Run.id).where(Run.id == run_id, Run.lease_token == lease_token))
    if held is None:
        session.rollback()
        return
    session.execute(delete(RunEvent).where(RunEvent.run_id == run_id, RunEvent.number == number))
    session.add(
        RunEvent(
            run_id=run_id,
            number=number,
            data={
                "question": result.id,
                "title": result.title,
                "verdict": str(result.verdict),
                "score": float(result.score),
                "max_score": float(result.max_score),
            },
        )
    )
    session.commit()


def store(session: Session, run_id: str, lease_token: str, report: Report, *, now: dt.datetime, sandbox: str) -> None:
    """Store a run's whole result and the grade that follows from it, in one transaction.

    Raises:
        LeaseLostError: the lease is another worker's by now; nothing is stored.
    """
    won = session.execute(
        update(Run)
        .where(Run.id == run_id, Run.lease_token == lease_token, Run.status == RunStatus.RUNNING)
        .values(
            status=RunStatus.GRADED,
            lease_token=None,
            lease_until=None,
            finished_at=now,
            assignment_version=report.assignment_version,
            seed_id=report.seed_id,
            sandbox=sandbox,
            score=report.score,
            max_score=report.max_score,
            duration_ms=report.duration_ms,
            stdout=report.stdout,
            notes=list(report.notes),
            failure=None,
        )
        .returning(Run.submission_id)
        .execution_options(synchronize_session=False)
    ).first()
    if won is None:
        session.rollback()
        raise LeaseLostError(f"run {run_id} was taken over; this result is dropped")
    session.execute(delete(RunEvent).where(RunEvent.run_id == run_id))
    _insert_questions(session, run_id, report.questions)
    submission = session.get_one(Submission, won.submission_id, options=[joinedload(Submission.assignment)])
    grades.recompute(session, submission.assignment_id, submission.user_id, now=now, reason="graded", run_id=run_id)
    session.commit()


def _insert_questions(session: Session, run_id: str, questions: Sequence[QuestionResult]) -> None:
    """Insert a run's results as plain rows: nobody reads them here, and as objects they cost several times as much."""
    rows = [_question_row(run_id, position, question) for position, question in enumerate(questions)]
    connection = session.connection()
    inserted = connection.execute(insert(QuestionRow).returning(QuestionRow.question_id, QuestionRow.id), rows)
    ids = dict(inserted.all())
    checks = [_check_row(ids[each.id], place, check) for each in questions for place, check in enumerate(each.checks)]
    if checks:
        connection.execute(insert(CheckRow), checks)


def _question_row(run_id: str, position: int, question: QuestionResult) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "position": position,
        "question_id": question.id,
        "title": question.title,
        "score": question.score,
        "max_score": question.max_score,
        "is_bonus": question.is_bonus,
        "verdict": str(question.verdict),
        "mistake": question.mistake,
        "feedback": list(question.feedback),
        "curves": [
            {**asdict(curve), "student": curves.finite(curve.student), "reference": curves.finite(curve.reference)}
            for curve in question.curves
        ],
    }


def _check_row(question_row_id: int, position: int, check: CheckResult) -> dict[str, Any]:
    return {
        "question_row_id": question_row_id,
        "position": position,
        "name": check.name,
        "is_visible": check.is_visible,
        "verdict": str(check.verdict),
        "message": check.message,
        "input": check.input,
        "got": check.got,
        "expected": check.expected,
    }


def pending_questions(session: Session, submission_ids: Sequence[str]) -> dict[str, int]:
    """Return, by submission, how many answers of its last graded run wait for a teacher; those without are left out."""
    if not submission_ids:
        return {}
    last = (
        select(Run.submission_id, func.max(Run.number).label("number"))
        .where(Run.submission_id.in_(submission_ids), Run.status == RunStatus.GRADED)
        .group_by(Run.submission_id)
        .subquery()
    )
    found = session.execute(
        select(Run.submission_id, func.count())
        .join(last, (last.c.submission_id == Run.submission_id) & (last.c.number == Run.number))
        .join(QuestionRow, QuestionRow.run_id == Run.id)
        .where(QuestionRow.verdict == Verdict.PENDING)
        .group_by(Run.submission_id)
    )
    return {row[0]: row[1] for row in found}


def report_service(session: Session, name: str, *, is_ready: bool, detail: str, now: dt.datetime) -> None:
    """Record what a worker says of its sandbox."""
    begin_write(session)
    state = session.get(ServiceState, name) or ServiceState(name=name)
    state.state, state.detail, state.seen_at = ("ready" if is_ready else "paused"), detail, now
    session.merge(state)
    session.commit()


def why_paused(session: Session, now: dt.datetime) -> str | None:
    """Return why no run is being graded at present, for staff; None while a worker is ready."""
    states = session.scalars(
        select(ServiceState)
        .where(ServiceState.seen_at > now - dt.timedelta(seconds=READY_FOR_S))
        .order_by(ServiceState.seen_at.desc())
    ).all()
    if any(state.state == "ready" for state in states):
        return None
    return states[0].detail if states else "no worker is running"


def queue_position(session: Session, run: Run) -> int:
    """Return how many runs go before this one; 0 means it is next."""
    same = Run.is_regrade.is_(run.is_regrade)
    earlier: Any = (same & (Run.turn < run.turn)) | (same & (Run.turn == run.turn) & (Run.queued_at < run.queued_at))
    if run.is_regrade:
        earlier |= Run.is_regrade.is_(False)
    count = select(func.count()).select_from(Run).where(Run.status == RunStatus.QUEUED, earlier)
    return session.scalar(count) or 0
