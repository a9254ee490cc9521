"""A job the runner gives up is counted, a runner that is away is not: else one submission could be tried for ever."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from assignments.script import Probes, Source, call
from assignments.spec import Limits
from grader.models import Run
from tests.worker.conftest import NOW, Queued
from worker import child, judging, wire
from worker.client import Job, JobFailed, RunnerUnavailable, run_over


@pytest.mark.parametrize(("is_away", "expected"), [(True, RunnerUnavailable), (False, JobFailed)])
def test_fault_of_a_job_is_told_from_a_runner_that_is_away(is_away: bool, expected: type[Exception]) -> None:
    job = Job((Source("work.py", "work", ("",)),), "work", (Probes("q", (call("f"),)),), Limits())
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(child.frame(wire.FAULT, {"message": "it died", "is_away": is_away}))
        with pytest.raises(RunnerUnavailable, match="it died") as caught:
            next(run_over(ours, job))
    assert type(caught.value) is expected


@pytest.mark.parametrize(("error", "counted"), [(RunnerUnavailable("away"), 0), (JobFailed("gave up"), 1)])
def test_run_the_runner_gave_up_counts_and_one_it_never_saw_does_not(
    error: Exception, counted: int, session: Session, queued: Queued, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = queued().id

    def grade(*_: Any) -> None:
        raise error

    monkeypatch.setattr(judging, "_grade_claimed", grade)
    supplies: Any = SimpleNamespace(
        sessions=lambda: Session(session.get_bind()), now=lambda _: NOW, settings=SimpleNamespace(lease_s=15.0)
    )
    judging.grade_next(supplies, hint="")
    session.expire_all()
    run = session.get_one(Run, run_id)
    assert run.claims == counted
    assert run.failure == ("gave up" if counted else None)
