"""The tables' history, on both databases, with rows in them."""

from __future__ import annotations

import sqlalchemy as sa

from grader import db
from grader.models import Base
from tests import factories


def fill(url):
    engine = db.make_engine(url)
    with db.writing(db.session_factory(engine)) as session:
        course = factories.make_course(session)
        student = factories.enrol(session, course, section="A")
        assignment = factories.make_assignment(session, course)
        factories.make_token(session, student)
        submission = factories.make_submission(session, assignment, student)
        factories.finish_run(session, submission)
    return engine


def test_up_down_and_up_again_with_rows_leaves_the_models_tables(empty_database_url):
    db.upgrade(empty_database_url)
    fill(empty_database_url).dispose()
    db.downgrade(empty_database_url, "base")
    engine = db.make_engine(empty_database_url)
    assert set(sa.inspect(engine).get_table_names()) <= {"alembic_version"}
    db.upgrade(empty_database_url)
    db.check(empty_database_url)
    assert db.is_current(engine)
    engine.dispose()


FILLED = ("users", "submissions", "submission_files", "runs", "question_results", "check_results", "grades")
"""Tables that `fill` puts rows into."""


def row_counts(engine):
    with engine.connect() as connection:
        return {
            name: connection.scalar(sa.select(sa.func.count()).select_from(Base.metadata.tables[name]))
            for name in FILLED
        }


def test_upgrading_twice_keeps_the_rows(empty_database_url):
    db.upgrade(empty_database_url)
    engine = fill(empty_database_url)
    db.upgrade(empty_database_url)
    assert all(row_counts(engine).values())
    engine.dispose()


def test_one_step_down_and_up_keeps_the_rows(empty_database_url):
    """SQLite copies the table to drop a column, and whatever refers to the old one must outlive it."""
    db.upgrade(empty_database_url)
    engine = fill(empty_database_url)
    before = row_counts(engine)
    db.downgrade(empty_database_url, "-1")
    assert row_counts(engine) == before
    db.upgrade(empty_database_url)
    assert row_counts(engine) == before
    assert all(before.values())
    engine.dispose()


def test_every_constraint_has_a_name(empty_database_url):
    db.upgrade(empty_database_url)
    engine = db.make_engine(empty_database_url)
    inspector = sa.inspect(engine)
    for table in Base.metadata.tables:
        found = [
            *inspector.get_foreign_keys(table),
            *inspector.get_unique_constraints(table),
            *inspector.get_check_constraints(table),
            inspector.get_pk_constraint(table),
        ]
        assert [each for each in found if not each["name"]] == [], table
    engine.dispose()


def test_an_empty_database_is_not_current(empty_database_url):
    engine = db.make_engine(empty_database_url)
    assert not db.is_current(engine)
    engine.dispose()


def test_a_percent_sign_in_the_url_is_taken_as_it_is(tmp_path):
    url = f"sqlite:///{tmp_path / '100%sure.sqlite3'}"
    db.upgrade(url)
    assert (tmp_path / "100%sure.sqlite3").exists()
