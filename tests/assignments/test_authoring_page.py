"""The tutorial of docs/authoring.md, followed to the letter, and against the files it has led to."""

import re
import shutil
from pathlib import Path

import pytest

from assignments import catalog, gate, scaffold
from tests.assignments import sample_work
from worker.wire import play_trusted

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "authoring.md").read_text("utf-8")
SLUG = "momentum_update"
FOLDER = f"assignments/{SLUG}/"
BLOCK = re.compile(r"^(File|Instead, in|Added to) `([^`]+)`:\n\n```[a-z]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINES_PROMISED = 40


def blocks(kind):
    """The page's texts of one kind, as (file, text), in order."""
    return [(name, text) for given, name, text in BLOCK.findall(PAGE) if given == kind]


def made_from_the_page(pack):
    """Follow steps 1 to 5 in a pack of one's own; the mathematics is read from the real `reference/`."""
    folder = scaffold.create(SLUG, pack=pack)
    shutil.rmtree(folder / "exemplars")
    for name, text in blocks("File"):
        if name.startswith(FOLDER):
            target = folder / name.removeprefix(FOLDER)
            target.parent.mkdir(exist_ok=True)
            target.write_text(text, "utf-8")
    return folder


def change_as_told(folder):
    """Follow step 6: the line of the page in place of the one that begins like it."""
    ((name, line),) = blocks("Instead, in")
    target = folder / name.removeprefix(FOLDER)
    begins = re.escape(line.split("=")[0])
    changed, count = re.subn(rf"^{begins}=.*\n", lambda _: line, target.read_text("utf-8"), flags=re.MULTILINE)
    assert count == 1
    target.write_text(changed, "utf-8")


def check(folder):
    assignment = catalog.read(folder)
    return gate.check(assignment, grade=sample_work.grade, run=sample_work.run, play=play_trusted)


def printed(report):
    """What the gate prints and the page shows of it: no version, no time, no margins."""
    lines = gate.render(report).splitlines()
    return [line for line in lines[1:] if not line.startswith(("  right work", "  wrong work", "  0 more"))]


def shown_by_the_page():
    """What the page shows of each run of the gate."""
    outputs = re.findall(rf"^\$ grader assignments check {SLUG}\n({SLUG} .*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [[line for line in output.splitlines()[1:] if line.strip() != "…"] for output in outputs]


@pytest.fixture
def folder(tmp_path):
    return made_from_the_page(tmp_path)


def test_the_tutorial_leads_where_it_says(folder):
    """The first try has the hole the page speaks of, and its one line mends it."""
    first = check(folder)
    assert not first.passed
    change_as_told(folder)
    second = check(folder)
    assert second.passed

    assert [printed(first), printed(second)] == shown_by_the_page()[:2]


def test_the_question_takes_no_more_lines_than_promised(folder, tmp_path):
    change_as_told(folder)
    template = scaffold.create(SLUG, pack=tmp_path / "as made")
    written = {}
    for name, text in blocks("File"):
        inside = name.removeprefix(FOLDER)
        as_made = template / inside
        kept = as_made.read_text("utf-8").splitlines() if as_made.exists() and name.startswith(FOLDER) else []
        written[inside] = sum(1 for line in text.splitlines() if line.strip() and line not in kept)
    written.pop("prompt.md")

    assert f"| together | {sum(written.values())}, " in PAGE
    assert sum(written.values()) <= LINES_PROMISED


def test_the_pack_holds_what_the_tutorial_makes(folder):
    """What was added later is added: no line of the first version is gone but the word draft."""
    change_as_told(folder)
    finished = ROOT / "assignments" / SLUG
    for path in sorted(path for path in folder.rglob("*") if path.suffix in {".py", ".md", ".toml"}):
        rest = iter((finished / path.relative_to(folder)).read_text("utf-8").splitlines())
        lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("draft = true")]
        # Each `in` goes on where the one before it stopped: the lines come in this order.
        assert [line for line in lines if line not in rest] == [], path.name


def test_the_mathematics_of_the_page_is_that_of_the_reference():
    ((name, text),) = [block for block in blocks("File") if block[0].startswith("reference/")]

    assert (ROOT / name).read_text("utf-8").startswith(text)


@pytest.mark.parametrize(("name", "text"), blocks("Added to"))
def test_what_the_page_adds_is_in_the_pack(name, text):
    assert text in (ROOT / name).read_text("utf-8")


def test_what_the_finished_assignment_prints_is_on_the_page():
    report = check(ROOT / "assignments" / SLUG)

    assert printed(report) == shown_by_the_page()[2]


def test_the_page_names_commands_that_exist():
    from grader.cli import cli
    from worker.cli import main  # noqa: F401 - fills the group with the worker's commands

    for line in re.findall(r"^\$ grader (.+?)(?:\s+#.*)?$", PAGE, re.MULTILINE):
        command = cli
        for word in line.split()[:2]:
            command = getattr(command, "commands", {}).get(word, command)
        assert command is not cli, line
