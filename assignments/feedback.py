"""The sentences a student reads about code: what happened, what was expected, what to do.

Nothing here tells the answer, and nothing a student's code chose to say is repeated for a hidden check: an exception's
text could carry the hidden input.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assignments import patterns
from assignments.compare import Difference, Kind, off_pairs
from assignments.diagnosis import Result, diagnose
from assignments.disclosure import KINDS, advice, error_name, kind_of_value, tried_to_write, why_missing
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
PRINTED_ONLY = "Printing a value does not return it."
SOME_NONE = "None came back from some calls only: does every way through the function end in a `return`?"

WRONG_CALL = re.compile(
    r"positional argument|keyword(?:-only)? argument|required argument|takes no arguments|multiple values"
)
CALLEE = re.compile(r"(?:[^()]{0,200}\.)?(\w{1,100})\(\)")

ERROR_HINTS: Mapping[str, str] = {
    "FileNotFoundError": "There are no files of yours here: take every value from the arguments.",
    "ImportError": "Only NumPy and Python's own library are there to import.",
    "IndexError": "An index is beyond the end: does the code rely on the size of the example?",
    "ModuleNotFoundError": "Only NumPy and Python's own library are there to import.",
    "RecursionError": "The function calls itself without an end.",
    "UnboundLocalError": (
        "A name is used before it gets a value on this path through the function. Is it one from outside? A function "
        "that changes it has to say `global` first."
    ),
    "ZeroDivisionError": "Which values make the divisor 0?",
}
ASKED_FOR = re.compile(r"Unable to allocate ([\d.]{1,8} [KMGTPE]?i?B) for an array with shape (\([\d, ]{1,60}\))")
THREAD_MIB = 8  # what a thread takes for its stack
SAID_ALREADY = (
    *("no files of yours", "input()", "one process here", "does not work here", "nobody to debug"),
    *("no network here", "no command line here", "Did you mean"),
)
"""Words of a visible message that make a hint a repetition."""
ANOTHER_REASON = re.compile(r"^`\w+` stands |did you mean your|, not a function|keep one of them$")
"""Why a function is missing that has nothing to do with what failed while the upload was loaded."""


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
        # What is wrong with all of it in the same way (its length, say) is said once.
        is_alike = len(wrong) == len(findings) and len({_what(finding) for finding in wrong.values()}) == 1
        is_split = len(findings) > 1 and not is_alike
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
                return self._missing(outcome, is_visible=is_visible)
            case Status.UNREADABLE:
                kind = kind_of_value(outcome, is_visible=is_visible)
                remedy = KINDS.get(kind, "Return plain numbers, lists or NumPy arrays of numbers.")
                what = f"{subject} returned something that cannot be read{f': {kind}' if kind else ''}"
                return f"{sentence(what)} {remedy}"
            case Status.TIMED_OUT:
                return f"{subject} {_time_limit(outcome, self._limits)}"
            case Status.OUT_OF_MEMORY:
                room = f"{self._limits.memory_mib} MiB"
                asked = ASKED_FOR.search(str(outcome.message)[:300]) if is_visible else None
                much = f" It asked for {asked[1]} for one array of shape {asked[2]}." if asked else ""
                return f"{subject} needed more than the {room} of memory there are{_located(outcome)}.{much}"
            case Status.OUTPUT_LIMIT:
                return f"{subject} printed more than {self._limits.output_kib} KiB and was stopped."
            case Status.PROCESS_LIMIT:
                most = self._limits.memory_mib // THREAD_MIB
                return (
                    f"{subject} started too many threads: each takes {THREAD_MIB} MiB of the "
                    f"{self._limits.memory_mib} MiB of memory there are, so {most} are more than fit. Use one."
                )
            case Status.NOT_ALLOWED if tried_to_write(outcome):
                return (
                    f"{subject} tried to write a file. Nothing can be saved here: return the result, and take "
                    '`np.save`, `open(…, "w")` and the like out.'
                )
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
        error = error_name(outcome, is_visible=is_visible)
        place = _located(outcome)
        if outcome.error_type == "NotImplementedError":
            return (
                f"{self._subject(outcome)} stopped{place} with NotImplementedError, which the starter has where your "
                "own lines are due: that function is not written yet."
            )
        hint = advice(outcome) or ERROR_HINTS.get(str(outcome.error_type))
        # Where we know what to do, the first sentence of a long complaint is enough.
        complained = str(outcome.message)[:1000]
        text = clean(complained.partition("\n")[0] if hint else complained, 300) if is_visible else ""
        message = sentence(f"{self._subject(outcome)} stopped{place} with {error}{f': {text}' if text else ''}")
        complaint = str(outcome.message)[:500]
        callee = CALLEE.match(complaint)
        # The student's own code may be what calls another function wrongly.
        is_their_call = outcome.line is not None and callee is not None and callee[1] != outcome.function
        if outcome.error_type == "TypeError" and WRONG_CALL.search(complaint) and not is_their_call:
            return f"{message} It is called as `{self.signature(str(outcome.function))}`.{self._default(complaint)}"
        if hint and text and any(word in text for word in SAID_ALREADY):
            hint = None
        return f"{message} {hint}" if hint else message

    def _default(self, complaint: str) -> str:
        """Return what to add where an argument that may be left out was left out."""
        found = re.search(r"missing \d required positional arguments?: .*?'(\w{1,40})'$", complaint)
        if found and re.search(rf"\b{found[1]}=", self._question.signature or ""):
            return f" `{found[1]}` may be left out: give it that value in your `def`."
        return ""

    def _missing(self, outcome: Outcome, *, is_visible: bool) -> str:
        said = why_missing(outcome, is_visible=is_visible)
        if outcome.function is None or outcome.function not in self._functions:
            return sentence(said or "A function is missing")
        what = sentence(said or f"`{outcome.function}` is not defined")
        return f"{what} Expected is a function `{self.signature(outcome.function)}`."

    def _subject(self, outcome: Outcome) -> str:
        # The name comes from the box, so only names that are ours are said.
        if outcome.function in self._functions:
            return f"`{outcome.function}`"
        return f"`{self._question.functions[0]}`" if len(self._question.functions) == 1 else "Your code"


def _time_limit(outcome: Outcome, limits: Limits) -> str:
    """Return which of the two time limits it was, by the words of the runner that stopped it."""
    said = str(outcome.message)[:200]
    if "computing time" in said:
        return (
            f"used up its {limits.cpu_s:g} s of computing time and was stopped{_located(outcome)}. Does a loop not end?"
        )
    if "had not finished" in said:
        took = f"used up its time of {limits.wall_s:g} s by the clock"
        return f"{took} and was stopped{_located(outcome)}. Does it wait for something?"
    limit = f"{limits.cpu_s:g} s of computing time or {limits.wall_s:g} s by the clock"
    return f"used up its time ({limit} for the question) and was stopped. Does a loop not end?"


def _located(outcome: Outcome) -> str:
    """Return where in the student's own file it was, " at line 3 of work.py", or ""."""
    line = f" at line {outcome.line}" if isinstance(outcome.line, int) else ""
    return f"{line} of {clean(outcome.file, 60)}" if line and outcome.file else line


def load_message(load: Load, limits: Limits, *, is_told: bool) -> str:
    """Return what went wrong while the upload was loaded, for a question that lacks what it would have defined.

    Args:
        load: how it went.
        limits: that held.
        is_told: an earlier question said it already; then only where it was.
    """
    name = clean(load.file, 60) or "Your code"
    line = f" at line {load.line}" if isinstance(load.line, int) else ""
    if is_told:
        return f"{name} stopped{line} while it was loaded, as said above."
    match load.status:
        case Status.TIMED_OUT:
            limit = f"{limits.cpu_s:g} s of computing time, {limits.wall_s:g} s by the clock"
            why = f"its time ({limit}) was used up. Does a loop at the left margin not end, or does it train there?"
        case Status.OUT_OF_MEMORY:
            why = f"it needed more than the {limits.memory_mib} MiB of memory there are."
        case Status.OUTPUT_LIMIT:
            why = f"it printed more than {limits.output_kib} KiB."
        case Status.RAISED:
            said = [clean(load.error_type, 60), clean(load.message, 300)]
            why = sentence(": ".join(word for word in said if word) or "an exception")
        case _:
            text = clean(load.message, 300)
            why = sentence(text) if text else "the process ended."
    kept = "" if load.status is Status.RAISED else " What was defined above it counts."
    return f"{name} stopped{line} while it was loaded: {why}{kept}"


def form_remedy(value: Any, kind: Kind) -> str:
    """Return what to do about a result of another kind than asked for, or ""."""
    if kind is Kind.UNREADABLE and isinstance(value, str):
        return "Return the number itself: without quotes, without `str(…)` and without an f-string."
    if kind is Kind.SHAPE and isinstance(value, dict):
        return "Return the values themselves, side by side and in their order: `return a, b`."
    return ""


def needs_load_message(outcomes: Sequence[Outcome]) -> bool:
    """Return whether something the upload should have defined was not there."""
    return any(
        (o.status is Status.MISSING and not ANOTHER_REASON.search(str(o.message)))
        or (o.status is Status.RAISED and o.error_type == "NameError")
        for o in outcomes
    )


def numpy_warnings(outcomes: Sequence[Outcome]) -> list[str]:
    """Return NumPy's complaints about overflow and the like, each once."""
    found = [warning for outcome in outcomes for warning in outcome.warnings if isinstance(warning, str)]
    return [warning for warning in dict.fromkeys(found) if NUMPY_WARNING.fullmatch(warning)][:3]


def common_diagnosis(trial: Trial, part: Part) -> str | None:
    """Return what every wrong result of a part has in common: how it is wrong, else where; None where nothing is said.

    A property says itself what does not hold.
    """
    findings = [(at, found) for at, found in trial.findings[part.name].items() if not found.is_unjudged]
    wrong = [(at, found) for at, found in findings if not found.is_right]
    if not wrong or any(trial.checks[at].holds is not None for at, _ in wrong):
        return None
    where = patterns.describe(trial, part)
    results: list[Result] = []
    compared = [at for at, found in wrong if found.difference is not None]
    for at in compared:
        got, want = picked(trial.outcomes[at].value, trial.expect(at).value, part)
        tolerance, sizes = trial.tolerance(at), patterns.sizes(trial.checks[at])
        results += [Result(*pair, tolerance, sizes) for pair in off_pairs(got, want, tolerance)]
    how = None if patterns.is_yes_or_no(trial, part) else diagnose(results)
    said = [words for words in (how, where) if words is not None]
    if said or any(_says_itself(found) for _, found in wrong):
        return " ".join(said) or None
    # Where the cases that are shown come out right, the summary says where to look.
    return patterns.NOTHING_SIMPLE if any(trial.checks[at].visible for at in compared) else None


def _says_itself(finding: Finding) -> bool:
    """Return whether a difference needs no further words: None came back, or another shape, or no number."""
    return finding.difference is None or finding.difference.kind is not Kind.VALUES


def summary(checks: Sequence[Check], verdicts: Sequence[Verdict]) -> str:
    """Return how many checks are wrong, and how they are counted where that is not plain."""
    wrong = [check for check, verdict in zip(checks, verdicts, strict=True) if verdict is not Verdict.PASSED]
    words = [f"{len(wrong)} of {len(checks)} checks {'is' if len(wrong) == 1 else 'are'} not right."]
    if not any(check.visible for check in wrong) and any(check.visible for check in checks):
        words.append("Those that are shown are right; the hidden ones try other sizes, signs and values.")
    if any(check.group for check in checks):
        words.append("Checks that belong together count as one, so that a constant answer earns nothing.")
    return " ".join(words)


def sentence(text: str) -> str:
    """Return the text with an upper-case first letter and a full stop."""
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _what(finding: Finding) -> str:
    return finding.message if finding.difference is None else finding.difference.message


def _place(difference: Difference, is_visible: bool) -> str:
    return f"; the first at {difference.where}" if is_visible and difference.where else ""
