"""Assignments made for tests, without a folder behind them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from assignments.definitions import Definitions, problems_of
from assignments.judge import Judge
from assignments.language import Choice, Code, Expression, Literal, Number
from assignments.script import Load, Outcome, ProbesOutcome, Status
from assignments.spec import Assignment, Kind, Limits, Question
from tests.assignments.player import play

KINDS = {Code: Kind.CODE, Number: Kind.NUMBER, Literal: Kind.LITERAL, Choice: Kind.CHOICE, Expression: Kind.EXPRESSION}
LOADED = Load(Status.RETURNED)


def make_judge(definitions: dict[str, Any], *, points: str = "10", seed: bytes = b"seed", **kwargs: Any) -> Judge:
    """Return a judge of an assignment with these questions, each worth `points`."""
    questions = tuple(_question(name, definition, points) for name, definition in definitions.items())
    assignment = Assignment("made", "0", "Made", "test", "", "", questions, Limits(), Path("/nowhere/made"))
    given = Definitions(definitions, {})
    assert problems_of(assignment, given) == []
    return Judge(assignment, seed=seed, play=play, definitions=given, **kwargs)


def _question(name: str, definition: Any, points: str) -> Question:
    return Question(
        id=name,
        kind=KINDS.get(type(definition), Kind.WRITTEN),
        title=name.title(),
        points=Decimal(points),
        functions=tuple(definition.reference) if isinstance(definition, Code) else (),
        choices=(definition.answer, *definition.says) if isinstance(definition, Choice) else (),
    )


def grade(
    judge: Judge, functions: dict[str, Any], *, load: Load = LOADED, question: str = "q", stdout: str = ""
) -> Any:
    """Play a question's probes against functions and judge what came back."""
    probes = next(probes for probes in judge.probes() if probes.question_id == question)
    outcomes = tuple(play(script, functions) for script in probes.scripts)
    return judge.judge_code(question, ProbesOutcome(question, outcomes, stdout=stdout), load)


def grade_outcomes(judge: Judge, outcomes: list[Outcome], *, load: Load = LOADED, question: str = "q") -> Any:
    """Judge outcomes made by hand."""
    return judge.judge_code(question, ProbesOutcome(question, tuple(outcomes)), load)
