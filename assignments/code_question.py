"""One code question, from the outcomes of its checks to points, verdict and reasons."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, overload

import numpy as np

from assignments.compare import compare
from assignments.feedback import (
    PRINTED_ONLY,
    SOME_NONE,
    Wording,
    common_diagnosis,
    form_remedy,
    load_message,
    needs_load_message,
    numpy_warnings,
    sentence,
    summary,
)
from assignments.findings import Finding, JudgingError, picked
from assignments.language import Mistake, Part
from assignments.mistakes import Trial
from assignments.patterns import NOTHING_SIMPLE
from assignments.render import clean, render_outline, render_pair, render_script
from assignments.script import Load, Outcome, Status
from assignments.spec import Assignment, Question
from assignments.verdict import CheckResult, Curve, QuestionResult, Verdict

ALL = Fraction(1)
NOTHING = Fraction(0)
HALF = Fraction(1, 2)

MAX_CURVE_POINTS = 2000

# What ended a check instead of an answer, the most telling first: who takes too much memory also runs out of time.
LIMIT_VERDICTS = (Verdict.OUT_OF_MEMORY, Verdict.TIMED_OUT, Verdict.CRASHED)
LIMIT_STATUSES = (Status.OUT_OF_MEMORY, Status.TIMED_OUT, Status.OUTPUT_LIMIT, Status.PROCESS_LIMIT, Status.CRASHED)

log = logging.getLogger(__name__)


class CodeQuestion:
    """One code question on its way from outcomes to a result."""

    def __init__(
        self,
        assignment: Assignment,
        question: Question,
        trial: Trial,
        load: Load,
        *,
        has_printed: bool,
        unsound: Sequence[str],
        is_load_told: bool,
    ) -> None:
        self.tells_load = False  # whether the result says how loading went
        self._is_load_told = is_load_told
        self._question = question
        self._trial = trial
        self._code, self._parts, self._checks = trial.code, trial.parts, trial.checks
        self._outcomes = trial.outcomes
        self._load = load
        self._has_printed = has_printed
        self._unsound = unsound  # questions this one rests on that are not right themselves
        self._titles = {other.id: other.title for other in assignment.questions}
        self._limits = assignment.limits
        self._wording = Wording(question, trial.code.reference, assignment.limits)
        self._changed = [_changed(item, trial.code.may_change) for item in trial.outcomes]

    def result(self) -> QuestionResult:
        """Return the question's points, verdict and reasons."""
        found = self._trial.mistakes
        shares = self._shares(found)
        score = sum((points_of(part.points, shares[part.name]) for part in self._parts), Decimal(0))
        checks = [self._check_result(at) for at in range(len(self._checks))]
        verdict = self._verdict(score, [check.verdict for check in checks])
        cannot_tell = bool(self._unsound) and not found and verdict in {Verdict.FAILED, Verdict.PARTIAL}
        if cannot_tell and verdict is Verdict.FAILED:
            verdict = Verdict.SKIPPED
        extra = [self._manner_result(part, shares) for part in self._parts if part.what != "value"]
        rests = [self._rests_on()] if cannot_tell else []
        named = list(dict.fromkeys(mistake.name for mistake in found.values()))
        return QuestionResult(
            id=self._question.id,
            title=self._question.title,
            score=score,
            max_score=self._question.points,
            verdict=verdict,
            is_bonus=self._question.is_bonus,
            mistake=named[0] if named else None,
            feedback=tuple(dict.fromkeys([*rests, *self._feedback(found, checks, shares, verdict)])),
            checks=(*checks, *extra),
            curves=self._curves(),
        )

    # --- points -------------------------------------------------------------------------------------------------------

    def _shares(self, found: Mapping[str, Mistake]) -> dict[str, Fraction]:
        """Return the share of its points that each part earns."""
        shares: dict[str, Fraction] = {}
        for part in self._parts:
            if part.needs is not None and not shares[part.needs]:
                shares[part.name] = NOTHING
            elif part.what == "value":
                shares[part.name] = self._value_share(part, found.get(part.name))
            else:
                shares[part.name] = ALL if self._has_manners(part) else NOTHING
        return shares

    def _value_share(self, part: Part, mistake: Mistake | None) -> Fraction:
        # Checks of one group count as one; each ungrouped check is its own.
        units: dict[object, bool] = {}
        for at, finding in self._trial.findings[part.name].items():
            unit = self._checks[at].group or at
            units[unit] = units.get(unit, True) and finding.is_right
        share = Fraction(sum(units.values()), len(units))
        if share == ALL:
            return ALL
        if mistake is not None:
            return mistake.keeps
        return share if share >= HALF else NOTHING

    def _has_manners(self, part: Part) -> bool:
        """Whether a "pure" or "quiet" part is earned: nothing changed in place, or no warning, wherever it returned."""
        fed = self._trial.checks_of(part)
        returned = [at for at in fed if self._outcomes[at].status is Status.RETURNED]
        return 2 * len(returned) >= len(fed) and not any(self._offences(part, at) for at in returned)

    def _offences(self, part: Part, at: int) -> list[str]:
        if part.what == "pure":
            return self._changed[at]
        return [text for text in self._outcomes[at].warnings if str(text).startswith("RuntimeWarning")]

    # --- verdicts -----------------------------------------------------------------------------------------------------

    def _verdict(self, score: Decimal, verdicts: Sequence[Verdict]) -> Verdict:
        if Verdict.GRADER_ERROR in verdicts:
            return Verdict.GRADER_ERROR
        if score == self._question.points:
            return Verdict.PASSED
        if score:
            return Verdict.PARTIAL
        wrong = [verdict for verdict in verdicts if verdict is not Verdict.PASSED]
        # A check that never ran says nothing; the one that ended the process does.
        reasons = [verdict for verdict in wrong if verdict is not Verdict.SKIPPED] or wrong
        if not reasons:
            return Verdict.FAILED
        if len(set(reasons)) == 1:
            return reasons[0]
        limit = self._limit_reached()
        if limit is None or not set(reasons) <= set(LIMIT_VERDICTS):
            return Verdict.FAILED  # something came back, and it was wrong
        # An exception may well come from a lack of memory, but not from a lack of time.
        is_telling = verdicts[limit] is Verdict.OUT_OF_MEMORY or not self._has_raised()
        return verdicts[limit] if is_telling else Verdict.FAILED

    def _check_result(self, at: int) -> CheckResult:
        check, outcome = self._checks[at], self._outcomes[at]
        findings = {name: by_check[at] for name, by_check in self._trial.findings.items() if at in by_check}
        wrong = [finding for finding in findings.values() if not finding.is_right]
        verdict = wrong[0].verdict if wrong else Verdict.PASSED
        if not findings and outcome.status is not Status.RETURNED:
            # It feeds only how the function behaves, and there was nothing to see.
            verdict = Verdict.FAILED
            message = self._wording.status_message(outcome, is_visible=check.visible)
        else:
            message = self._wording.check_message(check, outcome, findings)
        if wrong and outcome.rests_on is not None and outcome.status is not Status.RETURNED:
            message = self._wording.skipped_message(outcome, self._titles)
        result = CheckResult(check.name, check.visible, verdict, message)
        return self._with_numbers(result, at) if check.visible else result

    def _with_numbers(self, result: CheckResult, at: int) -> CheckResult:
        check, outcome = self._checks[at], self._outcomes[at]
        got: str | None = None
        expected: str | None = None
        if outcome.status is Status.RETURNED and check.holds is None:
            want, tolerance = self._trial.expect(at).value, self._trial.tolerance(at)
            got, expected = render_pair(outcome.value, want, lambda one, other: compare(one, other, tolerance) is None)
        elif check.holds is None:
            expected = render_outline(self._trial.expect(at).value)
        elif outcome.status is Status.RETURNED:
            got = render_outline(outcome.value)
        if outcome.status is Status.RAISED:
            got = clean(f"{outcome.error_type}: {outcome.message}")
        shows = check.shows if check.shows is not None else render_script(check.script, self._code.reference)
        return replace(result, input=shows, got=got, expected=expected)

    def _manner_result(self, part: Part, shares: Mapping[str, Fraction]) -> CheckResult:
        """Return a "pure" or "quiet" part as a check of its own."""
        if shares[part.name]:
            return CheckResult(part.name, is_visible=True, verdict=Verdict.PASSED)
        if part.needs is not None and not shares[part.needs]:
            return CheckResult(part.name, True, Verdict.SKIPPED, "Counts once the values are right.")
        return CheckResult(part.name, True, Verdict.FAILED, self._manner_message(part, shares))

    def _manner_message(self, part: Part, shares: Mapping[str, Fraction]) -> str:
        offences = list(dict.fromkeys(text for at in self._trial.checks_of(part) for text in self._offences(part, at)))
        if not offences:
            return "Too few checks returned anything to tell."
        if part.what == "pure":
            return f"Changed in place: {_names(offences)}. Make a new array instead: `w = w + step`, not `w += step`."
        said = "; ".join(numpy_warnings(self._outcomes)) or "a RuntimeWarning"
        praise = "The values are right, but " if ALL in shares.values() else ""
        return f"{praise}NumPy warned on the way ({clean(said, 200)})."

    def _rests_on(self) -> str:
        first = ", ".join(f"`{self._titles.get(name, name)}`" for name in self._unsound)
        return f"This question rests on {first}, which is not right yet. Mend that first: this may come right with it."

    # --- words --------------------------------------------------------------------------------------------------------

    def _feedback(
        self,
        found: Mapping[str, Mistake],
        checks: Sequence[CheckResult],
        shares: Mapping[str, Fraction],
        verdict: Verdict,
    ) -> list[str]:
        words = [mistake.says for mistake in found.values()]
        if self._load.status is not Status.RETURNED and needs_load_message(self._outcomes):
            words.append(load_message(self._load, self._limits, is_told=self._is_load_told))
            self.tells_load = True
        unexplained = [part for part in self._trial.value_parts if part.name not in found]
        words += self._unexplained(unexplained, checks, verdict)
        words += self._remark()
        words += [
            self._manner_message(part, shares)
            for part in self._parts
            if part.what != "value" and not shares[part.name] and (part.needs is None or shares[part.needs])
        ]
        changed = list(dict.fromkeys(name for names in self._changed for name in names))
        if changed and not any(part.what == "pure" for part in self._parts):
            words.append(
                f"An argument was changed in place: {_names(changed)}. It cost nothing here, but a caller's "
                "arrays should come back as they were."
            )
        return words

    def _unexplained(self, parts: Sequence[Part], checks: Sequence[CheckResult], verdict: Verdict) -> list[str]:
        """Return what can be said about parts that failed in a way no mistake explains."""
        wrong = [
            (part, at, finding)
            for part in parts
            for at, finding in self._trial.findings[part.name].items()
            if not finding.is_right
        ]
        if not wrong:
            return []
        verdicts = [check.verdict for check in checks]
        limit = self._limit_reached()
        if limit is not None and verdict is verdicts[limit]:
            wrong = [item for item in wrong if item[1] == limit] or wrong
        # A check that is shown comes first: its numbers are beside it.
        part, at, finding = min(wrong, key=lambda item: (not self._checks[item[1]].visible, item[1]))
        words = [checks[at].message]
        if limit is not None and checks[limit].message not in words:
            words.append(checks[limit].message)
        if len(set(verdicts) - {Verdict.SKIPPED}) > 1:
            words.append(summary(self._checks, verdicts))
        if finding.is_unjudged:
            return words
        diagnosis = common_diagnosis(self._trial, part)
        hint = self._hint(part, at)
        if diagnosis is not None and not (hint and diagnosis == NOTHING_SIMPLE):
            words.append(diagnosis if len(self._trial.value_parts) == 1 else f"{part.name}: {diagnosis}")
        if hint:
            words.append(hint)
        # What a property found out about another part stands in no array: it would be read nowhere else.
        words += [
            checks[other].message for name, other, found in wrong if name is not part and self._tells(found, other)
        ]
        if finding.difference is not None:
            words.append(form_remedy(self._value_of(part, at), finding.difference.kind))
        if finding.verdict is Verdict.FAILED and self._is_none_at_times(part):
            words.append(SOME_NONE)
        if finding.difference is not None and self._outcomes[at].value is None and self._has_printed:
            words.append(PRINTED_ONLY)
        warnings = [text.removeprefix("RuntimeWarning: ") for text in numpy_warnings(self._outcomes)]
        words = [word for word in words if word]
        return [*words, sentence(f"NumPy warned: {'; '.join(warnings)}")] if warnings else words

    def _limit_reached(self) -> int | None:
        """Return the check that tells most about a limit that was reached; None where none was."""
        reached = [
            (LIMIT_STATUSES.index(outcome.status), not check.visible, at)
            for at, (check, outcome) in enumerate(zip(self._checks, self._outcomes, strict=True))
            if outcome.status in LIMIT_STATUSES and outcome.rests_on is None
        ]
        return min(reached)[2] if reached else None

    def _has_raised(self) -> bool:
        return any(outcome.status is Status.RAISED for outcome in self._outcomes)

    def _value_of(self, part: Part, at: int) -> Any:
        want = None if self._checks[at].holds is not None else self._trial.expect(at).value
        return picked(self._outcomes[at].value, want, part)[0]

    def _is_none_at_times(self, part: Part) -> bool:
        """Whether None came back from some calls and something else from others."""
        values = [
            self._value_of(part, at)
            for at in self._trial.findings[part.name]
            if self._outcomes[at].status is Status.RETURNED
        ]
        return 0 < sum(value is None for value in values) < len(values)

    def _remark(self) -> list[str]:
        """Return the question's own last sentence on what is wrong, or on how it was done where nothing is."""
        remark = self._code.advice if self._trial.is_right else self._code.remark
        if remark is None:
            return []
        compared = {
            part.name: [
                picked(self._outcomes[at].value, self._trial.expect(at).value, part)
                for at in self._trial.findings[part.name]
                if self._outcomes[at].status is Status.RETURNED and self._checks[at].holds is None
            ]
            for part in self._trial.value_parts
        }
        try:
            with np.errstate(all="ignore"):
                said = remark(compared)
        except JudgingError:
            raise
        except Exception:  # noqa: BLE001 - a remark that cannot read odd data is left out
            return []
        return [said] if said else []

    def _tells(self, finding: Finding, at: int) -> bool:
        return self._checks[at].holds is not None and finding.difference is None and not finding.is_unjudged

    def _hint(self, part: Part, at: int) -> str | None:
        if self._code.hint is None or self._outcomes[at].status is not Status.RETURNED or self._checks[at].holds:
            return None
        try:
            return self._code.hint(*picked(self._outcomes[at].value, self._trial.expect(at).value, part))
        except JudgingError:
            raise
        except Exception:  # noqa: BLE001 - a hint that cannot read odd data is left out
            return None

    def _curves(self) -> tuple[Curve, ...]:
        if self._code.curves is None:
            return ()
        try:
            curves = self._code.curves(self._outcomes, _Expected(self._trial))
            return tuple(
                replace(curve, student=_series(curve.student), reference=_series(curve.reference)) for curve in curves
            )
        except JudgingError:
            raise
        except Exception:  # noqa: BLE001 - odd data draws no curve, and costs nothing else
            log.info("no_curve question=%s", self._question.id)
            return ()


class _Expected(Sequence[Outcome]):
    """What the reference gives, check by check, played only where a curve looks at it: a training takes its time."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    def __len__(self) -> int:
        return len(self._trial.checks)

    @overload
    def __getitem__(self, at: int) -> Outcome: ...

    @overload
    def __getitem__(self, at: slice) -> list[Outcome]: ...

    def __getitem__(self, at: int | slice) -> Outcome | list[Outcome]:
        places = range(len(self))
        return (
            [self._trial.expect(place) for place in places[at]]
            if isinstance(at, slice)
            else self._trial.expect(places[at])
        )


def points_of(points: Decimal, share: Fraction) -> Decimal:
    """Return a share of the points, unrounded."""
    if share == ALL:
        return points
    return points * share.numerator / share.denominator if share else Decimal(0)


def _changed(outcome: Outcome, may_change: Sequence[str]) -> list[str]:
    return [clean(name, 80) for name in outcome.mutated if name.partition(":")[0] not in may_change]


def _names(changed: Sequence[str]) -> str:
    """Return "function: argument" entries as words."""
    return ", ".join(f"`{entry.rpartition(': ')[2]}`" for entry in changed[:6])


def _series(values: Sequence[float]) -> tuple[float, ...]:
    """Return a curve's values, few enough to draw; where they are no numbers any more, that is what the curve shows."""
    return tuple(float(value) for value in list(values)[:MAX_CURVE_POINTS])
