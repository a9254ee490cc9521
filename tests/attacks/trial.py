"""One attack tried on a runner of one's own, and everything that must hold after it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from grader.errors import FilesRejected
from grader.services.unpack import unpack
from tests.attacks import judge
from tests.attacks.corpus import Attack
from tests.attacks.wall import SECRET, SEED, Wall, as_shown

HOST_SECRETS = (SECRET, sys.prefix, "61999", "GRADER_")


@dataclass
class Trial:
    """What came of an attack: its verdicts in short, and by kind what is not as it should be."""

    attack: Attack
    verdict: str
    seconds: float = 0.0
    problems: dict[str, list[str]] = field(default_factory=dict)

    def note(self, kind: str, found: list[str]) -> None:
        """Add problems of one kind, if there are any."""
        if found:
            self.problems.setdefault(kind, []).extend(found)


def attempt(attack: Attack, wall: Wall) -> Trial:
    """Grade an attack between canaries and look at what it got, learnt, harmed and left behind."""
    started = time.monotonic()
    try:
        unpack(attack.files, attack.assignment)
    except FilesRejected as error:
        trial = Trial(attack, "refused")
        trial.note("verdict", judge.faults_of_refusal(attack, str(error)))
        trial.note("leak", judge.leaks(attack, {"detail": str(error)}, secrets=HOST_SECRETS))
        return trial
    with wall.canaries() as harmed:
        report = wall.grade(attack.files, attack.assignment, attack.limits)
    questions, notes = as_shown(report)
    trial = Trial(attack, verdict_of(attack, questions))
    trial.note("verdict", judge.faults(attack, questions, notes))
    shown = {"questions": questions, "notes": notes, "stdout": report.stdout}
    trial.note("leak", judge.leaks(attack, shown, secrets=HOST_SECRETS, seed=SEED))
    trial.note("canary", [f"beside it: {each}" for each in harmed])
    trial.note("leftovers", wall.leftovers())  # first: what the runner had done by then would not be measured
    trial.note("canary", [f"after it: {each}" for each in filter(None, [wall.canary()])])
    trial.seconds = time.monotonic() - started
    return trial


def verdict_of(attack: Attack, questions: list[dict[str, object]]) -> str:
    """Return verdict and points of the question the attack is about."""
    first = next(iter(attack.expected.points), None)
    question = next((each for each in questions if each["id"] == first), questions[0])
    return f"{question['verdict']} {question['score']}"


def table(trials: Iterator[Trial]) -> Iterator[str]:
    """Yield the lines of a table: attack, verdict, leak, canary, leftovers; problems below their attack."""
    yield f"{'attack':<46} {'verdict':<18} {'leak':<5} {'canary':<7} {'leftovers':<10} seconds"
    for trial in trials:
        marks = ["no" if kind not in trial.problems else "YES" for kind in ("leak", "leftovers")]
        canary = "HARMED" if "canary" in trial.problems else "full"
        verdict = trial.verdict if "verdict" not in trial.problems else f"{trial.verdict} !"
        title = trial.attack.title if len(trial.attack.title) <= 46 else f"{trial.attack.title[:45]}…"
        yield f"{title:<46} {verdict:<18} {marks[0]:<5} {canary:<7} {marks[1]:<10} {trial.seconds:.1f}"
        yield from (f"    {kind}: {text}" for kind, texts in trial.problems.items() for text in texts)
