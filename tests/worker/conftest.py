"""A course with students whose uploads wait to be graded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from grader.models import Role, Run, User
from grader.services import accounts, courses, submissions
from grader.services.submissions import Upload

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)

Queued = Callable[..., Run]


@pytest.fixture
def queued(session: Session) -> Queued:
    """Return a function that hands something in for a student and returns the run that waits for it."""
    course = courses.create_course(session, "dl101", "Deep Learning", now=NOW)
    session.flush()
    for slug in ("perceptron", "forward_pass"):
        courses.publish(session, course, slug, now=NOW)
    session.commit()
    people: dict[str, User] = {}

    def hand_in(
        student: str = "student1",
        slug: str = "forward_pass",
        *,
        code: str = "",
        answers: dict[str, str] | None = None,
        at: dt.datetime = NOW,
    ) -> Run:
        if student not in people:
            people[student] = accounts.create_user(session, f"{student}@example.edu", student, None, now=NOW)
            session.flush()
            courses.enrol(session, course, people[student], Role.STUDENT)
            session.commit()
        access = courses.assignment(session, courses.find(session, people[student], "dl101"), slug)
        files = [(f"{slug}.py", code.encode())] if code else []
        typed = answers if answers is not None or code else {"z0": "0.4775"}
        upload = Upload(files=files, answers=typed or {}, origin="api")
        submission, _ = submissions.accept(session, access, people[student], upload, at)
        run = submission.runs[-1]
        session.commit()
        return run

    return hand_in
