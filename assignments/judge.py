"""Turns what a student typed, and what their code gave back, into verdicts, points and reasons.

The judge draws a question's checks from the submission's seed, hands out their scripts (inputs only), and compares
what comes back with what the reference gives for the same inputs. Only an explicit pass earns points: whatever did
not come back, could not be read or was not run earns nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np

from assignments import definitions as answers_of_pack
from assignments import typed
from assignments.code_question import CodeQuestion, points_of
from assignments.definitions import Definitions
from assignments.findings import JudgingError
from assignments.language import (
    Check,
    Choice,
    Code,
    Definition,
    Expression,
    Functions,
    Literal,
    Number,
    Part,
    Variant,
    Written,
)
from assignments.mistakes import Play, Trial
from assignments.script import Load, Outcome, Probes, ProbesOutcome
from assignments.spec import Assignment, Question
from assignments.verdict import QuestionResult, Verdict

__all__ = ["Judge", "JudgingError", "Play"]

SEED_ID_DIGITS = 12
PASSED = Verdict.PASSED

RESTED = "This rests on “{title}”, which has a mistake; given that, it is right, and nothing was taken off here."


@dataclass
class _Drawn:
    """A code question with its checks, and what the reference and its wrong variants gave for them so far."""

    question: Question
    code: Code
    parts: tuple[Part, ...]
    checks: tuple[Check, ...]
    expected: dict[int, Outcome] = field(default_factory=dict)
    variants: dict[tuple[int, int], Outcome] = field(default_factory=dict)


class Judge:
    """Judges one submission.

    Args:
        assignment: what was asked.
        seed: the submission's secret seed; the same seed draws the same hidden checks.
        play: plays a script against the reference and against its wrong variants; hands them copies.
        variant: the statement's numbers; None for the assignment's own.
        definitions: what is right; None for what the assignment's folder says.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        seed: bytes,
        play: Play,
        variant: Variant | None = None,
        definitions: Definitions | None = None,
    ) -> None:
        self._assignment = assignment
        self._seed = seed
        self._play = play
        self._definitions = definitions or answers_of_pack.of(assignment)
        self._variant = self._definitions.default_variant if variant is None else variant
        self._drawn: dict[str, _Drawn] = {}
        self._verdicts: dict[str, Verdict] = {}
        self._slips: dict[str, tuple[Functions, ...]] = {}
        self._is_load_told = False
        self.seed_id = hashlib.sha256(seed).hexdigest()[:SEED_ID_DIGITS]

    def probes(self) -> tuple[Probes, ...]:
        """Return the scripts to play in the box, one entry for each code question, in order.

        Raises:
            JudgingError: an assignment's own code fails to draw its checks.
        """
        questions = self._assignment.code_questions
        return tuple(
            Probes(question.id, tuple(check.script for check in self._draw(question).checks)) for question in questions
        )

    def play_reference(self) -> None:
        """Play the reference on every check that will be compared with it, before anything has come back.

        Meant for the time the box takes, in which this side would only wait. What fails here fails again, and is told,
        where it is needed.
        """
        for drawn in self._drawn.values():
            ahead = _trial(drawn, (), self._play)
            with contextlib.suppress(JudgingError):
                for at, check in enumerate(drawn.checks):
                    if check.holds is None:
                        ahead.expect(at)

    def judge_fields(self, answers: Mapping[str, str]) -> list[QuestionResult]:
        """Return the result of every typed question, in order; a blank one is `missing`."""
        results: list[QuestionResult] = []
        earlier: dict[str, float] = {}
        for question in self._assignment.fields:
            definition = self._definitions.questions[question.id]
            given = answers.get(question.id, "")
            text = given if isinstance(given, str) else str(given)[:100]
            results.append(self._judge_field(question, definition, text, earlier))
            if isinstance(definition, Number):
                number = typed.typed_number(text, decimals=_decimals(question, definition))
                right = typed.right_number(definition, self._variant)
                earlier[question.id] = right if number is None else number
        return results

    def judge_code(self, question_id: str, outcome: ProbesOutcome, load: Load) -> QuestionResult:
        """Return the result of one code question; those it rests on should have been judged before it.

        Args:
            question_id: which.
            outcome: what its scripts brought back.
            load: how importing the upload went.

        Raises:
            JudgingError: the reference fails, the assignment contradicts itself, or the outcome does not belong to it.
        """
        drawn = self._draw(self._assignment.question(question_id))
        trial = self.trial(question_id, outcome)
        self._slips[question_id] = tuple(
            mistake.replaces for mistake in trial.mistakes.values() if mistake.replaces is not None
        )
        rests_on, trial = self._rested(trial)
        judged = CodeQuestion(
            self._assignment,
            drawn.question,
            trial,
            load,
            has_printed=bool(outcome.stdout.strip()),
            unsound=[name for name in drawn.code.rests_on if self._verdicts.get(name, PASSED) is not PASSED],
            is_load_told=self._is_load_told,
        )
        result = judged.result()
        self._is_load_told = self._is_load_told or judged.tells_load
        self._verdicts[question_id] = result.verdict
        if rests_on is None:
            return result
        title = self._assignment.question(rests_on).title
        return replace(result, feedback=(RESTED.format(title=title), *result.feedback))

    def trial(self, question_id: str, outcome: ProbesOutcome) -> Trial:
        """Return what a code question's scripts brought back, beside what was expected.

        Raises:
            JudgingError: the outcome does not belong to the question.
        """
        drawn = self._draw(self._assignment.question(question_id))
        if outcome.question_id != question_id or len(outcome.outcomes) != len(drawn.checks):
            raise JudgingError(
                f"question {question_id} has {len(drawn.checks)} checks; "
                f"{len(outcome.outcomes)} outcomes came back for {outcome.question_id}"
            )
        return _trial(drawn, outcome.outcomes, self._play)

    def _rested(self, trial: Trial) -> tuple[str | None, Trial]:
        """Return the question whose mistake this one only inherits, and the trial that takes the mistake as given."""
        if trial.is_right:
            return None, trial
        for question_id, rest in trial.code.resting.items():
            for slip in self._slips.get(question_id, ()):
                for functions in rest(slip):
                    code = replace(trial.code, reference={**trial.code.reference, **functions})
                    rested = Trial(code, trial.parts, trial.checks, trial.outcomes, self._play)
                    if rested.is_right:
                        return question_id, rested
        return None, trial

    def no_code(self) -> list[QuestionResult]:
        """Return the result of every code question where nothing was uploaded."""
        feedback = ("No code was handed in for this question.",)
        return [
            _result(question, Decimal(0), Verdict.MISSING, feedback) for question in self._assignment.code_questions
        ]

    def _judge_field(
        self, question: Question, definition: Definition, text: str, earlier: Mapping[str, float]
    ) -> QuestionResult:
        match definition:
            case Number():
                decimals = _decimals(question, definition)
                marking = typed.judge_number(
                    text, definition, decimals=decimals, variant=self._variant, earlier=dict(earlier)
                )
            case Literal():
                marking = typed.judge_literal(text, definition)
            case Choice():
                marking = typed.judge_choice(text, definition, question.choices)
            case Expression():
                marking = typed.judge_expression(text, definition, self._rng(question))
            case Written():
                waits = typed.Marking(Verdict.PENDING, feedback=("A teacher reads and marks this answer.",))
                marking = waits if text.strip() else typed.MISSING
            case Code():
                raise JudgingError(f"question {question.id} is code, not a field")
        return replace(
            _result(question, points_of(question.points, marking.share), marking.verdict, marking.feedback),
            mistake=marking.mistake,
        )

    def _draw(self, question: Question) -> _Drawn:
        if question.id not in self._drawn:
            code = self._definitions.questions[question.id]
            if not isinstance(code, Code):
                raise JudgingError(f"question {question.id} is a field, not code")
            checks = tuple(code.checks(self._rng(question)))
            parts = answers_of_pack.parts_of(code, question)
            _require_consistent(question, parts, checks)
            self._drawn[question.id] = _Drawn(question, code, parts, checks)
        return self._drawn[question.id]

    def _rng(self, question: Question) -> np.random.Generator:
        digest = hashlib.sha256(self._seed + question.id.encode()).digest()
        return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def _trial(drawn: _Drawn, outcomes: Sequence[Outcome], play: Play) -> Trial:
    """Return a trial that shares what was expected with every other of the same drawing."""
    return Trial(drawn.code, drawn.parts, drawn.checks, outcomes, play, drawn.expected, drawn.variants)


def _require_consistent(question: Question, parts: Sequence[Part], checks: Sequence[Check]) -> None:
    names = {part.name for part in parts}
    for check in checks:
        if not names.issuperset(check.parts):
            raise JudgingError(f"question {question.id}: check {check.name} feeds unknown parts {check.parts}")
    for part in parts:
        if not any(not check.parts or part.name in check.parts for check in checks):
            raise JudgingError(f"question {question.id}: no check feeds part {part.name}")


def _decimals(question: Question, number: Number) -> int | None:
    return question.decimals if number.decimals is None else number.decimals


def _result(question: Question, score: Decimal, verdict: Verdict, feedback: Sequence[str]) -> QuestionResult:
    return QuestionResult(
        id=question.id,
        title=question.title,
        score=score,
        max_score=question.points,
        verdict=verdict,
        is_bonus=question.is_bonus,
        feedback=tuple(feedback),
    )
