"""Transactions on both databases."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import pytest
import sqlalchemy as sa

from grader.db import (
    WriteNotAnnounced,
    begin_write,
    make_engine,
    normalised_url,
    session_factory,
    writing,
)
from grader.extensions import database
from grader.models import Grade, User
from tests import factories


@pytest.fixture
def engine(database_url):
    made = make_engine(database_url)
    yield made
    made.dispose()


def new_user(number):
    return User(email=f"u{number}@example.edu", name="U", session_version=1, created_at=factories.NOW)


def test_sqlite_keeps_foreign_keys_and_writes_ahead(engine):
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL: an upload survives a power cut


@pytest.mark.usefixtures("any_database_url")
def test_only_a_worker_does_not_wait_for_the_disk(engine, database_url):
    """What a power cut takes from a worker is graded again; what was handed in cannot be handed in again by us."""
    is_sqlite = engine.dialect.name == "sqlite"
    if not is_sqlite:  # the tests' own server waits for nothing, unless it is told to as a real one is
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"ALTER DATABASE {engine.url.database} SET synchronous_commit TO on")
        engine.dispose()
    worker = make_engine(database_url, is_durable=False)
    question = "PRAGMA synchronous" if is_sqlite else "SHOW synchronous_commit"
    found = []
    for each in (engine, worker):
        with each.connect() as connection:
            found.append(connection.exec_driver_sql(question).scalar())
            connection.rollback()
            found.append(connection.exec_driver_sql(question).scalar())
    worker.dispose()
    assert found == ([2, 2, 1, 1] if is_sqlite else ["on", "on", "off", "off"])


@pytest.mark.usefixtures("any_database_url")
def test_threads_that_read_and_then_write_all_succeed(engine):
    """A deferred SQLite transaction that upgrades fails as soon as somebody else wrote in between."""
    factory = session_factory(engine)
    with writing(factory) as session:
        session.add(new_user(0))
    errors = []

    def work():
        try:
            for _ in range(15):
                with factory() as session:
                    begin_write(session)
                    user = session.scalars(sa.select(User).with_for_update()).one()
                    user.session_version += 1
                    session.commit()
        except Exception as error:  # noqa: BLE001 (whatever went wrong is the finding)
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with factory() as session:
        assert session.scalar(sa.select(User.session_version)) == 61


def test_a_write_in_a_transaction_that_began_by_reading_is_refused_on_sqlite(engine):
    with session_factory(engine)() as session:
        session.scalars(sa.select(User)).all()
        session.add(new_user(1))
        with pytest.raises(WriteNotAnnounced, match="begin_write"):
            session.flush()


def test_an_update_statement_in_a_reading_transaction_is_refused_on_sqlite(engine):
    with session_factory(engine)() as session:
        session.scalars(sa.select(User)).all()
        with pytest.raises(WriteNotAnnounced):
            session.execute(sa.update(User).values(name="x"))


@pytest.mark.usefixtures("any_database_url")
def test_begin_write_ends_a_reading_transaction_and_what_it_loaded_stays_readable(engine):
    factory = session_factory(engine)
    with writing(factory) as session:
        session.add(new_user(1))
    with factory() as session:
        user = session.scalars(sa.select(User)).one()
        begin_write(session)
        assert user.email == "u1@example.edu"
        user.name = "New"
        begin_write(session)
        session.commit()
    with factory() as session:
        assert session.scalar(sa.select(User.name)) == "New"


@pytest.mark.usefixtures("any_database_url")
def test_writing_rolls_back_on_an_exception(engine):
    factory = session_factory(engine)

    def fail():
        with writing(factory) as session:
            session.add(new_user(1))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with factory() as session:
        assert factories.count(session, User) == 0


@pytest.mark.usefixtures("any_database_url")
def test_moments_and_points_come_back_as_they_were(session, class_):
    moment = dt.datetime(2026, 11, 21, 5, 14, 0, 123456, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    session.add(
        Grade(assignment_id=class_.perceptron.id, user_id=class_.student.id, score=Decimal("0.1"), updated_at=moment)
    )
    session.commit()
    session.expire_all()
    grade = session.scalars(sa.select(Grade)).one()
    assert grade.updated_at == moment
    assert grade.updated_at.tzinfo is dt.UTC
    assert grade.score == Decimal("0.1")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://a:b%25@h/d", "postgresql+psycopg://a:b%25@h/d"),
        ("postgresql://h/d", "postgresql+psycopg://h/d"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("sqlite:////tmp/x", "sqlite:////tmp/x"),
    ],
)
def test_urls_name_the_driver_this_project_installs(url, expected):
    assert normalised_url(url) == expected


def test_a_request_starts_no_thread_and_gives_its_connection_back(app, client, call, class_, monkeypatch):
    """The extension's closing of asynchronous sessions, of which there are none, took a thread and an event loop."""
    call(class_.student, "GET", "/courses")  # whatever starts once has started
    begun = []
    start = threading.Thread.start

    def note(thread):
        begun.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", note)
    assert call(class_.student, "GET", "/courses").status_code == 200
    assert begun == []
    with app.app_context():
        assert database.engine.pool.checkedout() == 0
