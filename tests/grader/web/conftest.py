"""A small course behind the pages: a teacher, two students, a stranger, and results put into the tables."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from grader.db import make_engine, session_factory, writing
from grader.models import (
    CheckRow,
    Course,
    CourseAssignment,
    QuestionRow,
    Role,
    Run,
    RunStatus,
    Submission,
    SubmissionFile,
    User,
)
from grader.services import accounts, courses, grades, runs

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session, sessionmaker
    from werkzeug.test import TestResponse

PASSWORD = "correct horse battery"
SLUGS = ("perceptron", "forward_pass", "python_warmup", "gradient_quiz", "concepts")


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass
class Browser:
    """A Flask client that reads the CSRF token from the page it is on, as a form does."""

    client: FlaskClient
    page: str = ""
    answers: list[TestResponse] = field(default_factory=list)

    def get(self, path: str, **options: Any) -> TestResponse:
        answer = self.client.get(path, **options)
        self.page = answer.get_data(as_text=True)
        return answer

    @property
    def csrf_token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.page)
        assert found, "the page has no form"
        return unescape(found.group(1))

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        answer = self.client.post(path, data={"csrf_token": self.csrf_token, **(data or {})}, **options)
        self.page = answer.get_data(as_text=True)
        return answer

    def log_in(self, email: str, password: str = PASSWORD, next_path: str = "/") -> TestResponse:
        self.get("/login")
        answer = self.post("/login", {"email": email, "password": password, "next": next_path})
        if answer.status_code == 303:
            self.get("/")
        return answer


@dataclass
class World:
    """The course and its people; `add_*` write to the database the app reads."""

    factory: sessionmaker[Session]
    app: Flask

    def browser(self, email: str | None = None) -> Browser:
        """Return a browser of its own, logged in when an email is given."""
        browser = Browser(self.app.test_client())
        if email:
            assert browser.log_in(email).status_code == 303
        return browser

    def user(self, session: Session, email: str) -> User:
        return session.scalars(select(User).where(User.email == email)).one()

    def add_student(self, email: str, name: str, section: str = "A") -> None:
        with writing(self.factory) as session:
            user = accounts.create_user(session, email, name, PASSWORD, now=now())
            courses.enrol(session, session.scalars(select(Course)).one(), user, Role.STUDENT, section=section)

    def add_submission(
        self,
        email: str = "ann@example.edu",
        *,
        slug: str = "perceptron",
        status: str = "graded",
        questions: list[QuestionRow] | None = None,
        files: tuple[tuple[str, bytes], ...] = (("perceptron.py", b"def predict(): ...\n"),),
        answers: dict[str, str] | None = None,
        late_s: int = 0,
        **run_fields: Any,
    ) -> str:
        """Write a submission with one run and return its id."""
        with writing(self.factory) as session:
            user = self.user(session, email)
            assignment = session.scalars(select(CourseAssignment).where(CourseAssignment.slug == slug)).one()
            earlier = session.scalars(
                select(Submission).where(Submission.user_id == user.id, Submission.assignment_id == assignment.id)
            ).all()
            submission = Submission(
                assignment_id=assignment.id,
                user_id=user.id,
                attempt=len(earlier) + 1,
                received_at=now(),
                late_s=late_s,
                answers=answers or {},
                content_digest="0" * 64,
                files=[
                    SubmissionFile(position=at, name=name, sha256="ab" * 32, size=len(content), content=content)
                    for at, (name, content) in enumerate(files)
                ],
            )
            session.add(submission)
            session.flush()
            questions = questions or []
            run = Run(
                submission_id=submission.id,
                number=1,
                status=status,
                queued_at=now(),
                lease_token="held" if status == RunStatus.RUNNING else None,
                **run_fields,
            )
            if status == RunStatus.GRADED:
                run.score = sum((question.score for question in questions), Decimal(0))
                run.max_score = sum((question.max_score for question in questions), Decimal(0))
                run.started_at = run.finished_at = now()
                run.assignment_version, run.seed_id, run.duration_ms = "a1b2c3d4e5f6", "0f1e2d3c4b5a", 31
                run.questions = questions
            session.add(run)
            session.flush()
            grades.recompute(session, assignment.id, user.id, now=now(), reason="graded", run_id=run.id)
            return submission.id

    def report_worker(self, *, is_ready: bool, detail: str = "") -> None:
        with self.factory() as session:
            runs.report_service(session, "test worker", is_ready=is_ready, detail=detail, now=now())


def question(
    question_id: str = "update",
    *,
    score: int = 0,
    max_score: int = 7,
    verdict: str = "failed",
    position: int = 0,
    checks: tuple[CheckRow, ...] = (),
    **fields: Any,
) -> QuestionRow:
    """Return a stored result of one question."""
    return QuestionRow(
        position=position,
        question_id=question_id,
        title=fields.pop("title", question_id.capitalize()),
        score=Decimal(score),
        max_score=Decimal(max_score),
        verdict=verdict,
        mistake=fields.pop("mistake", None),
        feedback=fields.pop("feedback", []),
        checks=list(checks),
        **fields,
    )


def check(name: str, *, is_visible: bool = True, verdict: str = "failed", position: int = 0, **fields: Any) -> CheckRow:
    """Return a stored result of one check."""
    return CheckRow(
        position=position,
        name=name,
        is_visible=is_visible,
        verdict=verdict,
        message=fields.pop("message", ""),
        **fields,
    )


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    """The course `dl101` with every assignment, Ann and Bob as students, Tess as its teacher, Sam in no course."""
    engine = make_engine(database_url)
    factory = session_factory(engine)
    with writing(factory) as session:
        course = courses.create_course(session, "dl101", "Deep Learning", timezone="Asia/Taipei", now=now())
        for email, name, role in (
            ("tess@example.edu", "Tess Teacher", Role.INSTRUCTOR),
            ("ann@example.edu", "Ann", Role.STUDENT),
            ("bob@example.edu", "Bob", Role.STUDENT),
        ):
            user = accounts.create_user(session, email, name, PASSWORD, now=now())
            courses.enrol(session, course, user, role, section="A")
        accounts.create_user(session, "sam@example.edu", "Sam Stranger", PASSWORD, now=now())
        for slug in SLUGS:
            courses.publish(session, course, slug, now=now(), due_at=now() + dt.timedelta(days=7))
    try:
        yield World(factory, app)
    finally:
        engine.dispose()


def without_token(page: str) -> str:
    """Return a page without its CSRF token, which is another one every second."""
    return re.sub(r'(name="csrf_token" value=")[^"]*', r"\1", page)
