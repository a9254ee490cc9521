"""What the tests of the service share: a course with people in it, and calls of the API with a token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from grader.models import Course, CourseAssignment, Role, User
from tests import factories

RIGHT = b"def predict(w, w0, x, threshold=0.0):\n    return int(w @ x + w0 > threshold)\n"


@dataclass
class Classroom:
    """A course with one of each role, two published assignments, and a stranger."""

    course: Course
    student: User
    classmate: User
    assistant: User
    instructor: User
    admin: User
    stranger: User
    perceptron: CourseAssignment
    quiz: CourseAssignment


@pytest.fixture
def class_(session: Session) -> Classroom:
    course = factories.make_course(session, "dl101")
    made = Classroom(
        course=course,
        student=factories.enrol(session, course, factories.make_user(session, "sam@example.edu", "Sam"), section="A"),
        classmate=factories.enrol(session, course, factories.make_user(session, "kim@example.edu", "Kim"), section="B"),
        assistant=factories.enrol(session, course, role=Role.ASSISTANT),
        instructor=factories.enrol(session, course, role=Role.INSTRUCTOR),
        admin=factories.make_user(session, is_admin=True),
        stranger=factories.make_user(session),
        perceptron=factories.make_assignment(session, course, "perceptron"),
        quiz=factories.make_assignment(session, course, "gradient_quiz"),
    )
    session.commit()
    return made


Call = Callable[..., TestResponse]


@pytest.fixture
def call(client: FlaskClient, session: Session) -> Call:
    """Call the API as a person: `call(user, "GET", "/courses")`; None asks without a token."""
    tokens: dict[int, str] = {}

    def send(user: User | None, method: str, path: str, **options: Any) -> TestResponse:
        headers = dict(options.pop("headers", {}))
        if user is not None:
            if user.id not in tokens:
                tokens[user.id] = factories.make_token(session, user)
                session.commit()
            headers["Authorization"] = f"Bearer {tokens[user.id]}"
        url = path if path.startswith("http") else f"/api/v1{path}"
        return client.open(url, method=method, headers=headers, **options)

    return send
