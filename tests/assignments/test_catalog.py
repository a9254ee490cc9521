"""Reading an assignment folder, and refusing an inconsistent one with every problem named."""

from __future__ import annotations

import subprocess
import sys

import pytest

from assignments import catalog
from assignments.catalog import CatalogError, UnknownAssignmentError, read, version_of
from assignments.spec import Kind, Limits

STATEMENT = """
title = "Sums"
source = "a lecture"
summary = "Adding."

[limits]
cpu_s = 2

[[questions]]
id = "total"
kind = "number"
title = "The total"
points = "1.5"
decimals = 2

[[questions.errata]]
slide = "3"
prints = "5"
holds = "4"

[[questions]]
id = "add"
kind = "code"
title = "Add"
points = "4"
signature = "add(a, b)"
functions = ["add"]

[[questions]]
id = "why"
kind = "choice"
title = "Why"
points = "2"
choices = ["a", "b"]
bonus = true
"""


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "sums"
    made.mkdir()
    (made / "assignment.toml").write_text(STATEMENT)
    (made / "prompt.md").write_text("Add.")
    (made / "questions.py").write_text("QUESTIONS = {}")
    (made / "starter.py").write_text("def add(a, b): ...")
    return made


def problems(folder, statement=None):
    if statement is not None:
        (folder / "assignment.toml").write_text(statement)
    with pytest.raises(CatalogError) as caught:
        read(folder)
    return " | ".join(caught.value.problems)


def test_a_folder_is_read(folder):
    assignment = read(folder)

    assert (assignment.slug, assignment.title, assignment.prompt) == ("sums", "Sums", "Add.")
    assert [(q.id, q.kind, str(q.points)) for q in assignment.questions] == [
        ("total", Kind.NUMBER, "1.5"),
        ("add", Kind.CODE, "4"),
        ("why", Kind.CHOICE, "2"),
    ]
    assert assignment.max_score == assignment.question("total").points + assignment.question("add").points
    assert assignment.limits == Limits(cpu_s=2.0)
    assert assignment.question("total").errata[0].holds == "4"
    assert assignment.starter == folder / "starter.py"


def test_an_example_says_so(folder):
    assert not read(folder).is_example
    statement = folder / "assignment.toml"
    statement.write_text("example = true\n" + statement.read_text())
    assert read(folder).is_example


def test_a_course_gets_everything_but_examples_and_drafts():
    states = {slug: catalog.load(slug) for slug in catalog.slugs()}
    assert states["momentum_update"].is_example
    assert set(catalog.course_slugs()) == {
        slug for slug, spec in states.items() if not spec.is_example and not spec.is_draft
    }


def test_every_problem_is_listed_at_once(folder):
    (folder / "prompt.md").unlink()
    (folder / "questions.py").unlink()
    (folder / "starter.py").unlink()

    found = problems(folder, STATEMENT.replace('title = "Sums"', "colour = 1"))

    for words in (
        "prompt.md is missing",
        "questions.py is missing",
        "starter.py is missing",
        "title is missing",
        "'colour'",
    ):
        assert words in found


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "Sums"', 'title = "Sums"\ndraft = "yes"', "expected true or false"),
        ('points = "1.5"', "points = 1.5", "expected positive points as a text"),
        ('points = "1.5"', 'points = "-1"', "expected positive points"),
        ('points = "1.5"', 'points = "NaN"', "expected positive points"),
        ('kind = "number"', 'kind = "riddle"', "expected one of number, literal"),
        ('id = "add"', 'id = "total"', "used twice"),
        ('id = "add"', 'id = "Add it"', "expected lower-case"),
        ('functions = ["add"]', "", "needs functions"),
        ('functions = ["add"]', 'functions = ["add", "add"]', "twice"),
        ('functions = ["add"]', 'functions = ["1add"]', "not a Python name"),
        ('signature = "add(a, b)"', 'signature = "plus(a, b)"', "does not show add"),
        ('choices = ["a", "b"]', 'choices = ["a"]', "needs choices"),
        ('choices = ["a", "b"]', 'choices = ["a", "b"]\ndecimals = 2', "decimals means nothing"),
        ("decimals = 2", "decimals = 2.5", "whole number"),
        ("decimals = 2", 'decimals = 2\nchoices = ["a", "b"]', "choices means nothing"),
        ("bonus = true", 'bonus = "yes"', "true or false"),
        ('holds = "4"', "", "an erratum needs"),
        ("cpu_s = 2", "cpu_s = 0", "expected a positive number"),
        ("cpu_s = 2", "gpu_s = 2", "unknown key 'gpu_s'"),
        ('title = "Sums"', "title = ", "not valid TOML"),
    ],
)
def test_a_contradiction_is_refused_in_words(folder, old, new, words):
    assert old in STATEMENT
    assert words in problems(folder, STATEMENT.replace(old, new))


def test_an_assignment_without_questions_is_refused(folder):
    assert "no questions" in problems(folder, STATEMENT.partition("[[questions]]")[0])


def test_the_version_changes_with_what_decides_a_grade_and_with_nothing_else(folder):
    version = version_of(folder)

    (folder / "starter.py").write_text("# another starter")
    (folder / "exemplars").mkdir()
    (folder / "exemplars" / "right.py").write_text("")
    assert version_of(folder) == version

    for name in ("questions.py", "assignment.toml", "prompt.md", "helpers.py"):
        (folder / name).write_text(f"# {name} changed")
        assert version_of(folder) != version
        version = version_of(folder)
    assert len(version) == 12


@pytest.mark.parametrize("slug", ["nothing", "../sums", "", "python_warmup/", "judge"])
def test_an_unknown_slug_is_refused(slug):
    with pytest.raises(UnknownAssignmentError, match="no such assignment"):
        catalog.load(slug)


@pytest.mark.parametrize("slug", catalog.slugs())
def test_every_assignment_of_the_pack_is_consistent(slug):
    assignment = catalog.load(slug)

    assert assignment.slug == slug
    assert catalog.load(slug) is assignment


def test_the_catalog_needs_no_numpy_and_loads_no_answers():
    """The web service reads it, and must start fast and know nothing."""
    code = (
        "import sys; from assignments import catalog; [catalog.load(slug) for slug in catalog.slugs()];"
        "print([name for name in sys.modules if name.split('.')[0] in ('numpy', 'reference') or 'questions' in name])"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == "[]"
