"""Numbers of one's own: each student's statement drawn from a course's secret, and put into its text.

An assignment has variants when its folder holds a `variant.py` with

- `DEFAULT_VARIANT`, the numbers of the statement by name, as the lecture has them;
- `draw(seed)`, which returns other numbers under the same names, always the same ones for the same seed.

The statement and the prompt then write `{{name}}` where a number stands. Both the web service, which shows the numbers,
and the worker, which grades with them, load this module and `variant.py`: standard library only. Numbers are drawn with
whole arithmetic and decimals, so that every Python on every machine draws the same.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib
import importlib.util
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType

VARIANT_FILE = "variant.py"
DIGEST_DIGITS = 16
_PACK = Path(__file__).resolve().parent
_PLACE = re.compile(r"\{\{([A-Za-z]\w*)\}\}")

Numbers = Mapping[str, float]
"""The numbers of a statement by name; whole ones are `int` and shown as such, others have two decimals."""


class Stream:
    """Whole numbers drawn evenly from a seed, by SHA-256 in counter mode: the same on every Python."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._count = 0

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included.

        The remainder of a 256-bit number favours none of a few thousand values by more than 1 in 2^240.
        """
        block = hashlib.sha256(self._seed + self._count.to_bytes(8, "big")).digest()
        self._count += 1
        return low + int.from_bytes(block, "big") % (high - low + 1)


def seed_of(secret: str, student_id: int) -> bytes:
    """Return the 32 bytes one student's numbers are drawn from in one course, the same for all its assignments."""
    return hmac.digest(secret.encode(), f"variant:{student_id}".encode(), hashlib.sha256)


def exists(folder: Path) -> bool:
    """Return whether an assignment's folder can draw numbers."""
    return (folder / VARIANT_FILE).is_file()


def default(folder: Path) -> Numbers:
    """Return the statement's own numbers; empty where it has no variants."""
    return _module(folder).DEFAULT_VARIANT if exists(folder) else {}


def draw(folder: Path, secret: str, student_id: int) -> Numbers:
    """Return the numbers of one student in the course of that secret; empty where the assignment has no variants."""
    return _drawn(folder, seed_of(secret, student_id)) if exists(folder) else {}


@lru_cache(maxsize=4096)
def _drawn(folder: Path, seed: bytes) -> Numbers:
    numbers: Numbers = _module(folder).draw(seed)
    return numbers


def fill(text: str, numbers: Numbers) -> str:
    """Return a text with each `{{name}}` replaced by its number; names that are not known stay as they are."""
    return _PLACE.sub(lambda place: shown(numbers[place[1]]) if place[1] in numbers else place[0], text)


def places(text: str) -> set[str]:
    """Return the names of the numbers a text has places for."""
    return set(_PLACE.findall(text))


def shown(number: float) -> str:
    """Return a number as a statement prints it: a whole one as it is, another one with two decimals."""
    return str(number) if isinstance(number, int) else f"{number:.2f}"


def digest(numbers: Numbers) -> str:
    """Return a short mark of these numbers, to tell whether a form was filled in for them."""
    text = json.dumps({name: shown(value) for name, value in numbers.items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_DIGITS]


@lru_cache(maxsize=256)
def _module(folder: Path) -> ModuleType:
    if folder.parent == _PACK:
        return importlib.import_module(f"assignments.{folder.name}.variant")
    # A folder that is not in the pack yet, such as one being written.
    spec = importlib.util.spec_from_file_location(f"{folder.name}_variant", folder / VARIANT_FILE)
    if spec is None or spec.loader is None:  # pragma: no cover - the path ends in .py
        raise ImportError(f"{folder} has no loadable {VARIANT_FILE}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
