"""Makes the folder of a new assignment: a small complete one that passes the gate, to be written over."""

from __future__ import annotations

import builtins
import keyword
import sys
from pathlib import Path

from assignments import catalog

TEMPLATE = Path(__file__).with_name("_template")
SUFFIX = ".in"
TYPED_QUESTION = "by_hand"
"""The template's other question; the one with code is named like the assignment."""


class ScaffoldError(Exception):
    """The folder cannot be made."""


def create(slug: str, *, pack: Path = catalog.PACK) -> Path:
    """Make the folder of a new assignment and return it.

    Args:
        slug: its name, also in addresses and as the name of a student's file.
        pack: where the assignments lie.

    Raises:
        ScaffoldError: the slug cannot be used, or there is such a folder already.
    """
    if not catalog.NAME.fullmatch(slug):
        raise ScaffoldError(f"{slug!r} cannot be a slug; use lower-case letters, digits and _, a letter first")
    if keyword.iskeyword(slug) or slug in sys.stdlib_module_names or hasattr(builtins, slug) or slug == "numpy":
        raise ScaffoldError(f"{slug!r} is a name of Python's or NumPy's own, and a student's {slug}.py would hide it")
    if slug == TYPED_QUESTION:
        raise ScaffoldError(f"{slug!r} is what the new folder's typed question is called; choose another slug")
    folder = pack / slug
    if folder.exists() or (pack / f"{slug}.py").exists():
        raise ScaffoldError(f"{folder} is there already; choose another slug, or edit what is there")
    title = slug.replace("_", " ").capitalize()
    for source in sorted(TEMPLATE.rglob(f"*{SUFFIX}")):
        target = folder / source.relative_to(TEMPLATE).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text("utf-8").replace("@TITLE@", title).replace("@SLUG@", slug), "utf-8")
    return folder
