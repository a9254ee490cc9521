"""A job the runner gives up is counted, a runner that is away is not: else one submission could be tried for ever."""

from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from assignments.script import Probes, Source, Status, call
from assignments.spec import Limits
from grader.models import Run
from tests.worker.conftest import NOW, Queued
from worker import judging, wire
from worker.box import framing
from worker.client import Job, JobFailed, RunnerClient, RunnerUnavailable, run_over
from worker.supply import Gate


@pytest.mark.parametrize(("is_away", "expected"), [(True, RunnerUnavailable), (False, JobFailed)])
def test_fault_of_a_job_is_told_from_a_runner_that_is_away(is_away: bool, expected: type[Exception]) -> None:
    job = Job((Source("work.py", "work", ("",)),), "work", (Probes("q", (call("f"),)),), Limits())
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(framing.frame(wire.FAULT, {"message": "it died", "is_away": is_away}))
        with pytest.raises(RunnerUnavailable, match="it died") as caught:
            next(run_over(ours, job))
    assert type(caught.value) is expected


def test_job_given_up_over_a_kept_connection_is_not_begun_anew(tmp_path: Path) -> None:
    """The runner is there and has spoken: to ask it again would be a try that nobody counts."""
    job = Job((Source("work.py", "work", ("",)),), "work", (Probes("q", (call("f"),)),), Limits())
    client = RunnerClient(tmp_path / "nobody-listens")
    ours, theirs = socket.socketpair()
    client._kept.append(ours)
    with theirs:
        theirs.sendall(framing.frame(wire.FAULT, {"message": "it died", "is_away": False}))
        with pytest.raises(JobFailed, match="it died"):
            next(client.run(job))


@pytest.mark.parametrize(("error", "counted"), [(RunnerUnavailable("away"), 0), (JobFailed("gave up"), 1)])
def test_run_the_runner_gave_up_counts_and_one_it_never_saw_does_not(
    error: Exception, counted: int, session: Session, queued: Queued, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = queued().id

    def grade(*_: Any) -> None:
        raise error

    monkeypatch.setattr(judging, "_grade_claimed", grade)
    supplies: Any = SimpleNamespace(
        gate=Gate(),
        sessions=lambda: Session(session.get_bind()),
        now=lambda _: NOW,
        settings=SimpleNamespace(lease_s=15.0),
    )
    judging.grade_next(supplies, hint="")
    session.expire_all()
    run = session.get_one(Run, run_id)
    assert run.claims == counted
    assert run.failure == ("gave up" if counted else None)


def answered(*frames: bytes, scripts: int = 1) -> list[Any]:
    """Return what a client makes of a runner's frames."""
    probes = Probes("q", tuple(call("f", number) for number in range(scripts)))
    job = Job((Source("work.py", "work", ("",)),), "work", (probes,), Limits())
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"".join(frames))
        theirs.shutdown(socket.SHUT_WR)
        return list(run_over(ours, job))


LOADED = framing.frame(wire.LOADING, {"death": None}, [framing.frame(framing.LOADED, {"status": "returned"})])


def answer_frame(*outcomes: bytes, number: int = 0) -> bytes:
    """Return a runner's frame for a question."""
    told = {"number": number, "printed": 0, "trace": 0, "cpu_s": 0.0, "death": None}
    return framing.frame(wire.ANSWER, told, list(outcomes))


def outcome_frame(**told: Any) -> bytes:
    """Return a child's frame for a script."""
    return framing.frame(framing.OUTCOME, {"status": "returned", "value": 1} | told)


def test_answers_nobody_asked_for_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million small ones fit into what one question may send, and reading them would take a minute."""
    seen: list[bytes] = []
    read = wire.read_outcome
    monkeypatch.setattr(wire, "read_outcome", lambda told, blob: (seen.append(told), read(told, blob))[1])
    _, answer = answered(LOADED, answer_frame(*[outcome_frame()] * 50), scripts=2)
    assert len(seen) == 3
    assert [outcome.status for outcome in answer.outcomes] == [Status.RETURNED, Status.UNREADABLE]


def test_runner_that_answers_out_of_order_is_not_believed() -> None:
    with pytest.raises(RunnerUnavailable, match="out of order"):
        answered(LOADED, answer_frame(outcome_frame(), number=-1))


def test_frame_of_the_runner_larger_than_any_is_not_waited_for() -> None:
    for head in ((wire.ANSWER, wire.MAX_ENVELOPE + 1, 0), (wire.ANSWER, 2, wire.MAX_JOB + 1)):
        with pytest.raises(RunnerUnavailable, match="cannot be read"):
            answered(LOADED, framing.HEAD.pack(*head))
