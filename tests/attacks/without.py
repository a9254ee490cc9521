"""Takes one protection away at a time, in a copy of this tree, and sees who notices.

    python -m tests.attacks.without                  all of protections.toml: half an hour
    python -m tests.attacks.without filter 'limit:'  those whose name contains one of these
    python -m tests.attacks.without --write          writes docs/protections.md from the list

A protection is noticed when every test that is named for it fails; where `doctor` names a probe, when the examination
that a runner starts with finds that one at fault, too. The tests are run with the examination switched off: a runner
that refuses to start would fail them all, and say nothing about them.
Exit code 1 when anything was not noticed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("protections.toml")
PAGE = ROOT / "docs/protections.md"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".*cache", ".hypothesis", "var", "node_modules")
TEST_LIMIT_S = 120  # what waits for ever without its protection has noticed
LIMIT_S = 1800.0


@dataclass(frozen=True)
class Edit:
    """One place in the code: a regular expression that fits one line of a file, and what stands there instead."""

    file: str
    find: str
    replace: str

    def places(self, root: Path) -> int:
        """Return how often the expression fits; anything but once and the list has to be mended."""
        return len(re.findall(self.find, (root / self.file).read_text(encoding="utf-8"), re.MULTILINE))

    def apply(self, root: Path) -> str:
        """Make the change and return the text as it was."""
        path = root / self.file
        before = path.read_text(encoding="utf-8")
        write(path, re.sub(self.find, lambda _: self.replace, before, flags=re.MULTILINE))
        return before


def write(path: Path, text: str) -> None:
    """Write a module, and forget what had been compiled of it: two versions may have one size and one second."""
    path.write_text(text, encoding="utf-8")
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        compiled.unlink()


EXAMINATION = Edit("worker/runner.py", r"failed = \[probe for probe in examine_runner\(runner\).*\]$", "failed = []")


@dataclass(frozen=True)
class Protection:
    """What is taken away, and who must notice."""

    area: str
    name: str
    edits: tuple[Edit, ...]  # several where either of them is enough
    tests: tuple[str, ...]
    doctor: str
    is_examined: bool  # whether its tests are about the examination


def read() -> list[Protection]:
    """Return the list."""
    told = tomllib.loads(LIST.read_text(encoding="utf-8"))
    return [_protection(area, entry) for area, entries in told.items() for entry in entries]


def _protection(area: str, entry: dict[str, Any]) -> Protection:
    places = entry.get("all") or [entry]
    edits = tuple(Edit(place["file"], place["find"], place["replace"]) for place in places)
    return Protection(
        area, entry["name"], edits, tuple(entry["tests"]), entry.get("doctor", ""), entry.get("examined", False)
    )


def unnoticed(protection: Protection, copy: Path) -> Iterator[str]:
    """Take a protection away in the copy and yield what did not notice it."""
    originals = [(edit.file, edit.apply(copy)) for edit in protection.edits]
    try:
        if protection.doctor and protection.doctor not in _faults(copy):
            yield f"the examination's probe {protection.doctor!r} found nothing"
        if not protection.is_examined:
            originals.append((EXAMINATION.file, EXAMINATION.apply(copy)))
        yield from _passed(copy, protection.tests)
    finally:
        for file, text in reversed(originals):
            write(copy / file, text)


def _environment(copy: Path) -> dict[str, str]:
    # Most plugins take longer to load than most of these tests take.
    return os.environ | {"PYTHONPATH": str(copy), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def _faults(copy: Path) -> set[str]:
    """Return the probes of the examination that found something."""
    said = subprocess.run(
        [sys.executable, "-m", "worker.doctor"], cwd=copy, env=_environment(copy), capture_output=True, check=False,
        timeout=LIMIT_S,
    )  # fmt: skip
    return {probe["name"] for probe in json.loads(said.stdout or "[]") if not probe["ok"]}


def _passed(copy: Path, tests: Sequence[str]) -> Iterator[str]:
    """Run tests and yield those none of whose cases failed; print what the others said."""
    found = copy / "found.xml"
    found.unlink(missing_ok=True)
    options = ["-p", "pytest_timeout", f"--timeout={TEST_LIMIT_S}", "-p", "no:cacheprovider", f"--junitxml={found}"]
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests], cwd=copy, env=_environment(copy), capture_output=True,
        check=False, timeout=LIMIT_S,
    )  # fmt: skip
    cases = list(ET.parse(found).iter("testcase")) if found.exists() else []  # noqa: S314 (pytest's own)
    for test in tests:
        name = test.partition("::")[2].replace("::", ".")
        failures = [fault for case in cases if _is(case, name) for fault in case if fault.tag == "failure"]
        if failures:
            print(f"    {name}: {(failures[0].get('message') or '').strip().splitlines()[0][:150]}")
        else:
            yield f"{test} passed or could not run"


def _is(case: ET.Element, name: str) -> bool:
    found = f"{case.get('classname', '')}.{case.get('name', '')}"
    return found.endswith(f".{name}") or f".{name}[" in found


INTRODUCTION = """\
# Protections

Each row was seen: the protection was taken away, and the tests beside it failed. `python -m tests.attacks.without` does
it again, in a copy of the tree. This page is written by `python -m tests.attacks.without --write` from
`tests/attacks/protections.toml`, which has the edits; a test sees to it that every edit still fits the code, that
the tests are there and that this page says the same. What the protections are for is in [sandbox.md](sandbox.md).

*Start* names the probe of `grader doctor`, and of the examination every runner begins with, that finds the protection
missing: such a runner does not start. The tests are run with that examination switched off, so each fails by itself."""


def page() -> str:
    """Return the list as a page of the documentation."""
    lines = [INTRODUCTION]
    area = ""
    for protection in read():
        if protection.area != area:
            area = protection.area
            lines += ["", f"## {area[0].upper()}{area[1:]}", "", "| protection | notices | start |", "|---|---|---|"]
        tests = ", ".join(f"`{test.rpartition('::')[2].replace('|', chr(92) + '|')}`" for test in protection.tests)
        lines.append(f"| {protection.name} | {tests} | {protection.doctor or ''} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Try the protections that were asked for and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("words", nargs="*", help="only protections whose area or name contains one of these")
    parser.add_argument("--write", action="store_true", help="write docs/protections.md and end")
    options = parser.parse_args(arguments)
    if options.write:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    chosen = [
        each
        for each in read()
        if not options.words or any(word in f"{each.area}: {each.name}" for word in options.words)
    ]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="without-") as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        for protection in chosen:
            started = time.monotonic()
            print(f"{protection.area}: {protection.name}", flush=True)
            missed = list(unnoticed(protection, copy))
            failed += bool(missed)
            for each in missed:
                print(f"    NOT NOTICED: {each}")
            print(f"    {time.monotonic() - started:.0f} s", flush=True)
    print(f"{len(chosen) - failed} of {len(chosen)} were noticed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
