"""The demo course of `./run`: the pack but its examples, two teachers, five students, logins in `demo.json`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assignments import catalog
from grader.db import begin_write
from grader.models import Course, Role, User
from grader.services import accounts, courses, tokens

COURSE_SLUG = "dl101"
# In the order the lectures teach them; what is not named here follows by its slug.
TEACHING_ORDER = (
    *("python_warmup", "perceptron", "activations", "linear_models", "forward_pass", "gradient_quiz"),
    *("parameter_count", "mlp_forward", "backprop", "first_network", "second_network"),
    *("xor", "vanishing_gradient", "concepts"),
)
LATE_FRACTION_PER_DAY = Decimal("0.1")
STUDENTS = (
    ("student1@example.edu", "Alan Turing", "A"),
    ("student2@example.edu", "Emmy Noether", "A"),
    ("student3@example.edu", "Frank Rosenblatt", "A"),
    ("student4@example.edu", "Katherine Johnson", "B"),
    ("student5@example.edu", "林小明", "B"),
)


def seed(session: Session, url: str, *, now: dt.datetime, keep: Callable[[dict[str, Any]], None]) -> bool:
    """Fill an empty database with the demo course; False when there are people in it.

    `keep` is handed the logins before the commit: a crash in between leaves logins of nobody, which the next start
    replaces, and never a course nobody can log in to.
    """
    begin_write(session)
    if session.scalar(select(User.id).limit(1)) is not None:
        return False
    course = courses.create_course(session, COURSE_SLUG, "Introduction to Deep Learning", term="Demo", now=now)
    session.flush()
    logins: dict[str, Any] = {
        "url": url,
        "course": COURSE_SLUG,
        "instructor": _person(session, course, "ada@example.edu", "Ada Lovelace", Role.INSTRUCTOR, now=now),
        "assistant": _person(session, course, "grace@example.edu", "Grace Hopper", Role.ASSISTANT, now=now),
        "students": [
            _person(session, course, email, name, Role.STUDENT, section=section, now=now)
            for email, name, section in STUDENTS
        ],
    }
    for place, slug in enumerate(_in_teaching_order(catalog.course_slugs())):
        # One assignment a week, due at the end of a day, open for another week at a cost.
        due_at = (now + dt.timedelta(days=7 * (place + 1))).replace(hour=23, minute=59, second=0, microsecond=0)
        row = courses.publish(session, course, slug, now=now, due_at=due_at, closes_at=due_at + dt.timedelta(days=7))
        row.late_fraction_per_day = LATE_FRACTION_PER_DAY
    keep(logins)
    session.commit()
    return True


def _person(
    session: Session, course: Course, email: str, name: str, role: Role, *, section: str = "", now: dt.datetime
) -> dict[str, str]:
    password = accounts.new_password()
    user = accounts.create_user(session, email, name, password, now=now)
    courses.enrol(session, course, user, role, section=section)
    _, token = tokens.create(session, user, "demo", now=now)
    return {"email": email, "password": password, "token": token}


def _in_teaching_order(slugs: tuple[str, ...]) -> list[str]:
    known = {slug: place for place, slug in enumerate(TEACHING_ORDER)}
    return sorted(slugs, key=lambda slug: (known.get(slug, len(known)), slug))
