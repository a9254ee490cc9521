"""Runs migrations for `grader.db.upgrade` and for the `alembic` command; both databases share one history."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from grader.db import make_engine
from grader.models import Base
from grader.settings import load_settings


def run(connection: Connection) -> None:
    """Migrate over an open connection.

    SQLite cannot alter a constraint: batch mode copies the table instead, and foreign keys are off meanwhile, since
    dropping the old table would otherwise delete the rows that refer to it.
    """
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Migrate the database the caller names, else the one of the settings."""
    url = context.config.attributes.get("url") or load_settings().resolved_database_url()
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            run(connection.execution_options(grader_writes=True))
    finally:
        engine.dispose()


main()
