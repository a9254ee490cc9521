"""A pack of one's own for a whole service: the course's assignments with shorter limits, as a teacher may set them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.servers import ROOT

_LIMITS = re.compile(r"^\[limits\]\n(?:(?!\[).*\n)*", re.MULTILINE)
_FIRST_QUESTION = "[[questions]]"


def with_limits(folder: Path, **limits: float) -> Path:
    """Copy the pack into `folder` with these limits for every assignment, and return the folder.

    Give it to `servers.whole_service` as `pack`: code that hangs then costs the tests a second and not ten.
    """
    for package in ("assignments", "reference"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    table = "[limits]\n" + "".join(f"{name} = {value}\n" for name, value in limits.items()) + "\n"
    for path in (folder / "assignments").glob("*/assignment.toml"):
        head, questions, rest = path.read_text(encoding="utf-8").partition(_FIRST_QUESTION)
        path.write_text(_LIMITS.sub("", head) + table + questions + rest, encoding="utf-8")
    return folder
