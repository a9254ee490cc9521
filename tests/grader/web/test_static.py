"""Assets are our own, and those made by others are what their manifest says."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import grader

STATIC = Path(grader.__file__).parent / "static"
TEMPLATES = Path(grader.__file__).parent / "templates"
VENDOR = STATIC / "vendor"


def test_vendored_files_are_those_of_the_manifest():
    listed = json.loads((VENDOR / "manifest.json").read_text())["assets"]
    for asset in listed:
        assert hashlib.sha256((VENDOR / asset["file"]).read_bytes()).hexdigest() == asset["sha256"]
        assert (VENDOR / asset["licence_file"]).is_file()
    found = {
        path.relative_to(VENDOR).as_posix()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name not in {"manifest.json", "LICENSE"}
    }
    assert found == {asset["file"] for asset in listed}


def test_no_asset_comes_from_elsewhere():
    own = [*TEMPLATES.rglob("*.html"), *STATIC.glob("*.css"), *STATIC.glob("js/*.js")]
    assert own
    for path in own:
        assert "://" not in path.read_text(), path


def test_templates_have_no_inline_script_style_or_handler():
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path
        assert "|safe" not in text, path
