"""A disk that is full, a database somebody else holds: uploads are refused as our fault, and nothing stays of them.

Both errors are SQLite's own: a limit on the pages of its file, and another process's transaction that does not end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from grader.extensions import database
from grader.models import Role, Run, Submission, SubmissionFile
from tests import factories

LARGE = "x = 1\n" * 100_000


@contextmanager
def on_every_connection(app: Flask, statement: str) -> Iterator[None]:
    """Have the service's connections say this to SQLite whenever one is taken up."""

    def say(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(statement)

    with app.app_context():
        engine = database.engine
    event.listen(engine, "checkout", say)
    try:
        yield
    finally:
        event.remove(engine, "checkout", say)


@pytest.mark.parametrize("trouble", ["full", "locked"])
def test_upload_that_cannot_be_kept_is_ours_to_own_and_leaves_nothing(
    trouble: str, app: Flask, client: FlaskClient, session: Session, database_url: str
) -> None:
    course = factories.make_course(session, "dl101")
    assignment = factories.make_assignment(session, course, attempt_limit=1)
    student = factories.enrol(session, course, role=Role.STUDENT)
    token = factories.make_token(session, student)
    session.commit()
    path = f"/api/v1/courses/dl101/assignments/{assignment.slug}/submissions"

    def hand_in() -> Any:
        body = {"files": {"perceptron.py": LARGE}}
        return client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})

    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    pages = other.execute("PRAGMA page_count").fetchone()[0]
    if trouble == "locked":
        other.execute("BEGIN IMMEDIATE")
    statement = f"PRAGMA max_page_count = {pages + 20}" if trouble == "full" else "PRAGMA busy_timeout = 100"
    with on_every_connection(app, statement):
        answer = hand_in()
    other.close()
    told = answer.get_data(as_text=True)
    assert answer.status_code == 503, told
    assert int(answer.headers["Retry-After"]) > 0
    assert "half-written" in told
    assert not any(word in told.lower() for word in ("sqlite", "insert", "locked", "disk", "traceback"))
    session.rollback()
    assert [factories.count(session, table) for table in (Submission, SubmissionFile, Run)] == [0, 0, 0]

    with on_every_connection(app, "PRAGMA max_page_count = 1000000"):
        answer = hand_in()  # and the one attempt is still there
    assert answer.status_code == 202, answer.get_data(as_text=True)
    assert answer.json is not None
    assert answer.json["attempt"] == 1
