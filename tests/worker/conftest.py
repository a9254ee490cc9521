"""A course with students whose uploads wait to be graded, and the processes that grade them."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.models import Role, Run, RunStatus, ServiceState, User
from grader.queue import Queue
from grader.services import accounts, courses, submissions
from grader.services.submissions import Upload
from tests import servers

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)

Queued = Callable[..., Run]


@pytest.fixture
def queued(session: Session) -> Queued:
    """Return a function that hands something in for a student and returns the run that waits for it."""
    course = courses.create_course(session, "dl101", "Deep Learning", now=NOW)
    session.flush()
    for slug in ("perceptron", "forward_pass"):
        courses.publish(session, course, slug, now=NOW)
    session.commit()
    people: dict[str, User] = {}

    def hand_in(
        student: str = "student1",
        slug: str = "forward_pass",
        *,
        code: str = "",
        answers: dict[str, str] | None = None,
        at: dt.datetime = NOW,
    ) -> Run:
        if student not in people:
            people[student] = accounts.create_user(session, f"{student}@example.edu", student, None, now=NOW)
            session.flush()
            courses.enrol(session, course, people[student], Role.STUDENT)
            session.commit()
        access = courses.assignment(session, courses.find(session, people[student], "dl101"), slug)
        files = [(f"{slug}.py", code.encode())] if code else []
        typed = answers if answers is not None or code else {"z0": "0.4775"}
        upload = Upload(files=files, answers=typed or {}, origin="api")
        submission, _ = submissions.accept(session, access, people[student], upload, at)
        run = submission.runs[-1]
        session.commit()
        return run

    return hand_in


class Processes:
    """Workers and a sweeper on the test's own database and broker."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{command[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                servers.grader_command(*command),
                env=self._environment | environment,
                cwd=servers.ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a process and all it started, as a power cut would."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log(self, name: str) -> str:
        """Return what all processes of one kind have logged."""
        return (self._folder / f"{name}.log").read_text()

    @staticmethod
    def states(session: Session) -> list[str]:
        """Return what the workers that were started last said of themselves."""
        session.rollback()
        return list(session.scalars(select(ServiceState.state).order_by(ServiceState.name)))

    def stop_all(self) -> None:
        for process in self.started:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in self.started:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def processes(
    tmp_path: Path, session: Session, database_url: str, valkey_url: str, runner_socket: Path
) -> Iterator[Processes]:
    session.info["queue"] = Queue(valkey_url)
    environment = servers.clean_environment(
        GRADER_DATA_DIR=str(tmp_path / "data"),
        GRADER_DATABASE_URL=database_url,
        GRADER_REDIS_URL=valkey_url,
        GRADER_RUNNER_SOCKET=str(runner_socket),
        GRADER_SECRET_KEY="0" * 64,
        GRADER_WORKERS="1",
        GRADER_LEASE_S="60",  # a worker that has to wait for a processor is not taken for a dead one
        GRADER_SWEEP_S="0.3",
    )
    started = Processes(tmp_path, environment)
    yield started
    started.stop_all()
    session.info["queue"].close()


def read(session: Session, run: Run) -> Run:
    session.rollback()
    return session.get_one(Run, run.id, populate_existing=True)


def wait_for(session: Session, run: Run, status: RunStatus) -> Run:
    """Return the run as it was when it was seen to be so: a moment later it may have been claimed again."""
    seen: list[Run] = []

    def is_there() -> bool:
        seen[:] = [read(session, run)]
        return seen[0].status == status

    servers.wait_until(is_there, f"run to be {status}")
    return seen[0]
