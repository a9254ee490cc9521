"""The corpus: one file for each attack, which says what must happen to it.

    # attack: A04
    # about: memory is taken in pieces until none is left
    # expect: f4=0 verdict=out_of_memory message=memory
    # limits: cpu=2 wall=10

    # --- byte arrays
    def f4(x, a=1): ...
    # --- a dict that grows
    # expect: f4=0 verdict=out_of_memory|crashed message=memory
    def f4(x, a=1): ...

The head is lines `# key: value`; a variation begins with `# --- name` and may have head lines of its own. What stands
before the first variation belongs to all of them. Keys:

    attack      the line of the catalogue it belongs to
    about       what it does, in a few words
    assignment  whose submission it is; python_warmup when left out
    file        the name it is uploaded under; the assignment's name and .py when left out
    upload      `built` when the text is not the upload: it is run here and its `uploads()` returns, by variation, the
                files as pairs of name and bytes
    limits      cpu= and wall= in seconds, memory= in MiB, output= in KiB, where shorter ones save time
    expect      what must come of it: `refused`, or `question=points` for each question it says something about (`full`
                for all of its points, `any` where nothing is promised), then for the first of these `verdict=`, one or
                more of CONTRACT's joined by |; then `message=` and a regular expression that the messages, or else
                the notes, must contain
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assignments.spec import Limits

FOLDER = Path(__file__).with_name("corpus")
SHORT = Limits(cpu_s=3.0, wall_s=12.0)

_HEAD = re.compile(r"# (\w+): (.*)")
_VARIATION = re.compile(r"# --- (.+)")
_KEYS = {"attack", "about", "assignment", "file", "upload", "limits", "expect"}
_LIMITS = {"cpu": "cpu_s", "wall": "wall_s", "memory": "memory_mib", "output": "output_kib"}


class BadAttackError(Exception):
    """A file of the corpus does not say what must happen, or says it wrongly."""


@dataclass(frozen=True)
class Expected:
    """What must come of an attack."""

    is_refused: bool
    points: dict[str, str]  # question → points, "full" or "any"
    verdicts: frozenset[str]  # of the first question; empty where any will do
    message: str  # a regular expression; empty where any will do


@dataclass(frozen=True)
class Attack:
    """One variation of one attack, ready to be handed in."""

    id: str
    name: str
    about: str
    assignment: str
    files: tuple[tuple[str, bytes], ...]
    limits: Limits
    expected: Expected

    @property
    def title(self) -> str:
        """The catalogue's id and the variation's name."""
        return f"{self.id} {self.name}" if self.name else self.id


@dataclass
class _Part:
    """A head with the text that follows it."""

    name: str = ""
    head: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


def read_all(folder: Path = FOLDER) -> list[Attack]:
    """Return every attack of the corpus, in the order of the catalogue.

    Raises:
        BadAttackError: a file is not what this module's first lines ask for.
    """
    return [attack for path in sorted(folder.glob("*.attack")) for attack in read(path)]


def read(path: Path) -> Iterator[Attack]:
    """Yield the variations of one file.

    Raises:
        BadAttackError: it is not what this module's first lines ask for.
    """
    common, *parts = _split(path)
    if common.head.get("upload") == "built":
        namespace: dict[str, Any] = {}
        exec(compile("\n".join(common.lines), str(path), "exec"), namespace)  # noqa: S102 (the corpus is our own)
        for name, files in namespace["uploads"]().items():
            told = next((part.head for part in parts if part.name == name), {})
            yield _attack(path, name, common.head | told, tuple(files))
        return
    for part in parts or [_Part()]:
        head = common.head | part.head
        slug = head.get("assignment", "python_warmup")
        text = "\n".join([*common.lines, *part.lines]) + "\n"
        yield _attack(path, part.name, head, ((head.get("file", f"{slug}.py"), text.encode()),))


def _split(path: Path) -> list[_Part]:
    parts = [_Part()]
    for line in path.read_text(encoding="utf-8").splitlines():
        variation = _VARIATION.fullmatch(line)
        head = _HEAD.fullmatch(line)
        if variation is not None:
            parts.append(_Part(variation[1]))
        elif head is not None and head[1] in _KEYS:
            parts[-1].head[head[1]] = head[2].strip()
        else:
            parts[-1].lines.append(line)
    return parts


def _attack(path: Path, name: str, head: dict[str, str], files: tuple[tuple[str, bytes], ...]) -> Attack:
    missing = {"attack", "about", "expect"} - head.keys()
    if missing:
        raise BadAttackError(f"{path.name} lacks {', '.join(sorted(missing))}")
    return Attack(
        id=head["attack"],
        name=name,
        about=head["about"],
        assignment=head.get("assignment", "python_warmup"),
        files=files,
        limits=_limits(path, head.get("limits", "")),
        expected=_expected(path, head["expect"]),
    )


def _limits(path: Path, text: str) -> Limits:
    changes: dict[str, Any] = {}
    for word in text.split():
        key, _, value = word.partition("=")
        if key not in _LIMITS:
            raise BadAttackError(f"{path.name}: {word!r} is no limit; there are {', '.join(_LIMITS)}")
        changes[_LIMITS[key]] = float(value) if key in {"cpu", "wall"} else int(value)
    return dataclasses.replace(SHORT, **changes)


def _expected(path: Path, text: str) -> Expected:
    told, _, message = text.partition("message=")
    points: dict[str, str] = {}
    verdicts: frozenset[str] = frozenset()
    refused = False
    for word in told.split():
        key, is_pair, value = word.partition("=")
        if word == "refused":
            refused = True
        elif not is_pair:
            raise BadAttackError(f"{path.name}: {word!r} in expect is neither `refused` nor a pair")
        elif key == "verdict":
            verdicts = frozenset(value.split("|"))
        else:
            points[key] = value
    if refused == bool(points):
        raise BadAttackError(f"{path.name}: expect says `refused` or the points of a question, one of the two")
    return Expected(refused, points, verdicts, message.strip())
