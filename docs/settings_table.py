"""Writes the README's table of settings from the one in the code: `.venv/bin/python docs/settings_table.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from grader.settings import Settings

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN = "<!-- settings: made by docs/settings_table.py -->\n"
END = "<!-- settings end -->\n"


def table() -> str:
    """Return the settings as a Markdown table: variable, default, meaning."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "processors of the machine" if field.default_factory else _shown(field.default)
        rows.append(f"| `GRADER_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


def _shown(default: Any) -> str:
    if default == "":
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def renewed(text: str) -> str:
    """Return the README's text with the table as the code has it now."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
