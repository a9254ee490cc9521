"""Runs the corpus of attacks and prints what came of each.

    python -m tests.attacks                                  against a runner of its own
    python -m tests.attacks --url URL --token TOKEN          against a running service, as a student
    python -m tests.attacks --demo var/demo.json A01 E       the same with the demo's students; these attacks only

Exit code 1 when anything was not as it must be.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.attacks import corpus
from tests.attacks.remote import Remote
from tests.attacks.trial import Trial, attempt, table
from tests.attacks.wall import wall


def main(arguments: list[str] | None = None) -> int:
    """Run the attacks that were asked for and return the exit code."""
    options = _parser().parse_args(arguments)
    attacks = [each for each in corpus.read_all() if not options.ids or each.id.startswith(tuple(options.ids))]
    if not attacks:
        sys.stderr.write(f"No attack of the corpus is called {' or '.join(options.ids)}.\n")
        return 2
    failed = 0

    def counted(trials: Iterator[Trial]) -> Iterator[Trial]:
        nonlocal failed
        for trial in trials:
            failed += bool(trial.problems)
            yield trial

    for line in table(counted(_trials(options, attacks))):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(attacks)} attacks, {failed} not as they must be.\n")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks", description="Run the corpus of attacks.")
    parser.add_argument("ids", nargs="*", metavar="ID", help="ids or beginnings of ids: A01, E; all when left out")
    parser.add_argument("--url", help="a running service; without it, a runner is started")
    parser.add_argument("--token", action="append", help="a student's API token; a second one grades the canaries")
    parser.add_argument("--demo", type=Path, help="a demo.json, instead of --url and --token")
    parser.add_argument("--course", default="dl101", help="the course to hand in to (%(default)s)")
    return parser


def _trials(options: argparse.Namespace, attacks: list[corpus.Attack]) -> Iterator[Trial]:
    url, tokens, secrets, logins = options.url, options.token or [], [], {}
    if options.demo:
        demo = json.loads(options.demo.read_text(encoding="utf-8"))
        url, tokens = demo["url"], [student["token"] for student in demo["students"]]
        people = [demo["instructor"], demo["assistant"], *demo["students"]]
        secrets = [person[kind] for person in people for kind in ("token", "password")]
        logins = {person["token"]: person for person in demo["students"]} | {"": demo["assistant"]}
    if url is None:
        with wall() as started:
            for attack in attacks:
                yield attempt(attack, started)
    elif not tokens:
        raise SystemExit("With --url goes at least one --token, or use --demo.")
    else:
        remote = Remote(url, tokens, options.course, secrets=secrets, logins=logins)
        for attack in attacks:
            yield remote.attempt(attack)


if __name__ == "__main__":
    sys.exit(main())
