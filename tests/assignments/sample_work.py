"""Grades our own sample work in this process, so that many seeds are cheap."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from assignments.judge import Judge
from assignments.script import Load, Probes, ProbesOutcome, Status
from assignments.spec import Assignment
from assignments.verdict import QuestionResult, Report
from worker.wire import play_trusted


def grade(assignment: Assignment, files: list[tuple[str, bytes]], answers: dict[str, str], seed: bytes, /) -> Report:
    """Return the report of sample work: one source file at most, run as it is."""
    judge = Judge(assignment, seed=seed, play=play_trusted)
    results = [*judge.judge_fields(answers), *(_code(judge, files[0][1]) if files else judge.no_code())]
    order = [question.id for question in assignment.questions]
    results.sort(key=lambda result: order.index(result.id))
    return Report(assignment.slug, assignment.version, judge.seed_id, tuple(results))


def _code(judge: Judge, source: bytes) -> list[QuestionResult]:
    load, *outcomes = _played(source, judge.probes())
    return [judge.judge_code(outcome.question_id, outcome, load) for outcome in outcomes]


def run(
    assignment: Assignment, files: list[tuple[str, bytes]], probes: tuple[Probes, ...], /
) -> Iterator[Load | ProbesOutcome]:
    """Yield what the sandbox would."""
    yield from _played(files[0][1], probes)


def _played(source: bytes, probes: tuple[Probes, ...]) -> tuple[Any, ...]:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        namespace: dict[str, object] = {"__name__": "submission"}
        load = Load(Status.RETURNED)
        try:
            exec(compile(source, "submission.py", "exec", dont_inherit=True), namespace)  # noqa: S102 (our own sample work)
        except Exception as error:  # noqa: BLE001 (as the sandbox would report it)
            load = Load(Status.RAISED, type(error).__name__, str(error))
        functions = {name: value for name, value in namespace.items() if callable(value)}
        return load, *(
            ProbesOutcome(entry.question_id, tuple(play_trusted(script, functions) for script in entry.scripts))
            for entry in probes
        )


def grade_source(assignment: Assignment, source: str, seed: bytes = b"seed") -> dict[str, QuestionResult]:
    """Return the result of each question for one source file."""
    report = grade(assignment, [("submission.py", source.encode())], {}, seed)
    return {result.id: result for result in report.questions}


def grade_answers(assignment: Assignment, **answers: str) -> dict[str, QuestionResult]:
    """Return the result of each question for typed answers."""
    return {result.id: result for result in grade(assignment, [], answers, b"seed").questions}


def scores(results: dict[str, QuestionResult]) -> dict[str, Decimal]:
    """Return the points of each question, to two digits."""
    return {name: round(result.score, 2) for name, result in results.items()}
