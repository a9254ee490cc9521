"""Tries an assignment's own answers and mistakes on itself, in this process, for many draws of its cases.

What is right must earn everything, and every mistake must be named by its own name and keep what it states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from assignments import definitions
from assignments.judge import Judge, JudgingError
from assignments.language import Choice, Code, Definition, Expression, Literal, Mistake, Number, Part, Variant
from assignments.mistakes import Play
from assignments.script import Load, ProbesOutcome, Status
from assignments.spec import Assignment, Question
from assignments.verdict import QuestionResult

LOADED = Load(Status.RETURNED)
DIGITS = 12
"""Digits that a number is typed with, where as many as wanted are asked for."""


@dataclass
class Rehearsal:
    """What was tried, and what went wrong."""

    checks: int = 0
    named: set[tuple[str, str]] = field(default_factory=set)  # every mistake there is, as (question, name)
    failures: list[str] = field(default_factory=list)

    def expect(self, result: QuestionResult, share: Fraction | None, mistake: str | None, where: str) -> None:
        """Note a failure unless the result has that share of its points (None: less than all) and that mistake."""
        wanted = "less than all points" if share is None else f"{float(share * 100):g} % of the points"
        points = Fraction(result.score) / Fraction(result.max_score)
        is_score_right = points < 1 if share is None else abs(points - share) < Fraction(1, 10**9)
        if not is_score_right or result.mistake != mistake:
            self.note(
                f"question {result.id}, {where}: got {result.score} of {result.max_score} points and mistake "
                f"{result.mistake}; expected {wanted} and mistake {mistake}"
            )

    def note(self, failure: str) -> None:
        """Keep one sentence of each kind."""
        if failure not in self.failures:
            self.failures.append(failure)


def rehearse(assignment: Assignment, play: Play, seeds: int) -> Rehearsal:
    """Try the reference and every mistake of an assignment for that many seeds."""
    rehearsal = Rehearsal()
    known = definitions.of(assignment)
    for question in assignment.questions:
        rehearsal.named |= {(question.id, name) for name in _mistake_names(known.questions[question.id])}
    try:
        for seed in range(seeds):
            judge = Judge(assignment, seed=f"rehearsal {seed}".encode(), play=play)
            _rehearse_code(rehearsal, assignment, judge, play, f"seed {seed}")
            _rehearse_fields(rehearsal, assignment, judge, is_drawn_only=seed > 0)
    except JudgingError as error:
        rehearsal.note(f"the judge cannot go on: {error}")
    return rehearsal


def _mistake_names(definition: Definition) -> Iterator[str]:
    match definition:
        case Choice():
            yield from definition.names.values()
        case Number() | Literal() | Expression() | Code():
            yield from (mistake.name for mistake in definition.mistakes)


# --- code -------------------------------------------------------------------------------------------------------------


def _rehearse_code(rehearsal: Rehearsal, assignment: Assignment, judge: Judge, play: Play, where: str) -> None:
    probes = {entry.question_id: entry.scripts for entry in judge.probes()}
    rehearsal.checks = sum(len(scripts) for scripts in probes.values())
    known = definitions.of(assignment).questions

    for question in assignment.code_questions:
        code = known[question.id]
        if not isinstance(code, Code):
            continue

        def judged(functions: Mapping[str, Callable[..., Any]], question: Question = question) -> QuestionResult:
            outcomes = tuple(play(script, functions) for script in probes[question.id])
            return judge.judge_code(question.id, ProbesOutcome(question.id, outcomes), LOADED)

        for mistake in code.mistakes:
            if mistake.replaces is not None:
                result = judged({**code.reference, **mistake.replaces})
                share = _share_kept(mistake, definitions.parts_of(code, question))
                rehearsal.expect(result, share, mistake.name, f"mistake {mistake.name}, {where}")
        # The reference comes last, so that the next question finds no mistake to rest on.
        rehearsal.expect(judged(code.reference), Fraction(1), None, f"the reference, {where}")


def _share_kept(mistake: Mistake, parts: tuple[Part, ...]) -> Fraction | None:
    """Return the share of the question's points a mistake keeps; None where it does not decide about every part."""
    if len(parts) == 1:
        return mistake.keeps
    decides = not mistake.fails and all(part.what == "value" or part.needs for part in parts)
    return Fraction(0) if decides and not mistake.keeps else None


# --- fields -----------------------------------------------------------------------------------------------------------


def _rehearse_fields(rehearsal: Rehearsal, assignment: Assignment, judge: Judge, *, is_drawn_only: bool) -> None:
    """Try what is typed; with `is_drawn_only`, just the questions that are judged at drawn points."""
    known = definitions.of(assignment)
    for question in assignment.fields:
        definition = known.questions[question.id]
        if is_drawn_only and not isinstance(definition, Expression):
            continue
        right = _right_text(definition, known.default_variant)
        if right is not None:
            rehearsal.expect(_typed(judge, question, right), Fraction(1), None, "the right answer")
        for name, text, keeps in _wrong_texts(definition, question, known.default_variant):
            rehearsal.expect(_typed(judge, question, text), keeps, name, f"typed {text!r}")


def _typed(judge: Judge, question: Question, text: str) -> QuestionResult:
    """Return the result of one field; the others stay blank, which stands for right values where this one follows."""
    return next(result for result in judge.judge_fields({question.id: text}) if result.id == question.id)


def _right_text(definition: Definition, variant: Variant) -> str | None:
    match definition:
        case Number():
            answer = definition.answer(variant) if callable(definition.answer) else definition.answer
            return _number_text(float(answer), definition.decimals)
        case Literal():
            return repr(definition.answer)
        case Choice() | Expression():
            return definition.answer
        case _:
            return None


def _wrong_texts(
    definition: Definition, question: Question, variant: Variant
) -> Iterator[tuple[str | None, str, Fraction]]:
    match definition:
        case Number():
            for number in definition.mistakes:
                value = number.value(variant) if callable(number.value) else number.value
                yield number.name, _number_text(float(value), question.decimals), number.keeps
                yield from ((number.name, text, number.keeps) for text in number.accepts)
        case Literal():
            yield from ((wrong.name, repr(wrong.value), wrong.keeps) for wrong in definition.mistakes)
        case Expression():
            yield from ((wrong.name, wrong.text, wrong.keeps) for wrong in definition.mistakes)
        case Choice():
            for choice in definition.says:
                yield definition.names.get(choice), choice, Fraction(0)


def _number_text(value: float, decimals: int | None) -> str:
    """Return a number as a student would type it."""
    return f"{value:.{DIGITS}g}" if decimals is None else f"{value:.{decimals}f}"
