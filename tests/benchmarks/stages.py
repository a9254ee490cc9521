"""Where the time of a submission goes: upload, queue, claim, inputs, reference, box, compare, store.

    python -m tests.benchmarks.stages [--uploads N] [--slug SLUG] [--json]

The stages are timed one by one in this process, with a database file, a runner and the functions a worker calls. The
queue, which no single process sees, is the time from this process's commit to the claim of a real worker, over a real
broker. The reference plays while the box works, so "box" is what has to be waited for beyond that.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from assignments import catalog, definitions
from assignments.judge import Judge
from assignments.script import Load, Outcome, ProbesOutcome
from assignments.spec import Assignment
from assignments.verdict import Report
from grader.db import make_engine, session_factory, upgrade
from grader.embedded import processes
from grader.logs import configure_logging
from grader.models import Role, Run, RunStatus, User
from grader.queue import Queue
from grader.services import accounts, courses, runs, submissions
from grader.services.submissions import Upload
from grader.services.unpack import unpack
from tests import servers
from tests.benchmarks import sandbox
from worker import claims
from worker.client import Job, RunnerClient
from worker.wire import play_trusted

STAGES = ("upload", "queue", "claim", "load", "inputs", "reference", "box", "compare", "store")
WARM_UP = 3


class Stopwatch:
    """Milliseconds by stage; a stage inside another is taken off the outer one."""

    def __init__(self) -> None:
        self.found: dict[str, list[float]] = defaultdict(list)
        self._inner: list[float] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage; several turns of one submission are added up by `next_submission`."""
        self._inner.append(0.0)
        begun = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - begun
            inner = self._inner.pop()
            if self._inner:
                self._inner[-1] += took
            self.found[name][-1] += (took - inner) * 1000

    def next_submission(self) -> None:
        """Begin a row of its own in every stage."""
        for name in STAGES:
            self.found[name].append(0.0)


def measure(slug: str, uploads: int) -> dict[str, list[float]]:
    """Return the milliseconds of each stage but the queue, for each upload."""
    assignment = catalog.load(slug)
    definitions.load(slug)
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder, sandbox.runner(box_reuse=sandbox.DEFAULT_REUSE) as runner:
        url = f"sqlite:///{Path(folder) / 'grader.sqlite3'}"
        upgrade(url)
        web, worker = session_factory(make_engine(url)), session_factory(make_engine(url, is_durable=False))
        client = RunnerClient(runner.socket)
        student_id = _make_course(web, slug)
        for _ in range(WARM_UP + uploads):
            watch.next_submission()
            with watch.stage("upload"):
                _hand_in(web, slug, student_id)
            _grade(assignment, worker, client, watch)
    return {name: found[WARM_UP:] for name, found in watch.found.items()}


def _make_course(sessions: sessionmaker[Session], slug: str) -> int:
    """Return the id of a student of a course that gives the assignment out."""
    now = dt.datetime.now(dt.UTC)
    with sessions() as session:
        course = courses.create_course(session, "dl101", "Deep Learning", now=now)
        student = accounts.create_user(session, "s@example.edu", "s", None, now=now)
        session.flush()
        courses.publish(session, course, slug, now=now)
        courses.enrol(session, course, student, Role.STUDENT)
        session.commit()
        return student.id


def _hand_in(sessions: sessionmaker[Session], slug: str, student_id: int) -> str:
    """Do what a request does, but for HTTP; return the run's id."""
    code = (servers.ROOT / f"assignments/{slug}/exemplars/right_numpy.py").read_bytes()
    with sessions() as session:
        student = session.get_one(User, student_id)
        access = courses.assignment(session, courses.find(session, student, "dl101"), slug)
        upload = Upload(files=[(f"{slug}.py", code)], answers={}, origin="api")
        submission, _ = submissions.accept(session, access, student, upload, dt.datetime.now(dt.UTC))
        session.commit()
        return submission.runs[-1].id


def _grade(assignment: Assignment, sessions: sessionmaker[Session], client: RunnerClient, watch: Stopwatch) -> None:
    """Do what `worker.judging` does, step by step."""

    def play(script: Any, functions: Any) -> Outcome:
        with watch.stage("reference"):
            return play_trusted(script, functions)

    with watch.stage("claim"), sessions() as session:
        claim = claims.claim_next(session, now=dt.datetime.now(dt.UTC), lease_s=60)
    assert claim is not None
    with watch.stage("load"), sessions() as session:
        work = runs.load_work(session, claim.run_id, "secret")
        sources = tuple(unpack(work.files, assignment.slug).sources)
    with watch.stage("inputs"):
        judge = Judge(assignment, seed=work.seed, play=play, variant=work.variant)
        probes = judge.probes()
    results = judge.judge_fields(work.answers)
    load: Load | None = None
    events = client.run(Job(sources=sources, entry=assignment.slug, probes=probes, limits=assignment.limits))
    while True:
        with watch.stage("box"):
            event = next(events, None)
        if isinstance(event, Load):
            load = event
            judge.play_reference()
        elif isinstance(event, ProbesOutcome) and load is not None:
            with watch.stage("compare"):
                results.append(judge.judge_code(event.question_id, event, load))
        else:
            break
    order = [question.id for question in assignment.questions]
    report = Report(
        assignment=assignment.slug,
        assignment_version=assignment.version,
        seed_id=judge.seed_id,
        questions=tuple(sorted(results, key=lambda result: order.index(result.id))),
        stdout="",
        notes=(),
        duration_ms=0,
    )
    with watch.stage("store"), sessions() as session:
        runs.store(session, claim.run_id, claim.token, report, now=dt.datetime.now(dt.UTC), sandbox="strict")


class Sender(Queue):
    """Notes when each hint was due: right after the commit."""

    def __init__(self, redis_url: str) -> None:
        super().__init__(redis_url)
        self.due_at: dict[str, dt.datetime] = {}

    def send(self, run_id: str) -> bool:
        """Tell the workers that a run waits."""
        self.due_at[run_id] = dt.datetime.now(dt.UTC)
        return super().send(run_id)


def queue(slug: str, uploads: int) -> list[float]:
    """Return the milliseconds from the commit of an upload to its claim by an idle worker."""
    found = []
    with (
        tempfile.TemporaryDirectory() as folder,
        servers.valkey_server() as redis_url,
        sandbox.runner(box_reuse=sandbox.DEFAULT_REUSE) as runner,
    ):
        url = f"sqlite:///{Path(folder) / 'grader.sqlite3'}"
        upgrade(url)
        sender = Sender(redis_url)
        sessions = session_factory(make_engine(url))
        sessions.configure(info={"queue": sender})
        student_id = _make_course(sessions, slug)
        worker = subprocess.Popen(
            servers.grader_command("worker"),
            env=servers.clean_environment(
                GRADER_DATA_DIR=folder,
                GRADER_DATABASE_URL=url,
                GRADER_REDIS_URL=redis_url,
                GRADER_RUNNER_SOCKET=runner.socket,
                GRADER_LOG_LEVEL="warning",
            ),
            cwd=servers.ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=processes.die_with_parent,  # noqa: PLW1509 (calls one C function, takes no lock)
        )
        try:
            for _ in range(WARM_UP + uploads):
                run_id = _hand_in(sessions, slug, student_id)
                started_at = servers.wait_until(lambda run_id=run_id: _graded(sessions, run_id), "the worker")
                found.append((started_at - sender.due_at[run_id]).total_seconds() * 1000)
        finally:
            servers.stop(worker)
            sender.close()
    return found[WARM_UP:]


def _graded(sessions: sessionmaker[Session], run_id: str) -> dt.datetime | None:
    """Return when a run that is graded was claimed."""
    with sessions() as session:
        run = session.get_one(Run, run_id)
        return run.started_at if run.status == RunStatus.GRADED else None


def main() -> None:
    """Print median and 95th percentile of each stage."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--uploads", type=int, default=50)
    parser.add_argument("--slug", default="perceptron")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    configure_logging("warning")
    found = measure(options.slug, options.uploads)
    found["queue"] = queue(options.slug, min(options.uploads, 30))
    table = {
        name: {"p50_ms": round(statistics.median(ms), 2), "p95_ms": round(statistics.quantiles(ms, n=20)[-1], 2)}
        for name, ms in ((name, found[name]) for name in STAGES)
    }
    if options.json:
        print(json.dumps(table, indent=2))
        return
    print(f"{options.slug:<12}{'p50 ms':>9}{'p95 ms':>9}")
    for name, row in table.items():
        print(f"{name:<12}{row['p50_ms']:>9.2f}{row['p95_ms']:>9.2f}")


if __name__ == "__main__":
    main()
