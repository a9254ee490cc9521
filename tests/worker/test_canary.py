"""Sample work is graded before anybody's; a worker whose runner gets it wrong grades nobody and says so."""

from __future__ import annotations

import importlib.util
import multiprocessing
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import reference.perceptron
from grader.models import RunStatus, ServiceState
from tests import servers
from tests.worker.conftest import Processes, Queued, read, wait_for
from worker import canary, supply
from worker.canary import Canary
from worker.supply import Gate

RIGHT = """
import numpy as np

def predict(w, w0, x, threshold=0.0):
    return int(np.dot(w, x) + w0 > threshold)
"""
# A part in a thousand: everything still loads, runs and looks right, and the runner's own examination passes.
WRONG_DOT = """
_right_dot = dot
def dot(a, b, out=None):
    return _right_dot(a, b, out) * 1.001 - 0.25
"""


@pytest.fixture(scope="module")
def broken_runner() -> Iterator[Path]:
    """The socket of a real runner in whose boxes `np.dot` is slightly off."""
    found = importlib.util.find_spec("numpy")
    assert found is not None
    assert found.origin is not None
    numpy = Path(found.origin).parent
    with tempfile.TemporaryDirectory(prefix="dm-numpy-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)  # the runner reads it as nobody in particular
        shutil.copytree(numpy, Path(folder, "numpy"), ignore=shutil.ignore_patterns("tests", "__pycache__"))
        if numpy.with_name("numpy.libs").is_dir():
            shutil.copytree(numpy.with_name("numpy.libs"), Path(folder, "numpy.libs"))
        with Path(folder, "numpy", "__init__.py").open("a") as code:
            code.write(WRONG_DOT)
        with servers.runner_process(PYTHONPATH=folder) as path:
            yield path


def test_samples_are_right_and_wrong_work_of_the_pack(runner_socket: Path) -> None:
    """Of each subject one that must get everything and one that must not, by a mistake's name."""
    found = canary.samples()
    expected = {(slug, name) for slug, names in canary.SAMPLES.items() for name in names}
    assert {(assignment.slug, sample.name) for assignment, sample in found} == expected
    assert sum(sample.is_full for _, sample in found) == len(canary.SAMPLES)
    assert all(sample.is_full or any(claim.mistake for claim in sample.claims) for _, sample in found)
    assert list(Canary(runner_socket, Gate())._differences()) == []


@pytest.mark.slow
def test_worker_whose_runner_computes_wrongly_grades_nobody_until_it_is_replaced(  # noqa: PLR0917 (fixtures)
    processes: Processes, session: Session, queued: Queued, broken_runner: Path, runner_socket: Path, tmp_path: Path
) -> None:
    socket_path = tmp_path / "runner.sock"
    socket_path.symlink_to(broken_runner)
    run = queued(slug="perceptron", code=RIGHT)
    worker = processes.start("worker", GRADER_RUNNER_SOCKET=str(socket_path))
    servers.wait_until(lambda: processes.states(session) == ["paused"], "the worker to take itself out")
    detail = session.scalars(select(ServiceState.detail)).one()
    assert "perceptron/right_numpy.py: got predict=" in detail
    assert "canary_differs" in processes.log("worker")
    assert (read(session, run).status, read(session, run).claims) == (RunStatus.QUEUED, 0)

    socket_path.unlink()
    socket_path.symlink_to(runner_socket)
    graded = wait_for(session, run, RunStatus.GRADED)
    assert graded.claims == 1
    assert {row.question_id: row.verdict for row in graded.questions}["predict"] == "passed"
    servers.wait_until(lambda: processes.states(session) == ["ready"], "the worker to say so")

    socket_path.unlink()
    socket_path.symlink_to(broken_runner)
    servers.wait_until(lambda: processes.states(session) == ["paused"], "the worker to notice the next one")
    held = processes.log("worker").count("hint_held")
    queued("student2", slug="perceptron", code=RIGHT)
    servers.wait_until(lambda: processes.log("worker").count("hint_held") > held, "the hint to be held")
    worker.terminate()
    assert worker.wait(supply.WAIT_S / 2) == 0, "a hint that was held kept the worker from stopping"


@pytest.mark.slow
@pytest.mark.usefixtures("any_database_url")
def test_worker_that_is_out_leaves_everything_to_one_whose_canary_is_right(
    processes: Processes, session: Session, queued: Queued, broken_runner: Path
) -> None:
    processes.start("worker", GRADER_RUNNER_SOCKET=str(broken_runner))
    servers.wait_until(lambda: processes.states(session) == ["paused"], "the worker to take itself out")
    runs = [queued(f"student{number}", slug="perceptron", code=RIGHT) for number in range(6)]
    processes.start("worker")
    processes.start("sweep")
    for run in runs:
        graded = wait_for(session, run, RunStatus.GRADED)
        assert graded.claims == 1
        assert {row.question_id: row.verdict for row in graded.questions}["predict"] == "passed"
    servers.wait_until(lambda: sorted(processes.states(session)) == ["paused", "ready"], "both to say how they are")


def test_canary_is_graded_again_and_again(runner_socket: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference goes wrong while the worker runs, and is mended."""
    gate = Gate()
    gate.close()
    watching = Canary(runner_socket, gate, every_s=0.1, retry_s=0.1)
    watching.start()
    try:
        assert gate.wait()
        with monkeypatch.context() as edited:
            right, wrong = reference.perceptron.update, reference.perceptron.update_sign_flipped
            edited.setattr(right, "__code__", wrong.__code__)
            servers.wait_until(lambda: watching.why, "the difference to be found")
            assert "perceptron/update_sign_flipped.py: got update=7" in str(watching.why)
            assert not gate.is_open
        assert gate.wait()
        servers.wait_until(lambda: watching.why is None, "the canary to be right again")
    finally:
        watching.stop()


def _wait_at(gate: Gate) -> None:
    raise SystemExit(0 if gate.wait() else 1)


@pytest.mark.parametrize(("what", "expected"), [("open", 0), ("dismiss", 1)])
def test_gate_is_one_for_all_processes_of_a_worker(what: str, expected: int) -> None:
    gate = Gate()
    gate.close()
    waiting = multiprocessing.get_context("fork").Process(target=_wait_at, args=(gate,))
    waiting.start()
    assert waiting.exitcode is None
    getattr(gate, what)()
    waiting.join(servers.START_LIMIT_S)
    assert waiting.exitcode == expected
