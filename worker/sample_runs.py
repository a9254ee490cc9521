"""Sample work in the sandbox, for the author's tools: graded as a student's is, or only run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assignments.script import Load, Probes, ProbesOutcome
from assignments.spec import Assignment
from assignments.verdict import Report
from grader.services.unpack import unpack
from worker.client import Job, RunnerClient
from worker.judging import grade_upload


class Sandbox:
    """The real sandbox, by way of the runner that listens on a socket; it may be used from several threads."""

    def __init__(self, socket_path: str | Path) -> None:
        self._runner = RunnerClient(socket_path)

    def grade(
        self, assignment: Assignment, files: list[tuple[str, bytes]], answers: dict[str, str], seed: bytes, /
    ) -> Report:
        """Return the report a student would get.

        Raises:
            GradingError: the grader itself failed.
            RunnerUnavailable: no runner answers.
        """
        return grade_upload(assignment, files, answers, seed=seed, runner=self._runner)

    def run(
        self, assignment: Assignment, files: list[tuple[str, bytes]], probes: tuple[Probes, ...], /
    ) -> Iterator[Load | ProbesOutcome]:
        """Yield how loading an upload went, then what each question's scripts brought back.

        Raises:
            FilesRejected: the upload would be refused at the door.
            RunnerUnavailable: no runner answers.
        """
        sources = tuple(unpack(files, assignment.slug).sources)
        yield from self._runner.run(Job(sources, entry=assignment.slug, probes=probes, limits=assignment.limits))
