"""A real worker, a real runner, a real broker: whatever is killed, a run is graded, and graded once."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import re
import signal
import stat
import termios
from pathlib import Path

import pytest
import redis
from celery import Celery
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.models import GradeChange, QuestionRow, RunStatus
from grader.queue import QUEUE_NAME, TASK, broker_config
from tests import servers
from tests.worker.conftest import Processes, Queued, read, wait_for

SLOW = """
import time

def predict(w, w0, x, threshold=0.0):
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    return int(sum(a * b for a, b in zip(w, x)) + w0 > threshold)
"""
RIGHT = """
def predict(w, w0, x, threshold=0.0):
    return int(sum(a * b for a, b in zip(w, x)) + w0 > threshold)
"""

pytestmark = pytest.mark.slow


def test_an_upload_is_graded_with_its_reason(processes: Processes, session: Session, queued: Queued) -> None:
    processes.start("worker")
    run = wait_for(session, queued(slug="perceptron", code=RIGHT), RunStatus.GRADED)
    verdicts = {row.question_id: row.verdict for row in run.questions}
    assert verdicts == {"predict": "passed", "update": "missing", "train": "missing"}


@pytest.mark.usefixtures("any_database_url")
def test_a_worker_killed_while_it_grades_leaves_the_run_to_another_and_it_is_graded_once(
    processes: Processes, session: Session, queued: Queued
) -> None:
    first = processes.start("worker", GRADER_LEASE_S="2")
    run = queued(slug="perceptron", code=SLOW)
    wait_for(session, run, RunStatus.RUNNING)
    processes.kill(first)
    assert read(session, run).status == RunStatus.RUNNING, "it was killed too late to show anything"
    processes.start("worker")
    processes.start("sweep")
    graded = wait_for(session, run, RunStatus.GRADED)
    assert graded.claims == 2
    assert session.scalar(select(func.count()).select_from(QuestionRow).where(QuestionRow.run_id == run.id)) == 3
    assert session.scalar(select(func.count()).select_from(GradeChange).where(GradeChange.run_id == run.id)) == 1


def unread(pid: int) -> bool:
    """Return whether something lies in a pipe that the process has yet to read."""
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if link.lstat().st_mode & stat.S_IRUSR and link.is_fifo():
                pipe = os.open(link, os.O_RDONLY | os.O_NONBLOCK)
                waiting = any(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))
                os.close(pipe)
                if waiting:
                    return True
    return False


def test_a_worker_told_to_stop_in_the_moment_a_hint_reaches_it_grades_the_run_and_ends(
    processes: Processes, session: Session, queued: Queued, valkey_url: str
) -> None:
    """The hint lies before the process that grades, which has said nothing of it yet."""
    worker = processes.start("worker", GRADER_LOG_LEVEL="debug")
    wait_for(session, queued(slug="perceptron", code=RIGHT), RunStatus.GRADED)
    with redis.Redis.from_url(valkey_url) as client:
        servers.wait_until(lambda: client.hlen("unacked") == 0, "the first hint to be done with")
    (grades,) = map(int, Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split())
    os.kill(grades, signal.SIGSTOP)
    run = queued("student2", slug="perceptron", code=RIGHT)
    servers.wait_until(lambda: unread(grades), "the hint to be handed over")
    worker.terminate()
    servers.wait_until(lambda: "Worker: Stopping Pool" in processes.log("worker"), "the worker to be about to end")
    os.kill(grades, signal.SIGCONT)
    assert worker.wait(servers.START_LIMIT_S) == 0
    assert read(session, run).status == RunStatus.GRADED
    # Nor would its process have ended before 30 s had gone by.
    assert session.info["queue"].waiting() == 0, "nobody read that it was done"


def test_a_broker_that_forgets_everything_delays_a_run_and_loses_none(
    processes: Processes, session: Session, queued: Queued, valkey_url: str
) -> None:
    runs = [queued(f"student{number}", slug="perceptron", code=RIGHT) for number in range(4)]
    with redis.Redis.from_url(valkey_url) as client:
        client.flushall()
    processes.start("worker")
    processes.start("sweep")
    for run in runs:
        assert wait_for(session, run, RunStatus.GRADED).claims == 1


def test_a_sandbox_that_is_away_leaves_runs_queued_and_uncounted(
    processes: Processes, session: Session, queued: Queued, runner_socket: Path, tmp_path: Path
) -> None:
    """At the start there is none; later it goes away under a worker that has used it."""
    socket_path = tmp_path / "away.sock"
    processes.start("worker", GRADER_RUNNER_SOCKET=str(socket_path))
    processes.start("sweep")
    first = queued("student1", slug="perceptron", code=RIGHT)
    servers.wait_until(lambda: processes.states(session) == ["paused"], "the worker to notice")
    assert (read(session, first).status, read(session, first).claims) == (RunStatus.QUEUED, 0)
    socket_path.symlink_to(runner_socket)
    assert wait_for(session, first, RunStatus.GRADED).claims == 1
    servers.wait_until(lambda: processes.states(session) == ["ready"], "the worker to say so")
    socket_path.unlink()
    servers.wait_until(lambda: processes.states(session) == ["paused"], "the worker to notice again")
    second = queued("student2", slug="perceptron", code=RIGHT)
    servers.wait_until(lambda: session.info["queue"].waiting() == 0, "the hint to be held")
    assert (read(session, second).status, read(session, second).claims) == (RunStatus.QUEUED, 0)
    socket_path.symlink_to(runner_socket)
    assert wait_for(session, second, RunStatus.GRADED).claims == 1


def envelope(body: object, /, **changed: object) -> bytes:
    """Return a message as the broker keeps it, with what is changed about it."""
    properties = {
        "correlation_id": "x",
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": QUEUE_NAME},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": "x",
    }
    message: dict[str, object] = {
        "body": base64.b64encode(body if isinstance(body, bytes) else json.dumps(body).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": TASK, "id": "x", "root_id": "x", "argsrepr": "", "kwargsrepr": "{}"},
        "properties": properties,
    }
    return json.dumps(message | changed).encode()


HEADERS = {"lang": "py", "task": TASK, "id": "x"}
BROKEN: list[dict[str, object]] = [
    *({"body": body} for body in (None, 1, "!!!", [])),
    {"content-type": None},
    {"content-type": []},
    {"content-encoding": 1},
    *({"properties": properties} for properties in (None, [], {}, {"delivery_tag": [], "delivery_info": {}})),
    *({"headers": headers} for headers in (None, [], [1])),
    *({"headers": HEADERS | {"expires": moment}} for moment in ("soon", 1e400, [])),
    *(
        {"headers": HEADERS | {"eta": moment}}
        for moment in ("soon", 1, [], "", "2026-01-01", "9999-12-31T23:59:59+00:00")
    ),
    *({"headers": HEADERS | {"retries": times}} for times in ("x", -1, 10**30, True, None)),
    *({"headers": HEADERS | {"timelimit": limit}} for limit in ("x", 1, [-1, -1], [[], {}])),
    *({"headers": HEADERS | {"id": number}} for number in (None, [1], {})),
    *({"headers": HEADERS | {"task": task}} for task in (None, [1], {})),
    {"headers": HEADERS | {"compression": "zlib"}},
]
ODD: list[dict[str, object]] = [  # headers that are not looked at
    *(
        {name: 5}
        for name in ("root_id", "shadow", "argsrepr", "stamped_headers", "stamps", "group", "origin", "hostname")
    ),
    *({"stamped_headers": ["a"], "stamps": stamps} for stamps in (None, {"a": 5})),
    {"delivery_info": 5, "properties": 5, "args": 5, "chord": {"task": "x"}, "callbacks": 5, "is_eager": True},
]
EMBED: dict[str, object] = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


def test_forged_messages_grade_nothing_twice_and_keep_nobody_waiting(
    processes: Processes, session: Session, queued: Queued, valkey_url: str, tmp_path: Path
) -> None:
    """W20: of somebody who reached the broker. A message is a hint that something waits, whatever it says."""
    worker = processes.start("worker")
    first = wait_for(session, queued(slug="perceptron", code=RIGHT), RunStatus.GRADED)
    touched = tmp_path / "touched"
    pickled = b"cos\nsystem\n(S'touch " + str(touched).encode() + b"'\ntR."
    forged = [
        envelope(pickled, **{"content-type": "application/x-python-serialize", "content-encoding": "binary"}),
        *(b"no JSON", b"", b"\xff", b"[" * 100_000, b"null", b"1", b"[]", b"{}", b'"a"'),
        envelope(b"\xff not json"),
        *(envelope([["x"], {}, EMBED], **changed) for changed in BROKEN),
        envelope([["x"], {}, EMBED], headers={"lang": "py", "task": "os.system", "id": "x"}),
        envelope([["x"], {}, EMBED], headers={}),
        envelope([[{"a": ["b"]}], {}, EMBED]),
        envelope([[], {"run_id": None, "more": 1}, EMBED]),
        envelope([["\x00' OR 1=1 --"], {}, EMBED]),
        envelope([["\ud800"], {}, EMBED]),
        *(envelope([["x"], {}, EMBED | {what: 5}]) for what in EMBED),
        *(envelope([["x"], {}, EMBED], headers=HEADERS | odd) for odd in ODD),
        *[envelope([[first.id], {}, EMBED])] * 300,
    ]
    with redis.Redis.from_url(valkey_url) as client, Celery() as stranger:
        stranger.conf.update(broker_config(valkey_url))
        stranger.control.shutdown()
        client.lpush(QUEUE_NAME, *forged)
        second = wait_for(session, queued("student2", slug="perceptron", code=RIGHT), RunStatus.GRADED)
        servers.wait_until(lambda: client.llen(QUEUE_NAME) == 0, "the forged messages to be read")
        servers.wait_until(lambda: client.hlen("unacked") == 0, "the forged messages to be done with")
    assert "message_dropped" in processes.log("worker")
    assert worker.poll() is None
    assert not touched.exists()
    assert second.claims == 1
    assert (read(session, first).claims, read(session, first).finished_at) == (1, first.finished_at)
    assert session.scalar(select(func.count()).select_from(GradeChange).where(GradeChange.run_id == first.id)) == 1


HOSTILE = r"""
import sys
import warnings

TEXT = "NUL \x00, half a pair \ud800, of four bytes \U0001f600, turned \u202e, \x1b]0;title\x07, \ufffe \x9b31m"
sys.stdout.reconfigure(errors="surrogatepass")
print(TEXT)
sys.stderr.write(TEXT)
Odd = type("Odd\x00\ud800", (Exception,), {})

def predict(w, w0, x, threshold=0.0):
    print(TEXT)
    warnings.warn(TEXT)
    raise Odd(TEXT)

def update(w, w0, x, y, yhat, eta=1.0):
    return {TEXT: [TEXT], "\x00": TEXT}

def train(*args, **kwargs):
    return type("Weights\x00\ud800", (), {"__repr__": lambda self: TEXT})()
"""


@pytest.mark.usefixtures("any_database_url")
def test_whatever_a_submission_says_can_be_stored(processes: Processes, session: Session, queued: Queued) -> None:
    """PostgreSQL takes no NUL in a text and neither database half a surrogate pair."""
    processes.start("worker")
    run = wait_for(session, queued(slug="perceptron", code=HOSTILE), RunStatus.GRADED)
    assert run.claims == 1
    assert run.score == 0
    told = "".join([run.stdout, *run.notes, *(line for row in run.questions for line in row.feedback)])
    told += "".join(check.message for row in run.questions for check in row.checks)
    assert "of four bytes \U0001f600" in told
    assert not re.search("[\x00\x1b\x9b\ud800-\udfff\u202e]", told)
