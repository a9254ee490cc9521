"""A folder that somebody is still writing: it is told what is wrong with it, and stands in nobody's way."""

import pytest
from click.testing import CliRunner

from assignments import catalog, scaffold
from worker import cli as commands
from worker import supply

PROBLEM = "question unfinished: points is 3; expected positive points as a text"


@pytest.fixture
def _unfinished(tmp_path, monkeypatch):
    """A pack of one folder, whose description has a number where a text is due."""
    statement = scaffold.create("unfinished", pack=tmp_path) / "assignment.toml"
    statement.write_text(statement.read_text("utf-8").replace('points = "3"', "points = 3"), "utf-8")
    monkeypatch.setattr(catalog, "PACK", tmp_path)


@pytest.mark.usefixtures("_unfinished")
@pytest.mark.parametrize(
    "arguments", [("assignments", "check", "unfinished"), ("assignments", "check"), ("grade", "unfinished")]
)
def test_it_is_told_its_problems_without_a_traceback(arguments):
    result = CliRunner().invoke(commands.cli, list(arguments))

    assert result.exit_code == 1
    assert "assignment unfinished does not fit together" in result.output
    assert PROBLEM in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.mark.usefixtures("_unfinished")
def test_it_is_left_out_of_the_list_by_name():
    result = CliRunner().invoke(commands.cli, ["assignments", "list"])

    assert result.exit_code == 0
    assert f"Left out: assignment unfinished: {PROBLEM}" in result.output


@pytest.mark.usefixtures("_unfinished")
def test_it_does_not_keep_a_worker_from_starting():
    supply.preload()
