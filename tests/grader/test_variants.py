"""Numbers of one's own, as the service hands them out: page, API and grading agree, and nobody gets another's."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from assignments import catalog, definitions, variants
from assignments.typed import right_number
from grader.api.schemas import AssignmentOut, SubmissionOut
from grader.cli import cli
from grader.models import AuditEntry, Course, Submission
from grader.services import courses, runs
from tests.factories import NOW
from worker.client import RunnerClient
from worker.judging import grade_upload

PATH = "/courses/dl101/assignments/gradient_quiz"
SPEC = catalog.load("gradient_quiz")


@pytest.fixture
def switched(class_, session):
    """The course of the API's tests, with numbers of one's own."""
    courses.switch_variants(session, class_.course, on=True, actor_id=class_.instructor.id, now=NOW)
    session.commit()
    return class_


def numbers_of(class_, user):
    return variants.draw(SPEC.folder, class_.course.variant_secret, user.id)


def right_answers(numbers):
    """Return the right typed numbers of the network part."""
    found = definitions.load("gradient_quiz").questions
    digits = {"dl_dw3_0": 4, "dl_dw0_0": 6, "w3_0_next": 4}
    return {name: f"{right_number(found[name], numbers):.{decimals}f}" for name, decimals in digits.items()}


def graded(session, submission_id):
    """Return the points of each question, as a worker would give them."""
    run = session.scalars(select(Submission).where(Submission.id == submission_id)).one().runs[-1]
    work = runs.load_work(session, run.id, "0" * 64)
    report = grade_upload(SPEC, (), work.answers, seed=work.seed, runner=RunnerClient(""), variant=work.variant)
    return {result.id: float(result.score) for result in report.questions}


@pytest.mark.usefixtures("any_database_url")
class TestAStudent:
    def test_reads_their_own_numbers_and_is_graded_by_them(self, call, switched, session):
        document = call(switched.student, "GET", PATH).json
        AssignmentOut.model_validate(document)
        numbers = numbers_of(switched, switched.student)
        assert document["variant"] == dict(numbers)
        assert f"hidden bias {variants.shown(numbers['b_hidden'])}" in document["prompt"]
        answers = right_answers(numbers)
        made = call(switched.student, "POST", f"{PATH}/submissions", json={"answers": answers}).json
        SubmissionOut.model_validate(made)
        assert made["variant"] == dict(numbers)
        points = graded(session, made["id"])
        assert [points[name] for name in answers] == [1.5, 2, 1.5]

    def test_gets_nothing_for_a_classmates_numbers(self, call, switched, session):
        answers = right_answers(numbers_of(switched, switched.classmate))
        made = call(switched.student, "POST", f"{PATH}/submissions", json={"answers": answers}).json
        assert sum(graded(session, made["id"]).values()) == 0

    def test_cannot_ask_for_other_numbers(self, call, switched):
        body = {"answers": {"q": "1"}, "variant": {"x": 1}}
        assert call(switched.student, "POST", f"{PATH}/submissions", json=body).status_code == 422

    def test_keeps_the_numbers_that_were_answered_when_the_course_switches(self, call, switched, session):
        """A regrade must never make graded work wrong."""
        answers = right_answers(numbers_of(switched, switched.student))
        made = call(switched.student, "POST", f"{PATH}/submissions", json={"answers": answers}).json
        courses.switch_variants(session, switched.course, on=False, actor_id=None, now=NOW)
        session.commit()
        later = call(switched.student, "POST", f"{PATH}/submissions", json={"answers": answers}).json
        assert (made["variant"] is None, later["variant"]) == (False, None)
        assert sum(graded(session, made["id"]).values()) == 5
        # A number or two may happen to be as good for the lecture's.
        assert sum(graded(session, later["id"]).values()) < 5

    def test_has_the_lectures_numbers_where_the_course_does_not_switch(self, call, class_):
        document = call(class_.student, "GET", PATH).json
        assert document["variant"] is None
        assert document["prompt"] == SPEC.prompt


def test_what_was_handed_in_before_the_switch_keeps_the_lectures_numbers(call, class_, session):
    made = call(
        class_.student, "POST", f"{PATH}/submissions", json={"answers": right_answers(variants.default(SPEC.folder))}
    ).json
    courses.switch_variants(session, class_.course, on=True, actor_id=None, now=NOW)
    session.commit()
    assert sum(graded(session, made["id"]).values()) == 5


def test_staff_see_the_lectures_numbers_and_a_submissions_own(call, switched):
    made = call(switched.student, "POST", f"{PATH}/submissions", json={"answers": {"q": "1"}}).json
    for person in (switched.instructor, switched.assistant, switched.admin):
        assert call(person, "GET", PATH).json["variant"] is None
        seen = call(person, "GET", f"/submissions/{made['id']}").json
        assert seen["variant"] == dict(numbers_of(switched, switched.student))


def test_anothers_numbers_are_not_told(call, switched):
    made = call(switched.student, "POST", f"{PATH}/submissions", json={"answers": {"q": "1"}}).json
    assert call(switched.classmate, "GET", f"/submissions/{made['id']}").status_code == 404
    mine, theirs = (call(person, "GET", PATH).json for person in (switched.student, switched.classmate))
    assert mine["variant"] != theirs["variant"]


def test_an_assignment_without_variants_is_the_same_for_everybody(call, switched):
    document = call(switched.student, "GET", "/courses/dl101/assignments/perceptron").json
    assert document["variant"] is None


def test_switching_is_kept_in_the_audit_log_once(session, class_):
    for _ in range(2):
        courses.switch_variants(session, class_.course, on=True, actor_id=class_.instructor.id, now=NOW)
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "course.variants"))
    assert (entry.actor_id, entry.course_id, entry.detail) == (class_.instructor.id, class_.course.id, {"on": True})


def test_the_command_line_switches(session, database_url, monkeypatch, tmp_path):
    monkeypatch.setenv("GRADER_DATABASE_URL", database_url)
    monkeypatch.setenv("GRADER_DATA_DIR", str(tmp_path))
    run = CliRunner().invoke
    assert run(cli, ["course", "create", "own", "--title", "Own", "--variants"]).exit_code == 0
    assert run(cli, ["course", "create", "same", "--title", "Same"]).exit_code == 0
    assert "now" in run(cli, ["course", "variants", "same", "on"]).output
    assert "already" in run(cli, ["course", "variants", "own", "on"]).output
    assert run(cli, ["course", "variants", "own", "off"]).exit_code == 0
    found = dict(session.execute(select(Course.slug, Course.has_variants)).all())
    assert found == {"own": False, "same": True}
    assert re.search(r"same .* True", run(cli, ["course", "list"]).output)
    assert run(cli, ["course", "variants", "none", "on"]).exit_code == 2
