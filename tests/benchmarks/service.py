"""How many submissions a second the whole service grades: web, queue, database and sandbox, set up as in production.

    python -m tests.benchmarks.service [--slug SLUG] [--seconds S] [--clients N] [--json]

PostgreSQL that waits for the disk at every commit, Valkey with its append-only file, gunicorn with 2 × 32 threads, a
Celery worker of two processes and a runner, all on one machine with the clients. Each client hands in, waits for the
score (`wait=20`) and hands in again. In turns with it, a Celery task that does nothing goes through the same broker:
read the ratio. Beside the rate stands what a submission cost in processor time, by part: that is what a machine that
does other work as well leaves to compare.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import redis
from celery import Celery

from grader.db import make_engine, session_factory, upgrade
from grader.embedded import processes
from grader.models import Role
from grader.queue import broker_config
from grader.services import accounts, courses, tokens
from tests import servers
from tests.benchmarks import accounting

CORES = 2
ROUNDS = 4
STUDENTS = 64
NOTHINGS = 400  # tasks a round
NOTHING = "bench.nothing"

NOTHING_WORKER = f"""
import sys
import redis
from celery import Celery
from grader.queue import broker_config

url = sys.argv.pop()
broker = redis.Redis.from_url(url)
app = Celery("nothing", set_as_current=True)
app.conf.update(broker_config(url), task_default_queue="nothing", task_acks_late=True, worker_prefetch_multiplier=1,
                worker_concurrency={CORES}, broker_connection_retry_on_startup=True)

@app.task(name="{NOTHING}")
def nothing():
    broker.incr("nothing:done")

app.worker_main(["worker", "--loglevel", "ERROR", "--without-gossip", "--without-mingle"])
"""


@dataclass
class Parts:
    """The service and what each part of it has cost so far."""

    port: int
    redis_url: str
    tokens: list[str]
    pids: dict[str, int]

    def cpu_s(self) -> dict[str, float]:
        """Return the processor seconds of each part."""
        return {name: accounting.tree_cpu_s(pid) for name, pid in self.pids.items()}


@contextlib.contextmanager
def production(slug: str) -> Iterator[Parts]:
    """Run every part as a process of its own and give them when a submission can be graded."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(servers.short_folder("bench"))
        database_folder = stack.enter_context(servers.short_folder("benchpg"))
        postgres = servers.Postgres(database_folder, is_durable=True)
        postgres.start()
        stack.callback(postgres.stop)
        postgres.execute("CREATE DATABASE grader")
        url = postgres.url("grader")
        upgrade(url)
        made = _people(url, slug)
        redis_url = stack.enter_context(servers.valkey_server())
        port = servers.free_port()
        environment = servers.clean_environment(
            GRADER_DATA_DIR=str(folder / "data"),
            GRADER_DATABASE_URL=url,
            GRADER_REDIS_URL=redis_url,
            GRADER_SECRET_KEY="0" * 64,
            GRADER_RUNNER_SOCKET=str(folder / "runner.sock"),
            GRADER_PORT=str(port),
            GRADER_WEB_WORKERS="2",
            GRADER_WEB_THREADS="32",
            GRADER_WORKERS=str(CORES),
            GRADER_SUBMISSION_RATE="1000000 per minute",
        )
        log = stack.enter_context((folder / "log").open("wb"))
        pids = {"postgres": postgres.pid}
        with redis.Redis.from_url(redis_url) as client:
            pids["valkey"] = int(client.info("server")["process_id"])
        for name in ("runner", "worker", "web", "sweep"):
            process = subprocess.Popen(
                servers.grader_command(name),
                env=environment,
                cwd=servers.ROOT,
                stdout=log,
                stderr=log,
                preexec_fn=processes.die_with_parent,  # noqa: PLW1509 (calls one C function, takes no lock)
            )
            stack.callback(servers.stop, process)
            pids[name] = process.pid
        parts = Parts(port, redis_url, made, pids)
        servers.wait_until(lambda: _answers(port), "the web server")
        code = _code(slug)
        servers.wait_until(lambda: _hand_in(http.client.HTTPConnection("127.0.0.1", port), slug, made[0], code), "it")
        yield parts


def _people(url: str, slug: str) -> list[str]:
    """Make a course with students and return a token of each."""
    engine = make_engine(url)
    now = dt.datetime.now(dt.UTC)
    with session_factory(engine)() as session:
        course = courses.create_course(session, "dl101", "Deep Learning", now=now)
        session.flush()
        courses.publish(session, course, slug, now=now)
        found = []
        for number in range(STUDENTS):
            student = accounts.create_user(session, f"s{number}@example.edu", f"s{number}", None, now=now)
            session.flush()
            courses.enrol(session, course, student, Role.STUDENT)
            found.append(tokens.create(session, student, "benchmark", now=now)[1])
        session.commit()
    engine.dispose()
    return found


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    return False


def _code(slug: str) -> bytes:
    path = servers.ROOT / f"assignments/{slug}/exemplars/right_numpy.py"
    return json.dumps({"files": {f"{slug}.py": path.read_text(encoding="utf-8")}}).encode()


def _hand_in(connection: http.client.HTTPConnection, slug: str, token: str, body: bytes) -> bool:
    """Return whether the submission was graded, and fully, while the request was held."""
    connection.request(
        "POST",
        f"/api/v1/courses/dl101/assignments/{slug}/submissions?wait=20",
        body,
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    document = json.loads(connection.getresponse().read())
    if document["status"] != "graded":
        return False
    assert document["score"] == document["max_score"], document
    return True


def submissions(parts: Parts, slug: str, clients: int, seconds: float) -> tuple[float, list[float]]:
    """Return graded submissions a second, and how long each client waited, in milliseconds."""
    body, waits, lock = _code(slug), [], threading.Lock()
    deadline = time.perf_counter() + seconds

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=60)
        turn = number
        while (begun := time.perf_counter()) < deadline:
            assert _hand_in(connection, slug, parts.tokens[turn % STUDENTS], body), "it was not graded within 20 s"
            turn += clients
            with lock:
                waits.append((time.perf_counter() - begun) * 1000)

    began = time.perf_counter()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(waits) / (time.perf_counter() - began), waits


@contextlib.contextmanager
def nothing_worker(redis_url: str) -> Iterator[int]:
    """Run a Celery worker whose one task does nothing and give its process id."""
    process = subprocess.Popen(
        [sys.executable, "-c", NOTHING_WORKER, redis_url],
        env=os.environ | {"PYTHONPATH": str(servers.ROOT)},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=processes.die_with_parent,  # noqa: PLW1509 (calls one C function, takes no lock)
    )
    try:
        nothings(redis_url, 1)  # it has started
        yield process.pid
    finally:
        servers.stop(process)


def nothings(redis_url: str, number: int) -> float:
    """Return tasks a second."""
    app = Celery(set_as_current=False)
    app.conf.update(broker_config(redis_url))
    with redis.Redis.from_url(redis_url) as client:
        client.set("nothing:done", 0)
        began = time.perf_counter()
        for _ in range(number):
            app.send_task(NOTHING, queue="nothing")
        servers.wait_until(lambda: int(client.get("nothing:done") or 0) >= number, "the tasks that do nothing")
    app.close()
    return number / (time.perf_counter() - began)


def run(slug: str, seconds: float, clients: int) -> dict[str, Any]:
    """Measure both, in turns."""
    rates, empty, waits, empty_cpu_s, spent = [], [], [], 0.0, dict[str, float]()
    with production(slug) as parts, nothing_worker(parts.redis_url) as nothing_pid:
        submissions(parts, slug, clients, 2.0)
        for _ in range(ROUNDS):
            before = parts.cpu_s()
            rate, waited = submissions(parts, slug, clients, seconds / ROUNDS)
            after = parts.cpu_s()
            spent = {name: spent.get(name, 0.0) + after[name] - before[name] for name in after}
            rates.append(rate)
            waits += waited
            before_s = accounting.tree_cpu_s(nothing_pid)
            empty.append(nothings(parts.redis_url, NOTHINGS))
            empty_cpu_s += accounting.tree_cpu_s(nothing_pid) - before_s
    cpu_ms = {name: round(seconds * 1000 / len(waits), 2) for name, seconds in spent.items()}
    return {
        "slug": slug,
        "clients": clients,
        "graded": len(waits),
        "graded_per_s": round(statistics.median(rates), 1),
        "nothings_per_s": round(statistics.median(empty), 1),
        "ratio": round(statistics.median(each / other for each, other in zip(rates, empty, strict=True)), 3),
        "wait_p50_ms": round(statistics.median(waits), 1),
        "wait_p95_ms": round(statistics.quantiles(waits, n=20)[-1], 1),
        "cpu_ms": cpu_ms,
        "cpu_ms_all": round(sum(cpu_ms.values()), 2),
        "nothing_cpu_ms": round(empty_cpu_s * 1000 / (ROUNDS * NOTHINGS), 2),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slug", default="perceptron")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = run(options.slug, options.seconds, options.clients)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{found['slug']}, {found['clients']} clients, {found['graded']} graded, load {found['load']} at the end")
    print(f"graded a second     {found['graded_per_s']:8.1f}   a task that does nothing {found['nothings_per_s']:8.1f}")
    print(f"ratio               {found['ratio']:8.3f}")
    print(f"wait p50, p95       {found['wait_p50_ms']:8.1f} {found['wait_p95_ms']:8.1f} ms")
    each = ", ".join(f"{name} {ms}" for name, ms in found["cpu_ms"].items())
    print(f"processor time      {found['cpu_ms_all']:8.1f} ms a submission: {each}")
    print(f"                    {found['nothing_cpu_ms']:8.1f} ms a task that does nothing, its worker alone")


if __name__ == "__main__":
    main()
