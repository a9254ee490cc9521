"""What a person reads of a submission."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal

import pytest

from assignments.verdict import CheckResult, Curve, QuestionResult, Report, Verdict
from grader.api.schemas import SubmissionOut
from grader.db import begin_write
from grader.models import CheckRow, QuestionRow, RunStatus
from grader.services import results, runs, text
from tests import factories
from tests.factories import NOW, finish_run, make_submission

BASE = "https://grader.example.edu"


@pytest.mark.usefixtures("any_database_url")
class TestJson:
    def test_a_waiting_submission_has_a_place_and_no_result(self, session, class_):
        make_submission(session, class_.perceptron, class_.classmate)
        submission = make_submission(session, class_.perceptron, class_.student, now=NOW + dt.timedelta(seconds=1))
        session.commit()
        document = results.as_json(session, submission, BASE)
        SubmissionOut.model_validate(document)
        assert document["status"] == "queued"
        assert document["queue"]["place"] == 2
        assert (document["score"], document["grade"], document["questions"]) == (None, None, [])
        assert document["received_at"] == "2026-11-21T21:14:01Z"

    def test_a_graded_submission_says_everything_the_contract_lists(self, session, class_):
        class_.perceptron.attempt_limit = 3
        submission = make_submission(session, class_.perceptron, class_.student)
        run = finish_run(session, submission)
        session.commit()
        document = results.as_json(session, submission, BASE)
        SubmissionOut.model_validate(document)
        expected = {
            "id": submission.id,
            "course": "dl101",
            "assignment": "perceptron",
            "attempt": 1,
            "late_s": 0,
            "status": "graded",
            "counts": True,
            "attempts_left": 2,
            "score": 13.0,
            "max_score": 20.0,
            "penalty": 0.0,
            "grade": 13.0,
            "stdout": "printed by the student\n",
            "duration_ms": 31,
            "run": {"id": run.id, "assignment_version": "0123456789ab", "seed_id": "ba9876543210"},
            "links": {
                "self": f"{BASE}/api/v1/submissions/{submission.id}",
                "events": f"{BASE}/api/v1/submissions/{submission.id}/events",
                "html": f"{BASE}/s/{submission.id}",
            },
        }
        assert {key: document[key] for key in expected} == expected
        assert set(document["files"][0]) == {"name", "sha256", "bytes"}

    def test_a_hidden_check_has_no_input_got_or_expected_at_all(self, session, class_):
        submission = make_submission(session, class_.perceptron, class_.student)
        finish_run(session, submission)
        visible, hidden = results.as_json(session, submission, BASE)["questions"][0]["checks"]
        assert {"input", "got", "expected"} <= set(visible)
        assert set(hidden) == {"name", "visible", "verdict", "message"}

    def test_the_database_itself_keeps_no_values_of_a_hidden_check(self, session, class_):
        submission = make_submission(session, class_.perceptron, class_.student)
        run = finish_run(session, submission)
        run.questions[0].checks.append(
            CheckRow(position=9, name="h", is_visible=False, verdict="failed", message="", got="1")
        )
        with pytest.raises(Exception, match="hidden_tells_nothing"):
            session.flush()
        session.rollback()

    def test_values_that_a_hidden_check_should_not_carry_are_not_told_either(self):
        """The table keeps none; this is the second wall, and the only one of `grader grade`."""
        check = CheckResult("hidden 1", False, Verdict.FAILED, "off", input="f(41)", got="42", expected="43")
        result = QuestionResult("q", "Q", Decimal(0), Decimal(1), Verdict.FAILED, checks=(check,))
        (told,) = results.question_json(result)["checks"]
        assert told == {"name": "hidden 1", "visible": False, "verdict": "failed", "message": "off"}

    def test_a_failed_run_is_ours_and_never_a_zero(self, session, class_):
        submission = make_submission(session, class_.perceptron, class_.student)
        run = finish_run(session, submission, status=RunStatus.FAILED)
        document = results.as_json(session, submission, BASE)
        assert (document["status"], document["score"], document["grade"]) == ("failed", None, None)
        assert f"run {run.id}" in document["notes"][0]
        assert "the worker died" not in str(document)

    def test_a_regrade_under_way_leaves_the_result_as_it_was(self, session, class_):
        submission = make_submission(session, class_.perceptron, class_.student)
        first = finish_run(session, submission)
        runs.queue_run(session, submission, NOW, is_regrade=True)
        session.commit()
        document = results.as_json(session, submission, BASE)
        assert (document["status"], document["run"]["id"]) == ("graded", first.id)

    def test_lateness_shows_as_penalty_and_grade(self, session, class_):
        class_.perceptron.due_at = NOW - dt.timedelta(hours=1)
        class_.perceptron.late_fraction_per_day = Decimal("0.1")
        submission = make_submission(session, class_.perceptron, class_.student)
        finish_run(session, submission, score="13.5")
        document = results.as_json(session, submission, BASE)
        assert (document["late_s"], document["penalty"], document["grade"]) == (3600, 1.35, 12.15)

    def test_only_the_counting_attempt_counts(self, session, class_):
        better = make_submission(session, class_.perceptron, class_.student)
        finish_run(session, better, score=15)
        worse = make_submission(session, class_.perceptron, class_.student)
        finish_run(session, worse, score=3)
        assert [results.as_json(session, each, BASE)["counts"] for each in (better, worse)] == [True, False]


def report(**changes):
    question = QuestionResult(
        id="update",
        title="Learn from one sample",
        score=Decimal(0),
        max_score=Decimal(7),
        verdict=Verdict.FAILED,
        mistake="sign-flipped",
        feedback=("The weights moved away from the sample: look at the sign.",),
        checks=(
            CheckResult("a first case", True, Verdict.FAILED, "2 entries are off.", "update([1], 0)", "[0]", "[2]"),
            CheckResult("another", True, Verdict.PASSED),
            CheckResult("hidden 1", False, Verdict.FAILED, "1 of 3 entries is off by at most 0.5."),
            CheckResult("hidden 2", False, Verdict.PASSED),
        ),
        curves=(Curve("Loss", "step", "loss", (1.0, float("nan")), (1.0, 0.5)),),
    )
    passed = QuestionResult("predict", "Decide", Decimal(5), Decimal(5), Verdict.PASSED)
    options = {"questions": (passed, question), "stdout": "hello\n", "notes": ("a note.",), **changes}
    return Report(assignment="perceptron", assignment_version="v", seed_id="s", **options)


class TestText:
    def test_it_says_the_score_first_and_then_what_to_mend(self):
        lines = results.report_text(results.report_json(report())).splitlines()
        assert lines[0] == "perceptron: 5 of 12 points"
        said = "\n".join(lines)
        for words in (
            "Note: a note.",
            "✓ predict: Decide, passed",
            "✗ update: Learn from one sample, not right",
            "0 / 7",
            "Mistake: sign-flipped",
            "The weights moved away",
            "input     update([1], 0)",
            "got       [0]",
            "expected  [2]",
            "1 of 2 shown cases passed.",
            "1 of 2 hidden cases passed.",
            "hidden: 1 of 3 entries is off",
            "Your code printed:\n    hello",
        ):
            assert words in said

    def test_what_stopped_a_case_that_is_shown_is_not_said_again_for_hidden_ones(self):
        crash = "`f` stopped at line 3 of work.py with NameError"
        question = QuestionResult(
            id="f",
            title="f",
            score=Decimal(0),
            max_score=Decimal(1),
            verdict=Verdict.CRASHED,
            feedback=(f"{crash}: name 'np' is not defined.",),
            checks=(
                CheckResult("shown", True, Verdict.CRASHED, f"{crash}: name 'np' is not defined."),
                CheckResult("hidden 1", False, Verdict.CRASHED, f"{crash}."),
                CheckResult("hidden 2", False, Verdict.TIMED_OUT, "`f` used up its 10 s."),
            ),
        )
        said = results.report_text(results.report_json(report(questions=(question,))))
        assert "hidden: `f` used up its 10 s." in said
        assert "hidden: `f` stopped" not in said

    def test_lines_fit_a_terminal(self):
        assert max(map(len, results.report_text(results.report_json(report())).splitlines())) <= 90

    def test_nothing_a_student_wrote_moves_the_cursor_or_sets_a_title(self):
        evil = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m\x9b5A\x08\x00\u202ecba\x1b]8;;http://evil\x1b\\link"
        question = QuestionResult(
            evil,
            evil,
            Decimal(0),
            Decimal(1),
            Verdict.CRASHED,
            mistake=evil,
            feedback=(evil,),
            checks=(CheckResult(evil, True, Verdict.CRASHED, evil, evil, evil, evil),),
        )
        document = results.report_json(report(questions=(question,), stdout=evil, notes=(evil,)))
        for char in results.report_text(document):
            assert char == "\n" or char.isprintable()
        assert document["stdout"] == "redcbalink"

    def test_a_flood_of_output_is_cut(self):
        assert len(results.report_text(results.report_json(report(stdout="x" * 100_000)))) < 6_000
        assert len(results.report_text(results.report_json(report(stdout="x\n" * 50_000)))) < 6_000

    def test_curves_keep_their_length_when_a_value_is_not_a_number(self):
        (_, question) = results.report_json(report())["questions"]
        assert question["curves"][0]["student"] == [1.0, None]

    @pytest.mark.parametrize("status", ["queued", "running", "failed"])
    @pytest.mark.usefixtures("any_database_url")
    def test_what_is_not_graded_says_so(self, session, class_, status):
        submission = make_submission(session, class_.perceptron, class_.student)
        if status == "failed":
            finish_run(session, submission, status=RunStatus.FAILED)
        if status == "running":
            submission.runs[0].lease_token = "x"
            submission.runs[0].status = RunStatus.RUNNING
        session.commit()
        said = results.as_text(session, submission, BASE)
        words = {"queued": "is waiting to be graded, place 1", "running": "is being graded", "failed": "grader failed"}
        assert words[status] in said.splitlines()[0]


class TestPlain:
    @pytest.mark.parametrize(
        ("raw", "clean"),
        [
            ("a\tb\nc", "a\tb\nc"),
            ("a\r\nb\rc", "a\nb\nc"),
            ("\x1b[1;31mx\x1b[0m", "x"),
            ("\x1b]8;;http://x\x1b\\y\x1b]8;;\x1b\\", "y"),
            ("\x1b", ""),
            ("\x1b[", ""),
            ("\x1bP1;2|payload\x1b\\x", "x"),
            ("\x9b31mx", "x"),
            ("\ud800", "\ufffd"),
            ("σ(z) ≤ ŷ 感知器", "σ(z) ≤ ŷ 感知器"),
        ],
    )
    def test_terminal_sequences_go_and_words_stay(self, raw, clean):
        assert text.plain(raw) == clean

    def test_it_is_linear_in_hostile_text(self):
        for hostile in ("\x1b]" * 50_000, "\x1b[" * 50_000, "\x1b[" + "1;" * 50_000, "\x1bP" + "x" * 100_000):
            assert len(text.plain(hostile)) <= len(hostile)


class TestPending:
    """Written answers wait for a teacher; everything else of the submission is graded."""

    @pytest.fixture
    def handed_in(self, session, class_):
        row = factories.make_assignment(session, class_.course, "concepts")
        submission = make_submission(session, row, class_.student, answers={"what_is_ml": "It learns.", "go": "x"})
        run = finish_run(session, submission, score=2, max_score=8, verdict="passed")
        run.questions += [
            QuestionRow(
                position=place,
                question_id=name,
                title=name,
                score=Decimal(0),
                max_score=Decimal(3),
                is_bonus=True,
                verdict="pending",
                feedback=["A teacher reads and marks this answer."],
            )
            for place, name in enumerate(("what_is_ml", "ml_vs_dl"), start=1)
        ]
        session.commit()
        return submission

    def test_course_gradebook_and_report_say_what_waits(self, session, class_, handed_in, call):
        card = call(class_.student, "GET", "/courses/dl101/assignments/concepts").json
        assert (card["status"], card["grade"], card["pending"]) == ("graded", 2, 2)
        rows = call(class_.instructor, "GET", "/courses/dl101/gradebook").json["rows"]
        assert [row["grades"]["concepts"]["pending"] for row in rows if row["grades"]["concepts"]] == [2]
        shown = results.as_text(session, handed_in, BASE)
        assert "2 answers wait for a teacher" in shown
        assert "– / 3" in shown

    def test_a_later_run_speaks(self, session, class_, handed_in, call):
        begin_write(session)
        runs.queue_run(session, handed_in, NOW, is_regrade=True)
        finish_run(session, handed_in, score=5, max_score=8)
        session.commit()
        assert call(class_.student, "GET", "/courses/dl101/assignments/concepts").json["pending"] == 0


def test_a_curve_is_said_in_words_and_can_always_be_stored():
    curve = Curve("Loss by step", "step", "loss", (1.0, math.nan, 10**400, math.inf), (1.0, 0.5))
    result = QuestionResult("train", "Train", Decimal(0), Decimal(8), Verdict.FAILED, curves=(curve,))
    json.dumps(runs._question_row("run", 0, result)["curves"], allow_nan=False)
    document = results.question_json(result)["curves"][0]
    assert document["student"] == [1.0, None, None, None]
    assert document["says"] == "It explodes: value 2 of 4 is not a finite number."
    graded = Report("perceptron", "v", "s", (result,))
    assert "Loss by step: It explodes" in results.report_text(results.report_json(graded))
