"""What the worker makes of answers that are not the student's fault: never a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from assignments import catalog
from assignments.script import Load, Outcome, ProbesOutcome, Status
from worker.client import Job
from worker.judging import GradingError, grade_upload

FILES = [("python_warmup.py", b"def f4(x, a=1):\n    return a * x ** 2\n")]


class Answering:
    """A runner of made-up answers, which the real one never gives."""

    def __init__(self, status: Status | None) -> None:
        self._status = status

    def run(self, job: Job) -> Iterator[Load | ProbesOutcome]:
        """Answer every question with the same outcome; none where there is none."""
        yield Load(Status.RETURNED)
        for probes in job.probes if self._status is not None else ():
            yield ProbesOutcome(probes.question_id, tuple(Outcome(self._status) for _ in probes.scripts), "", 0.0)


def graded(runner: Any) -> Any:
    return grade_upload(catalog.load("python_warmup"), FILES, {}, seed=b"seed", runner=runner)


def test_reference_that_fails_is_the_graders_error_and_never_a_zero() -> None:
    with pytest.raises(GradingError, match="could not judge"):
        graded(Answering(Status.GRADER_ERROR))


def test_question_that_nobody_answered_is_the_graders_error_and_never_a_zero() -> None:
    with pytest.raises(GradingError, match="no result came back for"):
        graded(Answering(None))


def test_process_that_crashed_is_the_students() -> None:
    assert graded(Answering(Status.CRASHED)).score == 0
