"""One upload from files to report, with a real box."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from assignments import catalog
from assignments.script import Load, Outcome, ProbesOutcome, Script, Status
from assignments.verdict import Report
from worker import judging
from worker.client import Job, RunnerClient
from worker.wire import play_trusted

RIGHT = Path(__file__).parents[2] / "assignments/perceptron/exemplars/right_numpy.py"


class Listening(RunnerClient):
    """A way to the runner that notes what had been done when it said something."""

    def __init__(self, path: Path, note: Callable[[], None]) -> None:
        super().__init__(path)
        self._note = note

    def run(self, job: Job) -> Iterator[Load | ProbesOutcome]:
        """Run the job."""
        for event in super().run(job):
            self._note()
            yield event


def test_the_reference_is_played_while_the_box_works(runner_socket: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker would only wait meanwhile, and the student with it."""
    played: list[Script] = []
    played_before: list[int] = []

    def play(script: Script, functions: Mapping[str, Callable[..., Any]]) -> Outcome:
        played.append(script)
        return play_trusted(script, functions)

    monkeypatch.setattr(judging, "play_trusted", play)
    runner = Listening(runner_socket, lambda: played_before.append(len(played)))
    perceptron = catalog.load("perceptron")
    report = judging.grade_upload(perceptron, [("perceptron.py", RIGHT.read_bytes())], {}, seed=b"s", runner=runner)
    runner.close()
    assert report.score == perceptron.max_score
    at_loading, *at_answers = played_before
    assert at_loading == 0
    # What is left for later is what no check is compared with: the reference's side of a curve.
    compared = sum(len(question.checks) for question in report.questions if question.id != "train")
    assert set(at_answers) == {at_answers[0]}
    assert at_answers[0] >= 0.9 * compared


class Answering:
    """A runner of made-up answers, which the real one never gives."""

    def __init__(self, status: Status | None) -> None:
        self._status = status

    def run(self, job: Job) -> Iterator[Load | ProbesOutcome]:
        """Answer every question with the same outcome; none where there is none."""
        yield Load(Status.RETURNED)
        for probes in job.probes if self._status is not None else ():
            yield ProbesOutcome(probes.question_id, tuple(Outcome(self._status) for _ in probes.scripts), "", 0.0)


def answered(status: Status | None) -> Report:
    files = [("python_warmup.py", b"def f4(x, a=1):\n    return a * x ** 2\n")]
    runner: Any = Answering(status)
    return judging.grade_upload(catalog.load("python_warmup"), files, {}, seed=b"seed", runner=runner)


def test_reference_that_fails_is_the_graders_error_and_never_a_zero() -> None:
    with pytest.raises(judging.GradingError, match="could not judge"):
        answered(Status.GRADER_ERROR)


def test_question_that_nobody_answered_is_the_graders_error_and_never_a_zero() -> None:
    with pytest.raises(judging.GradingError, match="no result came back for"):
        answered(None)


def test_process_that_crashed_is_the_students() -> None:
    assert answered(Status.CRASHED).score == 0
