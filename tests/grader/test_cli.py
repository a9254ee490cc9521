"""The service's own commands."""

from __future__ import annotations

import json
import os
import stat

import pytest
from click.testing import CliRunner

from assignments import catalog
from grader.cli import cli
from grader.services import accounts, tokens
from tests import factories
from tests.factories import NOW


@pytest.fixture
def run(monkeypatch, database_url):
    monkeypatch.setenv("GRADER_DATABASE_URL", database_url)

    def invoke(*arguments, code=0, **options):
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments], **options)
        assert result.exit_code == code, result.output
        if code:
            assert "Traceback" not in result.output
        return result.output

    return invoke


@pytest.mark.usefixtures("any_database_url")
class TestPeople:
    def test_a_person_is_added_with_a_random_password_shown_once(self, run, session):
        said = run("user", "add", "Ada@example.edu", "--name", "Ada Lovelace")
        password = said.rpartition(": ")[2].strip()
        user = accounts.authenticate(session, "ada@example.edu", password)
        assert user is not None
        assert user.name == "Ada Lovelace"

    def test_a_password_from_standard_input_is_not_printed(self, run, session):
        said = run("user", "add", "ada@example.edu", "--password-stdin", input="correct horse battery\n")
        assert "correct" not in said
        assert accounts.authenticate(session, "ada@example.edu", "correct horse battery")

    def test_a_password_is_asked_for_twice(self, run, session):
        run("user", "add", "ada@example.edu", "--password", input="correct horse battery\ncorrect horse battery\n")
        assert accounts.authenticate(session, "ada@example.edu", "correct horse battery")

    def test_a_taken_email_is_one_clear_line(self, run):
        run("user", "add", "ada@example.edu")
        said = run("user", "add", "ada@example.edu", code=2)
        assert "ada@example.edu has an account already" in said

    def test_a_token_is_printed_alone_and_works(self, run, session):
        user = factories.make_user(session, "ada@example.edu")
        session.commit()
        text = run("token", "create", "ada@example.edu", "--days", "3").strip()
        assert tokens.find_user(session, text, NOW) is user
        assert "nobody has the email" in run("token", "create", "eve@example.edu", code=2)


@pytest.mark.usefixtures("any_database_url")
class TestCourses:
    def test_a_course_is_made_with_its_assignments_and_instructor(self, run):
        run("user", "add", "ada@example.edu")
        run(
            *("course", "create", "dl101", "--title", "Deep Learning", "--timezone", "Asia/Taipei"),
            *("--instructor", "ada@example.edu", "--assignment", "perceptron"),
        )
        assert json.loads(run("course", "list", "--json")) == [
            {"slug": "dl101", "title": "Deep Learning", "term": "", "timezone": "Asia/Taipei", "variants": False}
        ]

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("Bad Slug", "--title", "x"), "cannot be part of an address"),
            (("dl", "--title", "x", "--timezone", "Mars"), "not a time zone"),
            (("dl", "--title", "x", "--assignment", "nothing"), "the pack has no assignment"),
            (("dl", "--title", "x", "--instructor", "eve@example.edu"), "nobody has the email"),
        ],
    )
    def test_a_mistake_is_told_and_nothing_is_made(self, run, arguments, words):
        assert words in run("course", "create", *arguments, code=2)
        assert run("course", "list") == "There are none yet.\n"

    @pytest.mark.usefixtures("class_")
    def test_a_roster_is_tried_imported_and_its_passwords_kept_private(self, run, session, tmp_path):
        roster = tmp_path / "roster.csv"
        roster.write_text("email;section\nnew@example.edu;C\nsam@example.edu;C\n", encoding="utf-8-sig")
        passwords = tmp_path / "passwords.csv"
        assert run("roster", "import", "dl101", roster, "--dry-run").startswith("Would add 1 people (1 new accounts)")
        said = run("roster", "import", "dl101", roster, "--passwords", passwords, "--json")
        assert json.loads(said)["added"] == 1
        header, line = passwords.read_text().splitlines()
        email, password = line.split(",")
        assert header == "email,password"
        assert accounts.authenticate(session, email, password)
        assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
        assert "exists" in run("roster", "import", "dl101", roster, "--passwords", passwords, code=2)

    @pytest.mark.usefixtures("class_")
    def test_faults_of_a_roster_are_told_by_line(self, run, tmp_path):
        roster = tmp_path / "roster.csv"
        roster.write_text("email,role\na@example.edu,dean\nb,student\n")
        said = run("roster", "import", "dl101", roster, code=2)
        assert "line 2: has the role" in said
        assert "line 3:" in said

    def test_the_gradebook_is_exported(self, run, session, class_, tmp_path):
        factories.finish_run(session, factories.make_submission(session, class_.perceptron, class_.student))
        session.commit()
        said = run("gradebook", "export", "dl101")
        assert said.splitlines()[0] == "name,email,section,perceptron,gradient_quiz,total"
        file = tmp_path / "grades.csv"
        run("gradebook", "export", "dl101", "-o", file, "--excel")
        assert file.read_bytes().startswith(b"\xef\xbb\xbfname,")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "there is no course" in run("gradebook", "export", "nowhere", code=2)


class TestDatabase:
    def test_tables_are_made_and_taken_away(self, monkeypatch, tmp_path):
        monkeypatch.setenv("GRADER_DATA_DIR", str(tmp_path / "deep" / "var"))
        assert CliRunner().invoke(cli, ["db", "upgrade"]).exit_code == 0
        assert (tmp_path / "deep" / "var" / "grader.sqlite3").exists()
        assert CliRunner().invoke(cli, ["db", "downgrade", "base"], input="n\n").exit_code == 1
        assert CliRunner().invoke(cli, ["db", "downgrade", "base", "--yes"]).exit_code == 0
        assert CliRunner().invoke(cli, ["db", "downgrade", "nonsense", "--yes"]).exit_code == 2

    @pytest.mark.parametrize("arguments", [("course", "list"), ("user", "add", "ada@example.edu")])
    def test_without_tables_the_cure_is_named(self, monkeypatch, tmp_path, arguments):
        monkeypatch.setenv("GRADER_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.sqlite3'}")
        result = CliRunner().invoke(cli, list(arguments))
        assert result.exit_code == 1
        assert "grader db upgrade" in result.output

    def test_a_database_that_cannot_be_reached_is_one_line(self, monkeypatch):
        monkeypatch.setenv("GRADER_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
        result = CliRunner().invoke(cli, ["course", "list"])
        assert result.exit_code == 1
        assert "cannot be used" in result.output
        assert "Traceback" not in result.output


def test_the_pack_is_listed(run):
    rows = json.loads(run("assignments", "list", "--json"))
    assert {"perceptron", "gradient_quiz"} <= {row["slug"] for row in rows}
    assert "perceptron" in run("assignments", "list")
    states = {row["slug"]: row["state"] for row in rows}
    assert (states["perceptron"], states["momentum_update"]) == ("course", "example")


@pytest.mark.usefixtures("any_database_url")
def test_all_stands_for_the_pack_without_its_examples(run):
    course_slugs = catalog.course_slugs()
    assert "momentum_update" not in course_slugs
    said = run("course", "create", "everything", "--title", "Everything", "--assignment", "all")
    assert f"with {len(course_slugs)} assignments" in said
    assert "with 1 assignments" in run("course", "create", "one", "--title", "One", "--assignment", "momentum_update")


@pytest.mark.parametrize(
    "command", [(), ("db",), ("user", "add"), ("course", "create"), ("roster", "import"), ("web",)]
)
def test_every_command_explains_itself(run, command):
    assert run(*command, "--help").startswith("Usage:")


def test_bad_usage_ends_with_2(run):
    run("nonsense", code=2)
    run("user", "add", code=2)


def test_no_environment_variable_turns_debugging_on(monkeypatch, settings):
    """Werkzeug's debugger would run anybody's code."""
    from grader import create_app, server

    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert create_app(settings).debug is False
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--reload --bind 0.0.0.0:1")
    started = {}
    monkeypatch.setattr(server.Server, "run", lambda self: started.update(bind=self.cfg.bind, reload=self.cfg.reload))
    server.serve(settings)
    assert started == {"bind": [f"{settings.host}:{settings.port}"], "reload": False}
    assert "GUNICORN_CMD_ARGS" not in os.environ
