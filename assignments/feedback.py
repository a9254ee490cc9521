"""The sentences a student reads about code: what happened, what was expected, what to do.

Nothing here tells the answer, and nothing a student's code chose to say is repeated for a hidden check: an exception's
text could carry the hidden input.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from assignments.compare import Difference
from assignments.diagnosis import diagnose
from assignments.findings import Finding, picked
from assignments.language import Check, Part
from assignments.mistakes import Trial
from assignments.render import clean
from assignments.script import Load, Outcome, Status
from assignments.spec import Limits, Question
from assignments.verdict import Verdict

# NumPy's own words, which hold nothing of the values they are about.
NUMPY_WARNING = re.compile(
    r"RuntimeWarning: (?:overflow|underflow|invalid value|divide by zero) encountered in [a-z_0-9 ]{1,40}"
)
WRONG_CALL = re.compile(
    r"positional argument|keyword(?:-only)? argument|required argument|takes no arguments|multiple values"
)
CALLEE = re.compile(r"(?:[^()]{0,200}\.)?(\w{1,100})\(\)")

ERROR_HINTS: Mapping[str, str] = {
    "EOFError": "Nobody can answer `input()` here: take every value from the arguments.",
    "ImportError": "Only NumPy and Python's own library are there to import.",
    "IndexError": "An index is beyond the end: does the code rely on the size of the example?",
    "ModuleNotFoundError": "Only NumPy and Python's own library are there to import.",
    "NotImplementedError": "The function is still the empty one of the starter.",
    "RecursionError": "The function calls itself without an end.",
    "UnboundLocalError": "A name is used before it gets a value on this path through the function.",
    "ZeroDivisionError": "Which values make the divisor 0?",
}


ENOUGH = 3
"""Numbers a relation has to hold for before it is told."""


class Wording:
    """The words for one question: it knows the names that may be said and the limits that held."""

    def __init__(self, question: Question, functions: Mapping[str, Callable[..., Any]], limits: Limits) -> None:
        self._question = question
        self._functions = functions
        self._limits = limits

    def check_message(self, check: Check, outcome: Outcome, findings: Mapping[str, Finding]) -> str:
        """Return what one check says, given its findings by part; empty when all are right."""
        wrong = {name: finding for name, finding in findings.items() if not finding.is_right}
        if not wrong:
            return ""
        if outcome.status is not Status.RETURNED:
            return self.status_message(outcome, is_visible=check.visible)
        is_split = len(findings) > 1
        messages: list[str] = []
        for name, finding in wrong.items():
            message = self._returned(outcome, finding, check.visible, part=name if is_split else "")
            if message not in messages:
                messages.append(message)
        return " ".join(messages)

    def _returned(self, outcome: Outcome, finding: Finding, is_visible: bool, part: str) -> str:
        difference = finding.difference
        if difference is None:
            return sentence(finding.message)
        places = [place for place in (part if not difference.path else "", difference.path) if place]
        what = f"{self._subject(outcome)} returned {f'for {places[0]}: ' if places else ''}{difference.message}"
        return sentence(what + _place(difference, is_visible))

    def status_message(self, outcome: Outcome, *, is_visible: bool) -> str:
        """Return what happened where nothing came back."""
        subject = self._subject(outcome)
        match outcome.status:
            case Status.RAISED:
                return self._raised(outcome, is_visible=is_visible)
            case Status.MISSING:
                return self._missing(outcome)
            case Status.UNREADABLE:
                kind = clean(outcome.message, 120)
                return sentence(f"{subject} returned something that cannot be read{f': {kind}' if kind else ''}") + (
                    " Return plain numbers, lists or NumPy arrays of numbers."
                )
            case Status.TIMED_OUT:
                limit = f"{self._limits.cpu_s:g} s of CPU time or {self._limits.wall_s:g} s by the clock"
                return f"{subject} used up its time ({limit} for the question) and was stopped. Does a loop not end?"
            case Status.OUT_OF_MEMORY:
                return f"{subject} needed more than the {self._limits.memory_mib} MiB of memory there are."
            case Status.OUTPUT_LIMIT:
                return f"{subject} printed more than {self._limits.output_kib} KiB and was stopped."
            case Status.PROCESS_LIMIT:
                return f"{subject} started too many threads or processes."
            case Status.NOT_ALLOWED:
                return f"{subject} tried something forbidden: files, network, processes and signals are closed to it."
            case Status.CRASHED if outcome.error_type == "SystemExit":
                return f"{subject} ended the program instead of returning a value. Take out `exit()` and `quit()`."
            case Status.CRASHED:
                return f"{subject} ended the whole Python process, as a crash outside Python's reach does."
            case Status.NOT_RUN:
                return "Not run: an earlier check of this question ended the process."
            case _:
                return "The grader failed here, not your code."

    def skipped_message(self, outcome: Outcome, titles: Mapping[str, str]) -> str:
        """Return why a check was not judged: a function that another question answers for did not work."""
        name = outcome.rests_on or ""
        return (
            f"Not judged: it needs {self._subject(outcome)}, which did not work. Mend `{titles.get(name, name)}` first."
        )

    def signature(self, function: str) -> str:
        """Return how a function is to be called, as the statement prints it."""
        if self._question.signature and len(self._question.functions) == 1:
            return self._question.signature
        try:
            return f"{function}{inspect.signature(self._functions[function])}"
        except (KeyError, TypeError, ValueError):
            return function

    def _raised(self, outcome: Outcome, *, is_visible: bool) -> str:
        error = clean(outcome.error_type, 60) or "an exception"
        text = clean(outcome.message, 300) if is_visible else ""
        line = f" at line {outcome.line}" if isinstance(outcome.line, int) else ""
        place = f"{line} of {clean(outcome.file, 60)}" if line and outcome.file else line
        message = sentence(f"{self._subject(outcome)} stopped{place} with {error}{f': {text}' if text else ''}")
        complaint = str(outcome.message)[:500]
        callee = CALLEE.match(complaint)
        # The student's own code may be what calls another function wrongly.
        is_their_call = outcome.line is not None and callee is not None and callee[1] != outcome.function
        if outcome.error_type == "TypeError" and WRONG_CALL.search(complaint) and not is_their_call:
            return f"{message} It is called as `{self.signature(str(outcome.function))}`."
        hint = ERROR_HINTS.get(str(outcome.error_type))
        return f"{message} {hint}" if hint else message

    def _missing(self, outcome: Outcome) -> str:
        said = clean(outcome.message, 300)
        if outcome.function is None or outcome.function not in self._functions:
            return sentence(said or "A function is missing")
        what = sentence(said or f"`{outcome.function}` is not defined")
        return f"{what} Expected is a function `{self.signature(outcome.function)}`."

    def _subject(self, outcome: Outcome) -> str:
        # The name comes from the box, so only names that are ours are said.
        if outcome.function in self._functions:
            return f"`{outcome.function}`"
        return f"`{self._question.functions[0]}`" if len(self._question.functions) == 1 else "Your code"


def load_message(load: Load) -> str:
    """Return what went wrong while the upload was loaded, for a question that lacks what it would have defined."""
    name = clean(load.file, 60) or "Your code"
    line = f" at line {load.line}" if isinstance(load.line, int) else ""
    match load.status:
        case Status.TIMED_OUT:
            why = "its time was used up. Does a loop at the top level not end?"
        case Status.OUT_OF_MEMORY:
            why = "it needed more memory than there is."
        case Status.RAISED:
            error = clean(load.error_type, 60) or "an exception"
            text = clean(load.message, 300)
            why = sentence(f"{error}{f': {text}' if text else ''}")
        case _:
            text = clean(load.message, 300)
            why = sentence(text) if text else "the process ended."
    kept = (
        ""
        if load.error_type in {"SyntaxError", "IndentationError", "TabError"}
        else " What was defined above it counts."
    )
    return f"{name} stopped{line} while it was loaded: {why}{kept}"


def needs_load_message(outcomes: Sequence[Outcome]) -> bool:
    """Return whether something the upload should have defined was not there."""
    return any(
        o.status is Status.MISSING or (o.status is Status.RAISED and o.error_type == "NameError") for o in outcomes
    )


def numpy_warnings(outcomes: Sequence[Outcome]) -> list[str]:
    """Return NumPy's complaints about overflow and the like, each once."""
    found = [warning for outcome in outcomes for warning in outcome.warnings if isinstance(warning, str)]
    return [warning for warning in dict.fromkeys(found) if NUMPY_WARNING.fullmatch(warning)][:3]


def common_diagnosis(trial: Trial, part: Part) -> str | None:
    """Return what every wrong result of a part has in common (a sign, a factor, an order), or None.

    A single number may be twice another by chance, and saying so would give it away: it takes several results, or an
    array, to say anything.
    """
    words: set[str | None] = set()
    compared = 0
    for at, finding in trial.findings[part.name].items():
        if finding.is_right or finding.is_unjudged:
            continue
        if finding.difference is None or trial.checks[at].holds is not None:
            return None
        got, want = picked(trial.outcomes[at].value, trial.expect(at).value, part)
        words.add(diagnose(got, want, trial.tolerance(at)))
        compared += np.size(want) if isinstance(want, np.ndarray | list) else 1
        if len(words) > 1 or None in words:
            return None
    return words.pop() if words and compared >= ENOUGH else None


def summary(checks: Sequence[Check], verdicts: Sequence[Verdict]) -> str:
    """Return how many checks are wrong, and how they are counted where that is not plain."""
    wrong = [check for check, verdict in zip(checks, verdicts, strict=True) if verdict is not Verdict.PASSED]
    words = [f"{len(wrong)} of {len(checks)} checks {'is' if len(wrong) == 1 else 'are'} not right."]
    if not any(check.visible for check in wrong) and any(check.visible for check in checks):
        words.append("The ones shown are: the hidden ones try other sizes, signs and values.")
    if any(check.group for check in checks):
        words.append("Checks that belong together count as one, so that a constant answer earns nothing.")
    return " ".join(words)


def sentence(text: str) -> str:
    """Return the text with an upper-case first letter and a full stop."""
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _place(difference: Difference, is_visible: bool) -> str:
    return f"; the first at {difference.where}" if is_visible and difference.where else ""
