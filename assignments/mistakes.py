"""Matches a wrong answer to a mistake known by name, over all checks of a question.

A mistake explains an answer when every check that failed is one the mistake fails in the same way, and every check
that passed is one it passes too. A wrong variant is played only when something failed, and only as far as it agrees;
checks that failed come first, since there a variant betrays itself soonest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np

from assignments import compare
from assignments.findings import Finding, JudgingError, find, picked
from assignments.language import Check, Code, Mistake, Part, Tolerance
from assignments.script import Outcome, Script, Status

Play = Callable[[Script, Mapping[str, Callable[..., Any]]], Outcome]
"""Plays a script against functions of ours. The functions get copies: a script's values must survive every play."""


class Agreement(IntEnum):
    """How far a mistake explains what a student's code did."""

    NONE = 0
    FORM = 1  # the same wrong shape, other values
    FULL = 2


@dataclass
class Trial:
    """One submission's answers to one question's checks, beside what was expected.

    Args:
        code: the question's definition.
        parts: how its points are split.
        checks: what was asked, in order.
        outcomes: what came back, one for each check.
        play: plays a script against functions of ours.
        expected: what the reference gave, by position; filled as needed, and worth keeping between submissions of
            one seed only.
        variants: what each mistake's wrong variant gave, by mistake and position; as `expected`.
    """

    code: Code
    parts: tuple[Part, ...]
    checks: Sequence[Check]
    outcomes: Sequence[Outcome]
    play: Play
    expected: dict[int, Outcome] = field(default_factory=dict)
    variants: dict[tuple[int, int], Outcome] = field(default_factory=dict)

    @property
    def value_parts(self) -> tuple[Part, ...]:
        """The parts judged by what came back."""
        return tuple(part for part in self.parts if part.what == "value")

    def checks_of(self, part: Part) -> list[int]:
        """Return the positions of the checks that feed a part."""
        return [at for at, check in enumerate(self.checks) if not check.parts or part.name in check.parts]

    def expect(self, at: int) -> Outcome:
        """Return what the reference gives on a check.

        Raises:
            JudgingError: the reference itself fails.
        """
        if at not in self.expected:
            outcome = self._play(at, self.code.reference)
            if outcome.status is not Status.RETURNED:
                raise JudgingError(
                    f"check {self.checks[at].name}: the reference ended as {outcome.status} "
                    f"({outcome.error_type}: {outcome.message})"
                )
            self.expected[at] = outcome
        return self.expected[at]

    def tolerance(self, at: int) -> Tolerance:
        """Return the tolerance of a check."""
        return self.checks[at].tolerance or self.code.tolerance

    @cached_property
    def findings(self) -> dict[str, dict[int, Finding]]:
        """What each check means: part's name → check's position → finding."""
        return {
            part.name: {at: self._find(at, part, self.outcomes[at]) for at in self.checks_of(part)}
            for part in self.value_parts
        }

    @cached_property
    def mistakes(self) -> dict[str, Mistake]:
        """The mistake that explains each failed part, by the part's name; see `match`."""
        return match(self)

    @property
    def is_right(self) -> bool:
        """Whether every check of every value was passed."""
        return all(finding.is_right for by_check in self.findings.values() for finding in by_check.values())

    def _find(self, at: int, part: Part, outcome: Outcome) -> Finding:
        check = self.checks[at]
        is_compared = check.holds is None and outcome.status is Status.RETURNED
        return find(check, part, outcome, self.expect(at) if is_compared else None, self.code.tolerance)

    def played(self, mistake_at: int, at: int) -> Outcome:
        """Return what a mistake's wrong variant gives on a check."""
        key = (mistake_at, at)
        if key not in self.variants:
            replaced = {**self.code.reference, **(self.code.mistakes[mistake_at].replaces or {})}
            self.variants[key] = self._play(at, replaced)
        return self.variants[key]

    def _play(self, at: int, functions: Mapping[str, Callable[..., Any]]) -> Outcome:
        # A variant that overflows is meant to; nobody has to read of it in the log.
        with np.errstate(all="ignore"):
            return self.play(self.checks[at].script, functions)


def match(trial: Trial) -> dict[str, Mistake]:
    """Return the mistake that explains each failed part, by the part's name; parts nothing explains are left out.

    One mistake that explains the whole question goes before several that explain a part each; among equals the first
    declared is taken.
    """
    failed = [part for part in trial.value_parts if _has_failed(trial.findings[part.name])]
    if not failed:
        return {}
    whole = _first_match(trial, failed, trial.value_parts)
    if whole is not None:
        return {part.name: whole for part in failed}
    by_part = {part.name: _first_match(trial, [part], [part]) for part in failed} if len(trial.value_parts) > 1 else {}
    return {name: mistake for name, mistake in by_part.items() if mistake is not None}


def _has_failed(findings: Mapping[int, Finding]) -> bool:
    return any(not finding.is_right and not finding.is_unjudged for finding in findings.values())


def _first_match(trial: Trial, failed: Sequence[Part], parts: Sequence[Part]) -> Mistake | None:
    by_form: Mistake | None = None
    for mistake_at, mistake in enumerate(trial.code.mistakes):
        if mistake.fails and not all(part.name in mistake.fails for part in failed):
            continue
        agreement = _explains(trial, mistake_at, parts)
        if agreement is Agreement.FULL:
            return mistake
        if agreement is Agreement.FORM and by_form is None:
            by_form = mistake
    return by_form


def _explains(trial: Trial, mistake_at: int, parts: Sequence[Part]) -> Agreement:
    mistake = trial.code.mistakes[mistake_at]
    if mistake.replaces is not None:
        return _variant_explains(trial, mistake_at, parts)
    if mistake.when is not None:
        return Agreement.FULL if _is_recognised(mistake.when, trial.outcomes) else Agreement.NONE
    wrong = [
        finding
        for part in parts
        for finding in trial.findings[part.name].values()
        if not finding.is_right and not finding.is_unjudged
    ]
    is_proved = any(finding.fault == mistake.name for finding in wrong)
    is_explained = all(finding.fault == mistake.name or mistake.name in finding.fits for finding in wrong)
    return Agreement.FULL if is_proved and is_explained else Agreement.NONE


def _is_recognised(when: Callable[[Sequence[Outcome]], bool], outcomes: Sequence[Outcome]) -> bool:
    try:
        with np.errstate(all="ignore"):
            return bool(when(outcomes))
    except Exception:  # noqa: BLE001 - a predicate that cannot read odd data does not recognise it
        return False


def _variant_explains(trial: Trial, mistake_at: int, parts: Sequence[Part]) -> Agreement:
    pairs = [(part, at, finding) for part in parts for at, finding in trial.findings[part.name].items()]
    pairs.sort(key=lambda pair: pair[2].is_right)
    lowest = Agreement.FULL
    for part, at, finding in pairs:
        if finding.is_unjudged:
            continue
        agreement = _agreement(trial, part, at, finding, mistake_at)
        if agreement is Agreement.NONE:
            return Agreement.NONE
        lowest = min(lowest, agreement)
    return lowest


def _agreement(trial: Trial, part: Part, at: int, finding: Finding, mistake_at: int) -> Agreement:
    outcome = trial.outcomes[at]
    if outcome.status not in {Status.RETURNED, Status.RAISED}:
        return Agreement.NONE
    variant = trial.played(mistake_at, at)
    if variant.status is not outcome.status:
        return Agreement.NONE
    if outcome.status is Status.RAISED:
        return Agreement.FULL if variant.error_type == outcome.error_type else Agreement.NONE
    check = trial.checks[at]
    if check.holds is not None and finding.is_right:
        # Many answers are right here, and need not be alike.
        return Agreement.FULL if find(check, part, variant, None, trial.code.tolerance).is_right else Agreement.NONE
    got, given = picked(outcome.value, variant.value, part)
    if compare.compare(got, given, trial.tolerance(at)) is None:
        return Agreement.FULL
    has_other_form = finding.difference is not None and finding.difference.kind is compare.Kind.SHAPE
    return Agreement.FORM if has_other_form and compare.same_form(got, given) else Agreement.NONE
