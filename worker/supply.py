"""What every worker process holds: settings, a database, a way to the runner; and the pulse it reports with."""

from __future__ import annotations

import datetime as dt
import os
import socket
import threading
from pathlib import Path

import structlog
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from assignments import catalog, definitions
from grader.db import make_engine, session_factory
from grader.services import runs
from grader.settings import Settings
from worker.client import RunnerClient

PULSE_S = 10.0

log = structlog.get_logger(__name__)


def preload() -> None:
    """Load every assignment with its answers once, before the pool forks, so that no student waits for it.

    A folder that somebody is still writing must not keep the others from being graded.
    """
    for slug in catalog.slugs():
        try:
            definitions.load(slug)
        except catalog.CatalogError as error:
            log.warning("assignment_inconsistent", assignment=slug, problems=error.problems)


class Supplies:
    """One process's resources; opened after the fork that made the process."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    runner: RunnerClient

    def open(self) -> None:
        """Connect to the database; the runner is reached when a run needs it."""
        # What is lost here in a power cut is graded again; uploads are the web server's to keep.
        self.engine = make_engine(self.settings.resolved_database_url(), is_durable=False)
        self.sessions = session_factory(self.engine)
        self.runner = RunnerClient(self.settings.resolved_runner_socket())

    def close(self) -> None:
        """Drop the connections."""
        self.runner.close()
        self.engine.dispose()

    def now(self, session: Session) -> dt.datetime:
        """Return the moment leases are judged by: the database's own, where it has a clock shared by all workers."""
        if session.get_bind().dialect.name == "postgresql":
            moment = session.scalar(select(func.clock_timestamp()))
            if isinstance(moment, dt.datetime):
                return moment.astimezone(dt.UTC)
        return dt.datetime.now(dt.UTC)


class Pulse:
    """Every few seconds: can the sandbox be reached? The answer is what students read as "grading is paused"."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def stop(self) -> None:
        """Report that this worker is gone, and end."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        engine = make_engine(self._settings.resolved_database_url(), is_durable=False)
        wait_s = 0.0
        while not self._ended.wait(wait_s):
            is_ready = self._report(engine)
            wait_s = PULSE_S if is_ready else 1.0
        self._report(engine, is_leaving=True)
        engine.dispose()

    def _report(self, engine: Engine, *, is_leaving: bool = False) -> bool:
        reason = "the worker was stopped" if is_leaving else why_unreachable(self._settings.resolved_runner_socket())
        try:
            with session_factory(engine)() as session:
                runs.report_service(
                    session, self._name, is_ready=reason is None, detail=reason or "", now=dt.datetime.now(dt.UTC)
                )
        except SQLAlchemyError as error:
            log.warning("pulse_not_stored", error=str(error))
        return reason is None


def why_unreachable(runner_socket: Path) -> str | None:
    """Return why the runner cannot be used, or None: it listens only once its sandbox has passed every probe."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(2)
    try:
        connection.connect(str(runner_socket))
    except OSError as error:
        return f"no runner answers at {runner_socket} ({error.strerror or error}); start it with `grader runner`"
    finally:
        connection.close()
    return None
