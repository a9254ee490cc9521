"""Tries an assignment's own answers and mistakes on itself, in this process, for many draws of its cases.

What is right must earn everything, and every mistake must be named by its own name and keep what it states.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from assignments import definitions, margins
from assignments.calibration import Margin
from assignments.judge import Judge, JudgingError
from assignments.language import Choice, Code, Definition, Expression, Literal, Mistake, Number, Part, Variant
from assignments.mistakes import Play, Trial
from assignments.script import Load, ProbesOutcome, Status
from assignments.spec import Assignment, Question
from assignments.typed import accepted
from assignments.verdict import QuestionResult

LOADED = Load(Status.RETURNED)
MEASURED = 5
"""Draws for which it is measured how far wrong work goes beyond the limits."""

SEED = re.compile(r", seed \d+:.*")

DIGITS = 12
"""Digits that a number is typed with, where as many as wanted are asked for."""


@dataclass
class Rehearsal:
    """What was tried, and what went wrong."""

    checks: int = 0
    checks_by_property: int = 0
    can_judge: bool = True  # False where the assignment's own code fails
    nearest: Margin | None = None  # the mistake that comes nearest to a limit, where one is compared at all
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

    def expect_far(self, trial: Trial, where: str) -> None:
        """Note a failure unless wrong values go ten times beyond the limit on one check at least."""
        farthest = max(margins.distances(trial).values(), default=0.0)
        if 1 < farthest < margins.LEAST:
            self.note(
                f"{where}: only {farthest:.2g} times beyond the limit; expected at least {margins.LEAST:g}: narrow the "
                "tolerance, or draw other cases"
            )
        if 1 < farthest < math.inf and (self.nearest is None or farthest < self.nearest.times):
            self.nearest = Margin(farthest, where)

    def note(self, failure: str) -> None:
        """Keep one sentence of each kind: what goes wrong for one draw goes wrong for most."""
        kinds = {SEED.sub("", known) for known in self.failures}
        if SEED.sub("", failure) not in kinds:
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
            _rehearse_code(rehearsal, assignment, judge, play, f"seed {seed}", is_measured=seed < MEASURED)
            _rehearse_fields(rehearsal, assignment, judge, is_drawn_only=seed > 0)
    except JudgingError as error:
        rehearsal.can_judge = False
        rehearsal.note(f"the judge cannot go on: {error}")
    return rehearsal


def _mistake_names(definition: Definition) -> Iterator[str]:
    match definition:
        case Choice():
            yield from definition.names.values()
        case Number() | Literal() | Expression() | Code():
            yield from (mistake.name for mistake in definition.mistakes)


# --- code -------------------------------------------------------------------------------------------------------------


def _rehearse_code(
    rehearsal: Rehearsal, assignment: Assignment, judge: Judge, play: Play, where: str, *, is_measured: bool
) -> None:
    probes = {entry.question_id: entry.scripts for entry in judge.probes()}
    rehearsal.checks = sum(len(scripts) for scripts in probes.values())
    known = definitions.of(assignment).questions
    by_property = 0

    for question in assignment.code_questions:
        code = known[question.id]
        if not isinstance(code, Code):
            continue

        def outcome(functions: Mapping[str, Callable[..., Any]], question: Question = question) -> ProbesOutcome:
            return ProbesOutcome(question.id, tuple(play(script, functions) for script in probes[question.id]))

        for mistake in code.mistakes:
            if mistake.replaces is not None:
                wrong = outcome({**code.reference, **mistake.replaces})
                share = _share_kept(mistake, definitions.parts_of(code, question))
                result = judge.judge_code(question.id, wrong, LOADED)
                rehearsal.expect(result, share, mistake.name, f"mistake {mistake.name}, {where}")
                if is_measured:
                    far = f"question {question.id}, mistake {mistake.name}, {where}"
                    rehearsal.expect_far(judge.trial(question.id, wrong), far)
        # The reference comes last, so that the next question finds no mistake to rest on.
        right = outcome(code.reference)
        rehearsal.expect(judge.judge_code(question.id, right, LOADED), Fraction(1), None, f"the reference, {where}")
        by_property += sum(check.holds is not None for check in judge.trial(question.id, right).checks)
    rehearsal.checks_by_property = by_property


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
                yield from ((number.name, text, number.keeps) for text in accepted(number.accepts, variant))
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
