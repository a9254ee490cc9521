"""The database: how it is opened, how a writing transaction begins, how its tables come up to date.

SQLite lets one transaction write at a time. A transaction that began by reading and writes later fails with
"database is locked" as soon as somebody else wrote in between, whatever the timeout. So a transaction that is going
to write says so before its first statement (`begin_write`) and waits its turn there; a write in a transaction that
began as a reading one is refused there, always and not only when somebody else was faster.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, sessionmaker

# Alembic is imported where it is used: only who upgrades or checks the tables should wait for it to load.
if TYPE_CHECKING:
    import alembic.config

_WRITES = "grader_writes"  # execution option of a connection whose transaction may write
_MODE = "grader_mode"  # key of Session.info: "read" or "write" while a transaction is open
BUSY_TIMEOUT_S = 5.0
"""How long a writer waits for its turn on SQLite."""


class WriteNotAnnounced(Exception):
    """A transaction that began by reading tried to write; `begin_write` comes before the first statement."""


def engine_options(url: str, *, pool_size: int = 5) -> dict[str, Any]:
    """Return the arguments of `create_engine` for that database.

    `pool_size` connections are kept; under load there may be as many again and ten more.
    """
    options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": pool_size + 10}
    if make_url(url).get_backend_name() == "sqlite":
        # The driver's own idea of transactions is off: the listeners below begin them.
        options["connect_args"] = {"isolation_level": None, "timeout": BUSY_TIMEOUT_S, "check_same_thread": False}
    else:
        options["pool_pre_ping"] = True
        options["connect_args"] = {"connect_timeout": 5}
    return options


def normalised_url(url: str) -> str:
    """Return the URL with the driver this project installs: `postgres://…` and `postgresql://…` use psycopg 3."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg{separator}{rest}" if scheme in {"postgres", "postgresql"} else url


def make_engine(url: str, *, pool_size: int = 5, is_durable: bool = True) -> Engine:
    """Open a database; SQLite with WAL, foreign keys and a busy timeout.

    Without `is_durable` a commit does not wait for the disk (0.03 ms instead of 4.5 on SQLite): a power cut may undo
    the last ones, in order, a crash of the service's processes none. Right for what can be computed again, never for
    an upload.
    """
    url = normalised_url(url)
    return prepare(create_engine(url, **engine_options(url, pool_size=pool_size)), is_durable=is_durable)


def prepare(engine: Engine, *, is_durable: bool = True) -> Engine:
    """Install the listeners that make SQLite safe for several processes, and set what a commit waits for; return it."""
    if engine.dialect.name == "sqlite":
        pragmas = ("journal_mode=WAL", f"synchronous={'FULL' if is_durable else 'NORMAL'}", "foreign_keys=ON")

        def configure(connection: Any, _record: Any) -> None:
            cursor = connection.cursor()
            for pragma in pragmas:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        event.listen(engine, "connect", configure)
        event.listen(engine, "begin", _begin_sqlite)
    elif not is_durable:

        def hurry(connection: Any, _record: Any) -> None:
            connection.execute("SET synchronous_commit TO off")
            connection.commit()

        event.listen(engine, "connect", hurry)
    return engine


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Return the maker of sessions; what they loaded stays readable after a commit."""
    return sessionmaker(engine, **session_options())


def session_options() -> dict[str, Any]:
    """Return the options every session of the service has."""
    return {"class_": GraderSession, "expire_on_commit": False}


class GraderSession(Session):
    """A session that knows whether its transaction may write."""


@event.listens_for(GraderSession, "after_begin")
def _remember_mode(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    session.info[_MODE] = "write" if connection.get_execution_options().get(_WRITES, False) else "read"


@event.listens_for(GraderSession, "after_transaction_end")
def _forget_mode(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_MODE, None)


@event.listens_for(GraderSession, "before_flush")
def _announce_flush(session: Session, _context: Any, _instances: Any) -> None:
    if session.new or session.deleted or any(session.is_modified(row) for row in session.dirty):
        _announce(session)


@event.listens_for(GraderSession, "do_orm_execute")
def _announce_statement(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        _announce(state.session)


def _announce(session: Session) -> None:
    """Make a transaction without a statement yet a writing one; refuse one that has been reading, on SQLite."""
    mode = session.info.get(_MODE)
    if mode is None:
        session.connection(execution_options={_WRITES: True})
    elif mode == "read" and session.get_bind().dialect.name == "sqlite":
        raise WriteNotAnnounced(
            "this transaction began by reading and now writes; call grader.db.begin_write(session) before it reads"
        )


def begin_write(session: Session) -> None:
    """Begin a transaction that may write, and on SQLite wait for the turn to.

    Inside one that already may, nothing happens. On SQLite an open reading transaction ends first; what it loaded
    stays readable, but may be out of date: read again what decides.

    Raises:
        WriteNotAnnounced: the reading transaction holds unsaved changes.
        sqlalchemy.exc.OperationalError: another writer held the database for longer than the busy timeout.
    """
    mode = session.info.get(_MODE)
    if mode == "write" or (mode == "read" and session.get_bind().dialect.name != "sqlite"):
        return
    if mode == "read":
        if session.new or session.deleted or any(session.is_modified(row) for row in session.dirty):
            raise WriteNotAnnounced("unsaved changes in a reading transaction; begin_write must come before them")
        session.commit()
    session.connection(execution_options={_WRITES: True})


@contextmanager
def writing(factory: sessionmaker[Session]) -> Iterator[Session]:
    """Yield a session in a writing transaction; commit at the end, roll back on any exception."""
    with factory() as session:
        begin_write(session)
        yield session
        session.commit()


MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
"""The migrations: beside the packages, in a checkout as in an installed wheel."""


def _alembic_config(url: str) -> alembic.config.Config:
    import alembic.config

    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = normalised_url(url)  # not an option: a per cent sign in a password would be expanded
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the tables up to a revision, the newest by default; data stays."""
    import alembic.command

    url = normalised_url(url)
    database = make_url(url).database
    if make_url(url).get_backend_name() == "sqlite" and database and database != ":memory:":
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    alembic.command.upgrade(_alembic_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the tables back to a revision; "base" removes them all."""
    import alembic.command

    alembic.command.downgrade(_alembic_config(url), revision)


def check(url: str) -> None:
    """Compare the tables with the models.

    Raises:
        alembic.util.AutogenerateDiffsDetected: they differ; the message says where.
    """
    import alembic.command

    alembic.command.check(_alembic_config(url))


def is_current(engine: Engine) -> bool:
    """Return whether the tables are at the newest revision."""
    import alembic.runtime.migration
    import alembic.script

    heads = alembic.script.ScriptDirectory(str(MIGRATIONS)).get_heads()
    with engine.connect() as connection:
        at = alembic.runtime.migration.MigrationContext.configure(connection).get_current_heads()
    return set(at) == set(heads)
