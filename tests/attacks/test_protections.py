"""The list of protections cannot rot: every edit still fits the code, every test is there, the page says the same.

That each is noticed takes half an hour to see: `python -m tests.attacks.without`.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.attacks import without

PROTECTIONS = without.read()
EDITS = [edit for protection in PROTECTIONS for edit in protection.edits]


@pytest.mark.parametrize("edit", [*EDITS, without.EXAMINATION], ids=lambda edit: f"{edit.file}: {edit.find[:60]}")
def test_edit_fits_one_place_of_the_code(edit: without.Edit) -> None:
    assert edit.places(without.ROOT) == 1


def test_every_test_that_is_named_is_there() -> None:
    """With its parameters: a case that was given another name would be looked for in vain."""
    named = {test for protection in PROTECTIONS for test in protection.tests}
    assert all(protection.tests for protection in PROTECTIONS)
    files = sorted({test.partition("::")[0] for test in named})
    said = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", *files],
        cwd=without.ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    collected = set(said.splitlines())
    assert named - collected - {test.partition("[")[0] for test in collected} == set()


def test_no_protection_is_named_twice() -> None:
    names = [f"{protection.area}: {protection.name}" for protection in PROTECTIONS]
    assert sorted(set(names)) == sorted(names)


def test_page_is_the_list() -> None:
    """Written by `python -m tests.attacks.without --write`."""
    assert without.PAGE.read_text(encoding="utf-8") == without.page()
