"""What an attack achieved: its report held against what its file expects, and searched for what must not be in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from assignments import catalog, definitions
from assignments.judge import Judge
from assignments.language import Code
from tests.attacks.corpus import Attack
from worker.wire import play_trusted

ROOT = Path(__file__).resolve().parents[2]
LONGEST_MESSAGE = 1500
LEAST_DIGITS = 6  # of a number, before finding it in a report means anything
HOST = ("/proc/self", "/tmp/", "/root/", "/home/", "site-packages", str(ROOT))
TRACEBACK = "Traceback (most recent"
HIDDEN = "HIDDEN"  # what attacks mark the inputs with that they try to carry out
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def faults(attack: Attack, questions: Sequence[dict[str, Any]], notes: Sequence[str]) -> list[str]:
    """Return how a report differs from what the attack's file expects.

    Args:
        attack: what was handed in.
        questions: the report's questions, as the API shows them.
        notes: remarks on the upload.
    """
    expected = attack.expected
    if expected.is_refused:
        return ["it was taken, and should have been refused"]
    by_id = {question["id"]: question for question in questions}
    found: list[str] = []
    for place, (question_id, points) in enumerate(expected.points.items()):
        question = by_id[question_id]
        wanted = question["max_score"] if points == "full" else points
        if points != "any" and Decimal(str(question["score"])) != Decimal(str(wanted)):
            found.append(f"{question_id} got {question['score']} of {question['max_score']}, expected {points}")
        if place == 0:
            if expected.verdicts and question["verdict"] not in expected.verdicts:
                found.append(f"{question_id} is {question['verdict']}, expected {'|'.join(sorted(expected.verdicts))}")
            said = " ".join([*question["feedback"], *notes])
            if not re.search(expected.message, said, re.IGNORECASE | re.DOTALL):
                found.append(f"{question_id} says {said[:400]!r}, expected {expected.message!r}")
    return found + list(_odd_messages(questions, notes))


def _odd_messages(questions: Sequence[dict[str, Any]], notes: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with messages however right the verdict is: too long, control characters, nothing said."""
    for question in questions:
        texts = [*question["feedback"], *(check["message"] for check in question["checks"])]
        if question["verdict"] not in {"passed", "missing", "pending"} and not any(texts):
            yield f"{question['id']} is {question['verdict']} and says nothing"
        for text in [*texts, *notes]:
            if len(text) > LONGEST_MESSAGE:
                yield f"a message of {len(text)} characters: {text[:60]!r}"
            if CONTROLS.search(text):
                yield f"control characters in {text[:60]!r}"
        for check in question["checks"]:
            if not check["visible"] and (check.get("input") or check.get("got") or check.get("expected")):
                yield f"the hidden check {check['name']} shows its values"
            if not check["visible"] and HIDDEN in check["message"]:
                yield f"the hidden check {check['name']} repeats what the submission chose to say"


def leaks(
    attack: Attack, document: Mapping[str, Any], *, secrets: Iterable[str], seed: bytes | None = None
) -> list[str]:
    """Return what is in a report and should not be.

    Args:
        attack: what was handed in; what it says itself is no leak.
        document: the report, or the whole answer of the service.
        secrets: texts that must not be in it: keys, tokens, paths.
        seed: the submission's, where it is known: then the hidden checks' expected values are looked for as well.
    """
    own = "\n".join(content.decode("utf-8", "replace") for _, content in attack.files)
    sought = [*HOST, *secrets, *_reference_lines(attack.assignment)]
    found = _found(sought, document, own)
    # What a submission prints it has computed itself, and a traceback of its own thread helps its author.
    numbers = _expected_numbers(attack.assignment, seed) if seed is not None else ()
    words = [TRACEBACK, *numbers, *([seed.hex()] if seed is not None else [])]
    return found + _found(words, {key: value for key, value in document.items() if key != "stdout"}, own)


def _found(words: Iterable[str], document: Mapping[str, Any], own: str) -> list[str]:
    text = json.dumps(document, ensure_ascii=False, default=str)
    return [f"{word[:40]!r} is in the report" for word in words if word in text and word not in own]


def _reference_lines(slug: str) -> set[str]:
    """Return the lines of the reference that nobody would write by chance."""
    code = [value for value in definitions.load(slug).questions.values() if isinstance(value, Code)]
    modules = {function.__module__ for question in code for function in question.reference.values()}
    lines: set[str] = set()
    for module in modules:
        text = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        lines.update(line.strip() for line in text.splitlines() if len(line.strip()) > 30)
    return lines


def _expected_numbers(slug: str, seed: bytes) -> set[str]:
    """Return the numbers the reference gives for the hidden checks, as texts."""
    assignment = catalog.load(slug)
    found: set[str] = set()
    for probes in Judge(assignment, seed=seed, play=play_trusted).probes():
        code = definitions.load(slug).questions[probes.question_id]
        assert isinstance(code, Code)
        drawn = code.checks(np.random.default_rng(0))  # only for which of them are shown
        for check, script in zip(drawn, probes.scripts, strict=True):
            if not check.visible:
                found.update(_numbers(play_trusted(script, code.reference).value))
    return found


def _numbers(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, np.ndarray):
        value = value.ravel().tolist()
    if isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, float | np.floating):
        for text in (repr(float(value)), f"{float(value):.6g}"):
            if sum(char.isdigit() for char in text.strip("0-.")) >= LEAST_DIGITS:
                yield text


def faults_of_refusal(attack: Attack, refusal: str) -> list[str]:
    """Return what is wrong with the words an upload was refused with."""
    found = []
    if not re.search(attack.expected.message, refusal, re.IGNORECASE | re.DOTALL):
        found.append(f"it was refused with {refusal[:400]!r}, expected {attack.expected.message!r}")
    if len(refusal) > LONGEST_MESSAGE or CONTROLS.search(refusal):
        found.append(f"the refusal is too long or not plain text: {refusal[:100]!r}")
    return found
