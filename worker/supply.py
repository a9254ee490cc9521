"""What every worker process holds: settings, a database, a way to the runner, a gate; and the pulse it reports with."""

from __future__ import annotations

import datetime as dt
import mmap
import os
import socket
import threading
import time
from collections.abc import Callable
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
LOOK_S = 1.0  # how soon a change is reported
WAIT_S = 60.0  # how long a hint is held at a shut gate; the sweeper sends another one

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


class Gate:
    """Whether runs may be claimed: one for a worker and its pool processes, which inherit the memory it lies in."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 2)  # is it shut, is the worker leaving

    @property
    def is_open(self) -> bool:
        """Whether runs may be claimed."""
        return not self._shared[0]

    def open(self) -> None:
        """Let runs be claimed."""
        self._shared[0] = 0

    def close(self) -> None:
        """Let no run be claimed until it is opened; what was claimed before goes on."""
        self._shared[0] = 1

    def dismiss(self) -> None:
        """Send away whoever waits: the worker was told to stop."""
        self._shared[1] = 1

    def wait(self) -> bool:
        """Return True as soon as runs may be claimed, False when that takes too long or the worker stops.

        The process keeps its hint meanwhile: one that took hints and did nothing would take them from other workers.
        """
        deadline = time.monotonic() + WAIT_S
        while not self.is_open:
            if self._shared[1] or time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


class Supplies:
    """One process's resources; opened after the fork that made the process."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    runner: RunnerClient

    def __init__(self) -> None:
        self.gate = Gate()  # before the fork: the pool's processes share it

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
    """Every few seconds: can this worker grade? The answer is what students read as "grading is paused"."""

    def __init__(self, settings: Settings, why_not: Callable[[], str | None]) -> None:
        """Prepare.

        Args:
            settings: name the database and the runner.
            why_not: asked for what else keeps this worker from grading.
        """
        self._settings = settings
        self._why_not = why_not
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
        reported, due = None, 0.0
        while not self._ended.is_set():
            reason = why_unreachable(self._settings.resolved_runner_socket()) or self._why_not()
            if reason != reported or time.monotonic() >= due:
                self._report(engine, reason)
                reported, due = reason, time.monotonic() + PULSE_S
            self._ended.wait(LOOK_S)
        self._report(engine, "the worker was stopped")
        engine.dispose()

    def _report(self, engine: Engine, reason: str | None) -> None:
        try:
            with session_factory(engine)() as session:
                runs.report_service(
                    session, self._name, is_ready=reason is None, detail=reason or "", now=dt.datetime.now(dt.UTC)
                )
        except SQLAlchemyError as error:
            log.warning("pulse_not_stored", error=str(error))


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
