"""The demo course and the database of `./run`."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import stat

import pytest
from sqlalchemy import func, select

from assignments import catalog
from grader.embedded import database
from grader.models import Course, CourseAssignment, Enrolment, User
from grader.services import accounts, courses, demo, tokens
from grader.settings import Settings

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
URL = "http://127.0.0.1:8000"
EXAMPLE = "momentum_update"


@pytest.mark.usefixtures("any_database_url")
def test_demo_logins_and_tokens_are_real(session):
    kept = []
    assert demo.seed(session, URL, now=NOW, keep=kept.append)
    (logins,) = kept
    for person in (logins["instructor"], logins["assistant"], *logins["students"]):
        assert accounts.authenticate(session, person["email"], person["password"]).email == person["email"]
        assert tokens.find_user(session, person["token"], NOW).email == person["email"]
    roles = session.execute(select(User.email, Enrolment.role).join(Enrolment, Enrolment.user_id == User.id))
    assert {email: str(role) for email, role in roles} == {
        "ada@example.edu": "instructor",
        "grace@example.edu": "assistant",
        **{f"student{number}@example.edu": "student" for number in range(1, 6)},
    }


def test_every_assignment_is_open_now_and_due_later(session):
    demo.seed(session, URL, now=NOW, keep=lambda _: None)
    rows = session.scalars(select(CourseAssignment).order_by(CourseAssignment.position)).all()
    assert {row.slug for row in rows} == set(catalog.course_slugs())
    assert all(row.published_at <= NOW < row.due_at < row.closes_at for row in rows)
    assert [row.due_at for row in rows] == sorted(row.due_at for row in rows)


def test_example_is_given_out_only_where_it_is_asked_for(session):
    demo.seed(session, URL, now=NOW, keep=lambda _: None)
    course = session.scalars(select(Course)).one()
    given_out = select(CourseAssignment).where(CourseAssignment.slug == EXAMPLE)
    assert session.scalar(given_out) is None
    courses.publish(session, course, EXAMPLE, now=NOW)
    assert session.scalar(given_out) is not None


def test_database_with_people_is_left_alone(session):
    accounts.create_user(session, "somebody@example.edu", "Somebody", None, now=NOW)
    session.commit()
    assert not demo.seed(session, URL, now=NOW, keep=lambda _: pytest.fail("logins were made"))
    assert session.scalar(select(func.count()).select_from(Course)) == 0


def test_logins_that_cannot_be_kept_leave_no_course_behind(session):
    """A course nobody can log in to would never be seeded again."""

    def fail(_):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        demo.seed(session, URL, now=NOW, keep=fail)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(User)) == 0


def test_prepared_database_is_recognised_without_the_orm(tmp_path):
    """The quick look must agree with the migrations: a wrong yes would start the service on old tables."""
    settings = Settings(data_dir=tmp_path)
    path = tmp_path / "grader.sqlite3"
    assert not database.is_prepared(path), "there is no file yet"
    database.prepare(settings, URL)
    assert database.is_prepared(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'older'")
    assert not database.is_prepared(path), "the tables are not the newest"


def test_second_preparation_keeps_the_logins(tmp_path):
    settings = Settings(data_dir=tmp_path)
    database.prepare(settings, URL)
    path = tmp_path / "demo.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = json.loads(path.read_text())
    database.prepare(settings, "http://127.0.0.1:9000")
    assert json.loads(path.read_text()) == before
    moved = database.read_logins(path, "http://127.0.0.1:9000")
    assert moved == {**before, "url": "http://127.0.0.1:9000"}
    assert json.loads(path.read_text()) == moved
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", [None, "", "[]", "{", "{}"])
def test_unreadable_logins_are_no_logins(tmp_path, text):
    path = tmp_path / "demo.json"
    if text is not None:
        path.write_text(text)
    assert database.read_logins(path, URL) is None


def test_database_that_cannot_be_reached_is_told_without_its_password(tmp_path):
    settings = Settings(data_dir=tmp_path, database_url="postgresql://me:secret@127.0.0.1:1/nothing")
    with pytest.raises(database.StartError) as caught:
        database.prepare(settings, URL)
    assert "127.0.0.1:1/nothing cannot be used" in str(caught.value)
    assert "secret" not in str(caught.value)
