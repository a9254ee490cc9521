"""Linters, types and import contracts, as tests, so that one closing line speaks for all of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = [pytest.mark.quality, pytest.mark.slow, pytest.mark.timeout(600)]

COMMANDS = {
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy"],
    "import contracts": ["-c", "import importlinter.cli as c; c.lint_imports_command()", "--no-cache"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_tool_finds_nothing(name):
    done = subprocess.run(
        [sys.executable, *COMMANDS[name]], check=False, cwd=ROOT, capture_output=True, text=True, timeout=580
    )
    assert done.returncode == 0, f"{name}:\n{done.stdout}\n{done.stderr}"
