"""A result as a terminal shows it: what was scored, then what to mend first."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from grader.services.text import one_line, plain

WIDTH = 80
MAX_SHOWN_STDOUT = 2_000  # characters
MAX_SHOWN_LINES = 12  # of one input, got or expected
_HIDDEN_MESSAGES = 2
_SAID_ENOUGH = {"missing", "skipped", "pending"}  # verdicts whose checks have nothing to add

_WORDS = {
    "passed": ("✓", "passed"),
    "partial": ("◐", "partly right"),
    "failed": ("✗", "not right"),
    "crashed": ("✗", "crashed"),
    "timed_out": ("✗", "out of time"),
    "out_of_memory": ("✗", "out of memory"),
    "missing": ("–", "missing"),
    "invalid": ("?", "cannot be read"),
    "skipped": ("–", "skipped"),
    "pending": ("…", "waits for a teacher"),
    "grader_error": ("!", "the grader failed"),
}


def report_text(run: Mapping[str, Any]) -> str:
    """Return the report of a submission's or a run's JSON, with a line end; no control characters, no colours."""
    lines = [_headline(run), *_circumstances(run), ""]
    for note in run.get("notes", ()):
        lines += _wrapped(f"Note: {note}", "")
    if run.get("notes"):
        lines.append("")
    for question in run.get("questions", ()):
        lines += _question(question)
    printed = plain(run.get("stdout") or "").rstrip()
    if printed:
        if len(printed) > MAX_SHOWN_STDOUT:
            printed = printed[:MAX_SHOWN_STDOUT] + " …"
        lines += ["", "Your code printed:", *_indented(printed, "    ", MAX_SHOWN_LINES * 3)]
    links = run.get("links")
    if links:
        lines += ["", f"See it on the page: {links['html']}"]
    return plain("\n".join(line.rstrip() for line in lines)).strip("\n") + "\n"


def _headline(run: Mapping[str, Any]) -> str:
    name = run["assignment"]
    attempt = f", attempt {run['attempt']}" if "attempt" in run else ""
    status = run.get("status", "graded")
    if status == "graded":
        return f"{name}{attempt}: {_number(run['score'])} of {_number(run['max_score'])} points"
    if status == "failed":
        return f"{name}{attempt}: the grader failed; this attempt is not counted and will be graded again"
    if status == "running":
        return f"{name}{attempt}: is being graded"
    queue = run.get("queue")
    place = f", place {queue['place']}, about {_number(queue['estimate_s'])} s" if queue else ""
    return f"{name}{attempt}: is waiting to be graded{place}"


def _circumstances(run: Mapping[str, Any]) -> list[str]:
    lines = []
    if "received_at" in run:
        late = f", {_duration(run['late_s'])} late" if run["late_s"] else ""
        lines.append(f"Handed in {run['received_at'].replace('T', ' ').replace('Z', ' UTC')}{late}.")
    if run.get("penalty"):
        taken = f"{_number(run['penalty'])} points are taken off for lateness"
        lines.append(f"{taken}: the grade is {_number(run['grade'])}.")
    if run.get("counts"):
        lines.append("This attempt is the one that counts.")
    pending = sum(question["verdict"] == "pending" for question in run.get("questions", ()))
    if pending:
        waiting = "1 answer waits" if pending == 1 else f"{pending} answers wait"
        lines.append(f"{waiting} for a teacher; the points come on top when they are marked.")
    left = run.get("attempts_left")
    if left is not None:
        lines.append(f"Attempts left: {left}.")
    return lines


def _question(question: Mapping[str, Any]) -> list[str]:
    sign, word = _WORDS.get(question["verdict"], ("?", str(question["verdict"])))
    score = "–" if question["verdict"] == "pending" else _number(question["score"])
    points = f"{score} / {_number(question['max_score'])}"
    bonus = " (bonus)" if question.get("is_bonus") else ""
    title = one_line(question.get("title") or "", 50)
    name = question["id"] if not title or title == question["id"] else f"{question['id']}: {title}"
    left = f"{sign} {name}{bonus}, {word}"
    lines = [f"{left}{' ' * max(2, WIDTH - len(left) - len(points))}{points}"]
    if question.get("mistake"):
        lines.append(f"    Mistake: {one_line(question['mistake'])}")
    for message in question.get("feedback", ()):
        lines += _wrapped(message, "    ")
    for curve in question.get("curves", ()):
        lines += _wrapped(f"{curve['title']}: {curve['says']}", "    ")
    if question["verdict"] not in _SAID_ENOUGH:
        lines += _checks(question.get("checks", ()), said=set(question.get("feedback", ())))
    return lines


def _checks(checks: Sequence[Mapping[str, Any]], *, said: set[str]) -> list[str]:
    """Return the lines on a question's checks, without the messages in `said`, which stand above them."""
    visible = [check for check in checks if check["visible"]]
    hidden = [check for check in checks if not check["visible"]]
    lines = []
    for check in visible:
        if check["verdict"] == "passed":
            continue
        lines.append(f"    {_WORDS.get(check['verdict'], ('?', ''))[0]} {one_line(check['name'], 70)}")
        if check.get("message") and check["message"] not in said:
            lines += _wrapped(check["message"], "      ")
        for key in ("input", "got", "expected"):
            if check.get(key) is not None:
                lines += _labelled(key, check[key])
    for total, kind in ((visible, "shown"), (hidden, "hidden")):
        passed = sum(check["verdict"] == "passed" for check in total)
        if total and passed < len(checks):
            lines.append(f"    {passed} of {len(total)} {kind} cases passed.")
    # What stopped a case that is shown has been said, with more words than a hidden one may have.
    told = {"passed", *(check["verdict"] for check in visible if check["verdict"] != "failed")}
    messages = dict.fromkeys(check["message"] for check in hidden if check["verdict"] not in told and check["message"])
    for message in [text for text in messages if text not in said][:_HIDDEN_MESSAGES]:
        lines += _wrapped(f"hidden: {message}", "      ")
    all_passed = bool(checks) and all(check["verdict"] == "passed" for check in checks)
    return [] if all_passed else lines


def _labelled(label: str, text: str) -> list[str]:
    lead = f"      {label:<9} "
    room = WIDTH - len(lead)
    # Code keeps its lines and their indentation; only what is wider than the report goes on below.
    pieces = [piece for line in plain(text).split("\n") for piece in (_fitting(line, room) or [""])]
    first, *rest = pieces[:MAX_SHOWN_LINES]
    return [lead + first, *(" " * len(lead) + line for line in rest)]


def _fitting(line: str, room: int) -> list[str]:
    return textwrap.wrap(line, room, replace_whitespace=False, break_on_hyphens=False)


def _indented(text: str, indent: str, most: int) -> list[str]:
    lines = text.split("\n")
    more = [f"{indent}… {len(lines) - most} more lines"] if len(lines) > most else []
    return [indent + line for line in lines[:most]] + more


def _wrapped(text: str, indent: str) -> list[str]:
    lines = []
    for paragraph in plain(text).split("\n"):
        lines += textwrap.wrap(
            paragraph,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _duration(seconds: int) -> str:
    """Return a span in its two largest units: "1 d 2 h", "5 min"."""
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
