"""Rows for tests: each function adds what it says, with everything it needs, and flushes; the test commits.

Defaults make the commonest thing: an open assignment, a student in its course, an upload that was graded.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.db import begin_write
from grader.models import (
    CheckRow,
    Course,
    CourseAssignment,
    QuestionRow,
    Role,
    Run,
    RunStatus,
    Submission,
    User,
)
from grader.services import accounts, courses, grades, submissions, tokens
from grader.services.courses import AssignmentAccess, CourseAccess
from grader.services.submissions import Upload

NOW = dt.datetime(2026, 11, 21, 21, 14, tzinfo=dt.UTC)
PASSWORD = "correct horse battery"
STARTER = b"def predict(w, w0, x, threshold=0.0):\n    return 0\n"

_numbers = itertools.count(1)


def make_user(
    session: Session, email: str = "", name: str = "", *, password: str | None = None, is_admin: bool = False
) -> User:
    """Add a person; without a password, since hashing one takes a while."""
    number = next(_numbers)
    return accounts.create_user(
        session,
        email or f"person{number}@example.edu",
        name or f"Person {number}",
        password,
        is_admin=is_admin,
        now=NOW,
    )


def make_course(session: Session, slug: str = "", **columns: Any) -> Course:
    """Add a course without people and assignments."""
    course = courses.create_course(session, slug or f"dl{next(_numbers)}", "Introduction to Deep Learning", now=NOW)
    for column, value in columns.items():
        setattr(course, column, value)
    session.flush()
    return course


def enrol(
    session: Session, course: Course, user: User | None = None, role: Role = Role.STUDENT, section: str = ""
) -> User:
    """Put a person, a new one by default, into a course."""
    begin_write(session)
    user = user or make_user(session)
    courses.enrol(session, course, user, role, section=section)
    return user


def make_assignment(session: Session, course: Course, slug: str = "perceptron", **columns: Any) -> CourseAssignment:
    """Give an assignment of the pack out, published a day before `NOW` and open."""
    row = courses.publish(session, course, slug, now=NOW - dt.timedelta(days=1))
    for column, value in columns.items():
        setattr(row, column, value)
    session.flush()
    return row


def open_course(session: Session, user: User, course: Course) -> CourseAccess:
    """Return a person's way into a course."""
    return courses.find(session, user, course.slug)


def open_assignment(
    session: Session, user: User, assignment: CourseAssignment, now: dt.datetime = NOW
) -> AssignmentAccess:
    """Return a person's way to an assignment."""
    course = session.get_one(Course, assignment.course_id)
    return courses.assignment(session, courses.find(session, user, course.slug), assignment.slug, now)


def make_token(session: Session, user: User, now: dt.datetime | None = None) -> str:
    """Return the text of a new token of a person."""
    return tokens.create(session, user, "test", now=now or dt.datetime.now(dt.UTC))[1]


def make_submission(
    session: Session,
    assignment: CourseAssignment,
    user: User,
    *,
    files: Sequence[tuple[str, bytes]] | None = None,
    answers: Mapping[str, str] | None = None,
    now: dt.datetime = NOW,
    idempotency_key: str | None = None,
) -> Submission:
    """Hand in as a person would; the run is queued. Without files or answers, a starter file."""
    if files is None and answers is None:
        files = [(f"{assignment.slug}.py", STARTER)]
    upload = Upload(files=files or (), answers=answers or {}, origin="api", idempotency_key=idempotency_key)
    access = open_assignment(session, user, assignment, now)
    return submissions.accept(session, access, user, upload, now)[0]


def finish_run(
    session: Session,
    submission: Submission,
    *,
    status: RunStatus = RunStatus.GRADED,
    score: Decimal | int | str = 13,
    max_score: Decimal | int | str = 20,
    verdict: str = "failed",
    now: dt.datetime = NOW,
) -> Run:
    """End a submission's last run as a worker would: one question with a visible and a hidden check, and the grade."""
    begin_write(session)
    run = session.scalars(
        select(Run).where(Run.submission_id == submission.id).order_by(Run.number.desc()).limit(1)
    ).one()
    run.status = status
    run.finished_at = now
    if status is RunStatus.GRADED:
        run.score, run.max_score = Decimal(score), Decimal(max_score)
        run.duration_ms = 31
        run.assignment_version, run.seed_id = "0123456789ab", "ba9876543210"
        run.stdout = "printed by the student\n"
        run.questions.append(
            QuestionRow(
                position=0,
                question_id="update",
                title="The update rule",
                score=Decimal(score),
                max_score=Decimal(max_score),
                verdict=verdict,
                mistake="sign-flipped",
                feedback=["The weights moved away from the sample."],
                checks=[
                    CheckRow(
                        position=0,
                        name="first case",
                        is_visible=True,
                        verdict=verdict,
                        message="2 of 2 entries are off.",
                        input="update([1.0, 2.0], 0.0)",
                        got="[0.0, 1.0]",
                        expected="[2.0, 3.0]",
                    ),
                    CheckRow(position=1, name="hidden 1", is_visible=False, verdict=verdict, message="1 entry is off."),
                ],
            )
        )
    elif status is RunStatus.FAILED:
        run.failure = "the worker died"
    session.flush()
    grades.recompute(session, submission.assignment_id, submission.user_id, now=now, reason="graded", run_id=run.id)
    return run


def count(session: Session, model: type[Any]) -> int:
    """Return the number of rows of a table."""
    return session.scalar(select(func.count()).select_from(model)) or 0
