"""A runner of the tests' own with secrets around it, and what an attack could leave behind on this machine."""

from __future__ import annotations

import contextlib
import dataclasses
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assignments import catalog
from assignments.spec import Limits
from assignments.verdict import Report
from tests.attacks.leftovers import Rest, below, process_table
from tests.servers import ROOT, clean_environment, grader_command, short_folder, stop, wait_until
from worker.client import RunnerClient
from worker.judging import grade_upload

SECRET = "planted-secret-of-the-grader-9b1c"
SEED = b"the seed of a submission in tests"
CANARY = b"def f4(x, a=1):\n    return a * x ** 2\n"


def family(pid: int) -> list[int]:
    """Return the processes below `pid`."""
    return [process.pid for process in below(pid, process_table())]


@dataclass
class Wall:
    """A real runner with real boxes, and the worker's grading in front of it."""

    socket: Path
    pid: int
    rest: Rest | None = None  # once it has started

    def grade(self, files: tuple[tuple[str, bytes], ...], slug: str, limits: Limits, **answers: str) -> Report:
        """Grade an upload as a worker does."""
        assignment = dataclasses.replace(catalog.load(slug), limits=limits)
        return grade_upload(assignment, files, answers, seed=SEED, runner=RunnerClient(self.socket))

    def canary(self) -> str:
        """Grade a right submission; return what is wrong with its result, or ""."""
        report = self.grade((("python_warmup.py", CANARY),), "python_warmup", Limits())
        result = next(question for question in report.questions if question.id == "f4")
        return "" if result.score == result.max_score else f"the canary got {result.score}: {result.feedback}"

    @contextlib.contextmanager
    def canaries(self) -> Iterator[list[str]]:
        """Grade right submissions all the while, at least one; the list gets what went wrong."""
        ended = threading.Event()
        found: list[str] = []

        def sing() -> None:
            try:
                while True:
                    found.extend(filter(None, [self.canary()]))
                    if ended.wait(0.03):
                        return
            except Exception as error:  # noqa: BLE001 (told to the test in the other thread)
                found.append(f"the canary was not graded: {error!r}")

        singer = threading.Thread(target=sing)
        singer.start()
        try:
            yield found
        finally:
            ended.set()
            singer.join()

    def leftovers(self) -> list[str]:
        """Return what is not as before any attack, once the runner had the time it may take to refill its pool."""
        assert self.rest is not None
        return self.rest.left_over()


@contextlib.contextmanager
def wall(*, workers: int = 2, box_reuse: int = 50, before: str = "", **environment: str) -> Iterator[Wall]:
    """Start a runner with secrets in its environment.

    Args:
        workers: jobs at a time.
        box_reuse: submissions a box serves.
        before: Python that is run first in the runner's process, to take a protection away.
        environment: set for the runner as well.
    """
    with short_folder("wall") as folder:
        folder.chmod(0o711)
        socket = folder / "sub" / "runner.sock"
        log = folder / "log"
        serve = f"runner.serve({str(socket)!r}, workers={workers}, box_reuse={box_reuse})"
        code = f"{before}\nfrom worker import runner\nraise SystemExit({serve})"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-c", code] if before else _plain(socket, workers, box_reuse),
                env=clean_environment(
                    GRADER_SECRET_KEY=SECRET,
                    PLANTED=SECRET,
                    GRADER_DATA_DIR=str(folder / "data"),
                    GRADER_RUNNER_SOCKET=str(socket),
                    PYTHONPATH=str(ROOT),
                    **environment,
                ),
                cwd=ROOT,
                stdout=output,
                stderr=output,
            )
        try:
            started = Wall(socket, process.pid)
            wait_until(lambda: _listens(process, started, log), "the runner")
            started.rest = Rest(process.pid, workers)
            yield started
        finally:
            stop(process)


def _plain(socket: Path, workers: int, box_reuse: int) -> list[str]:
    options = ("--socket", str(socket), "--workers", str(workers), "--box-reuse", str(box_reuse))
    return grader_command("runner", *options)


def _listens(process: subprocess.Popen[bytes], started: Wall, log: Path) -> bool:
    assert process.poll() is None, f"the runner stopped:\n{log.read_text()}"
    with contextlib.suppress(Exception):
        return not started.canary()
    return False


def as_shown(report: Report) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a report's questions and notes as the API shows them."""
    questions = [
        {
            "id": question.id,
            "score": question.score,
            "max_score": question.max_score,
            "verdict": str(question.verdict),
            "feedback": list(question.feedback),
            "checks": [
                {
                    "name": check.name,
                    "visible": check.is_visible,
                    "verdict": str(check.verdict),
                    "message": check.message,
                    "input": check.input,
                    "got": check.got,
                    "expected": check.expected,
                }
                for check in question.checks
            ],
        }
        for question in report.questions
    ]
    return questions, list(report.notes)
