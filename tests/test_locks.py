"""The lock files: complete, alike, and free of any index's address."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
_PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)(?:\[[a-z0-9,-]+\])?==([^ ;\\]+)(?: ; ([^\\]+?))? *\\?$", re.MULTILINE)


def pins(name: str) -> set[tuple[str, str]]:
    """Return what a lock pins: (package, version)."""
    return {(canonicalize_name(package), version) for package, version, _ in _PIN.findall((ROOT / name).read_text())}


def project() -> dict[str, list[str]]:
    read = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {
        "requirements.lock": read["project"]["dependencies"],
        "requirements-dev.lock": read["dependency-groups"]["dev"],
    }


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_address_and_no_path(name):
    """A lock made on one machine must install on another, from whatever index that one uses."""
    text = (ROOT / name).read_text()
    for forbidden in ("://", "--index", "--extra-index", "--find-links", "file:", "@ "):
        assert forbidden not in text


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_carries_a_hash(name):
    """`--require-hashes` refuses the whole lock otherwise, on the user's machine instead of here."""
    text = (ROOT / name).read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block and "==" in block] == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_satisfies_every_requirement_of_the_project(name):
    pinned: dict[str, set[str]] = {}
    for package, version in pins(name):
        pinned.setdefault(package, set()).add(version)
    for text in project()[name]:
        requirement = Requirement(text)
        versions = pinned.get(canonicalize_name(requirement.name), set())
        assert versions, f"{name} lacks {requirement.name}: compile the locks again"
        assert all(requirement.specifier.contains(version) for version in versions), f"{name} has {text} at {versions}"


def test_dev_lock_contains_the_runtime_lock():
    """`./test` installs into the same `.venv`: it must not move what `./run` installed."""
    assert pins("requirements.lock") - pins("requirements-dev.lock") == set()
