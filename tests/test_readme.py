"""The README says what the code does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/*.md")])


def test_table_of_settings_is_the_codes_own():
    spec = importlib.util.spec_from_file_location("settings_table", ROOT / "docs" / "settings_table.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert made.renewed(README) == README, "run .venv/bin/python docs/settings_table.py"


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_within_the_project_lead_somewhere(document):
    targets = re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8"))
    local = [target.partition("#")[0] for target in targets if "://" not in target and not target.startswith("#")]
    assert [target for target in local if not (document.parent / target).exists()] == []


def test_every_dependency_has_a_reason_and_a_licence():
    """Who adds one says why in docs/dependencies.md."""
    import tomllib

    read = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*read["project"]["dependencies"], *read["dependency-groups"]["dev"]]
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    names = [re.match(r"[A-Za-z0-9-]+", text).group().lower() for text in wanted]
    assert [name for name in names if f"| {name} |" not in page] == []
