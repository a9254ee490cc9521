"""The fixed top-level folders, and what each must hold."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"reference", "assignments", "worker", "grader", "migrations", "tests", "docs"}
FILES = {
    *("run", "test", "pyproject.toml", "requirements.lock", "requirements-dev.lock"),
    *("README.md", "LICENSE", "Dockerfile", "docker-compose.yml"),
}
MADE_BY_TOOLS = {"var", "dist", "build", "node_modules", "__pycache__"}


def visible(kind: str) -> set[str]:
    return {
        path.name for path in ROOT.iterdir() if getattr(path, kind)() and not path.name.startswith(".")
    } - MADE_BY_TOOLS


def test_top_level_folders_are_the_agreed_ones():
    assert visible("is_dir") == FOLDERS


def test_top_level_files_are_the_agreed_ones():
    assert visible("is_file") == FILES


@pytest.mark.parametrize("folder", sorted(FOLDERS - {"docs"}))
def test_folder_says_what_lives_there(folder):
    readme = ROOT / folder / "README.md"
    assert readme.is_file(), f"{folder}/README.md: what lives here, what it may import, how to test it"
    assert len(readme.read_text().splitlines()) >= 5


@pytest.mark.parametrize("command", ["run", "test", ".ci/run"])
def test_command_is_executable(command):
    assert (ROOT / command).stat().st_mode & 0o111 == 0o111
