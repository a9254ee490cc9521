"""Where the time of a submission goes: upload, queue, claim, inputs, reference, box, compare, store.

    python -m tests.benchmarks.stages [--uploads N] [--slug SLUG] [--json]

The stages are timed one by one in this process, with a database file, a runner and the functions a worker calls; the
queue, which no single process sees, is what a whole service took from the stored upload to the claim.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sqlite3
import statistics
import tempfile
import time
import urllib.request
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
from grader.logs import configure_logging
from grader.models import Role
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
    code = (servers.ROOT / f"assignments/{slug}/exemplars/right_numpy.py").read_text(encoding="utf-8")
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder, sandbox.runner(box_reuse=sandbox.DEFAULT_REUSE) as runner:
        url = f"sqlite:///{Path(folder) / 'grader.sqlite3'}"
        upgrade(url)
        web, worker = session_factory(make_engine(url)), session_factory(make_engine(url, is_durable=False))
        client = RunnerClient(runner.socket)
        with web() as session:
            now = dt.datetime.now(dt.UTC)
            course = courses.create_course(session, "dl101", "Deep Learning", now=now)
            student = accounts.create_user(session, "s@example.edu", "s", None, now=now)
            session.flush()
            courses.publish(session, course, slug, now=now)
            courses.enrol(session, course, student, Role.STUDENT)
            session.commit()
            for _ in range(WARM_UP + uploads):
                watch.next_submission()
                with watch.stage("upload"):
                    access = courses.assignment(session, courses.find(session, student, "dl101"), slug)
                    upload = Upload(files=[(f"{slug}.py", code.encode())], answers={}, origin="api")
                    submissions.accept(session, access, student, upload, dt.datetime.now(dt.UTC))
                    session.commit()
                _grade(assignment, worker, client, watch)
    return {name: found[WARM_UP:] for name, found in watch.found.items()}


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


def queue(slug: str, uploads: int) -> list[float]:
    """Return the milliseconds from stored upload to claim, in a whole idle service."""
    code = (servers.ROOT / f"assignments/{slug}/exemplars/right_numpy.py").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, servers.whole_service(Path(folder) / "var") as service:
        for number in range(WARM_UP + uploads):
            student = service.demo["students"][number % len(service.demo["students"])]
            request = urllib.request.Request(  # noqa: S310 (our own service)
                f"{service.url}/api/v1/courses/dl101/assignments/{slug}/submissions?wait=20",
                data=json.dumps({"files": {f"{slug}.py": code}}).encode(),
                headers={"Authorization": f"Bearer {student['token']}", "Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 (our own service)
                assert json.load(response)["status"] == "graded"
        (path,) = Path(folder).glob("var/*.sqlite3")
        with sqlite3.connect(path) as database:
            rows = database.execute("SELECT queued_at, started_at FROM runs ORDER BY started_at").fetchall()
    moments = [tuple(map(dt.datetime.fromisoformat, row)) for row in rows[WARM_UP:] if row[1]]
    return [(started - queued).total_seconds() * 1000 for queued, started in moments]


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
