"""The summary row, its history, and the gradebook that reads it."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from sqlalchemy import event, select

from grader.errors import Invalid, NotAllowed
from grader.models import Grade, GradeChange, Role, RunStatus
from grader.services import gradebook, grades
from grader.services.gradebook import harmless
from tests import factories
from tests.factories import NOW, finish_run, make_submission

pytestmark = pytest.mark.usefixtures("any_database_url")


def graded(session, assignment, user, score, **options):
    submission = make_submission(session, assignment, user, now=options.pop("now", NOW))
    finish_run(session, submission, score=score, **options)
    return submission


def test_the_best_attempt_makes_the_grade_and_each_change_is_kept(session, class_):
    graded(session, class_.perceptron, class_.student, 7)
    best = graded(session, class_.perceptron, class_.student, 13)
    graded(session, class_.perceptron, class_.student, 9)
    session.commit()
    grade = session.scalars(select(Grade)).one()
    assert (grade.submission_id, grade.score, grade.grade, grade.attempts) == (best.id, 13, 13, 3)
    changes = session.scalars(select(GradeChange).order_by(GradeChange.id)).all()
    assert [(change.before, change.after, change.reason) for change in changes] == [
        (None, 7, "graded"),
        (7, 13, "graded"),
    ]
    assert all(change.run_id for change in changes)


def test_lateness_takes_its_fraction_and_the_grade_is_rounded_once(session, class_):
    class_.perceptron.due_at = NOW
    class_.perceptron.late_fraction_per_day = Decimal("0.1")
    session.commit()
    graded(session, class_.perceptron, class_.student, "13.333333", now=NOW + dt.timedelta(hours=25))
    grade = session.scalars(select(Grade)).one()
    assert grade.penalty == Decimal("2.666667")
    assert grade.grade == Decimal("10.67")


def test_a_failed_run_makes_no_grade(session, class_):
    finish_run(session, make_submission(session, class_.perceptron, class_.student), status=RunStatus.FAILED)
    grade = session.scalars(select(Grade)).one()
    assert (grade.grade, grade.score, grade.attempts) == (None, None, 0)


@pytest.mark.parametrize(
    ("verdict", "with_file", "used"), [("invalid", False, 0), ("failed", False, 1), ("invalid", True, 1)]
)
def test_typed_answers_that_cannot_be_read_cost_no_attempt(session, class_, verdict, with_file, used):
    """What is `invalid` costs nothing and can be typed again; code that was run has told its author something."""
    quiz = factories.make_assignment(session, class_.course, "python_warmup", attempt_limit=1)
    files = [("python_warmup.py", b"x = 1\n")] if with_file else []
    submission = make_submission(session, quiz, class_.student, files=files, answers={"f4_both": "4*2"})
    finish_run(session, submission, score=0, verdict=verdict)
    assert grades.attempts_used(session, quiz.id, class_.student.id) == used


def test_computing_again_changes_nothing_and_adds_no_change(session, class_):
    graded(session, class_.perceptron, class_.student, 7)
    grades.recompute(session, class_.perceptron.id, class_.student.id, now=NOW, reason="again")
    assert factories.count(session, GradeChange) == 1


class TestTable:
    def table(self, session, class_, person=None, **options):
        access = factories.open_course(session, person or class_.instructor, class_.course)
        return gradebook.table(session, access, **options)

    def test_students_see_no_gradebook(self, session, class_):
        with pytest.raises(NotAllowed):
            self.table(session, class_, class_.student)

    def test_rows_are_the_students_with_a_cell_for_each_assignment(self, session, class_):
        submission = graded(session, class_.perceptron, class_.student, 13)
        table = self.table(session, class_, class_.assistant)
        assert [row.name for row in table.rows] == ["Kim", "Sam"]
        assert [column.slug for column in table.columns] == ["perceptron", "gradient_quiz"]
        kim, sam = table.rows
        assert kim.cells == (None, None)
        assert (sam.cells[0].submission_id, sam.cells[0].grade) == (submission.id, 13)
        assert (kim.total, sam.total) == (0, 13)
        assert table.max_total == 34

    @pytest.mark.parametrize(
        ("sort", "ascending", "descending"),
        [
            ("name", ["Kim", "Sam", "Zoe"], ["Zoe", "Sam", "Kim"]),
            ("email", ["Zoe", "Kim", "Sam"], ["Sam", "Kim", "Zoe"]),
            ("section", ["Sam", "Kim", "Zoe"], ["Kim", "Sam", "Zoe"]),
            ("total", ["Sam", "Kim", "Zoe"], ["Kim", "Sam", "Zoe"]),
            ("perceptron", ["Sam", "Kim", "Zoe"], ["Kim", "Sam", "Zoe"]),
        ],
    )
    def test_sorting_puts_those_without_a_value_last(self, session, class_, sort, ascending, descending):
        factories.enrol(session, class_.course, factories.make_user(session, "a@example.edu", "Zoe"))
        graded(session, class_.perceptron, class_.student, 5)
        graded(session, class_.perceptron, class_.classmate, 7)
        assert [row.name for row in self.table(session, class_, sort=sort).rows] == ascending
        assert [row.name for row in self.table(session, class_, sort=sort, descending=True).rows] == descending

    @pytest.mark.parametrize("sort", ["", "grade; DROP TABLE users", "password_hash"])
    def test_sorting_by_anything_else_is_refused(self, session, class_, sort):
        with pytest.raises(Invalid, match="cannot sort"):
            self.table(session, class_, sort=sort)

    @pytest.mark.parametrize(
        ("search", "names"), [("sa", ["Sam"]), ("KIM@", ["Kim"]), ("%", []), ("_", []), ("  ", ["Kim", "Sam"])]
    )
    def test_search_takes_its_text_literally(self, session, class_, search, names):
        assert [row.name for row in self.table(session, class_, search=search).rows] == names

    def test_a_section_is_shown_alone(self, session, class_):
        table = self.table(session, class_, section="B")
        assert [row.name for row in table.rows] == ["Kim"]
        assert table.sections == ("A", "B")

    def test_pages_hold_what_was_asked_for_and_one_beyond_the_last_is_the_last(self, session, class_):
        for at in range(5):
            factories.enrol(session, class_.course, factories.make_user(session, name=f"P{at}"))
        table = self.table(session, class_, per_page=3, page=99)
        assert (table.num_rows, table.pages, table.page, len(table.rows)) == (7, 3, 3, 1)

    def test_the_number_of_queries_does_not_grow_with_students_or_attempts(self, session, class_):
        def queries():
            seen = []
            engine = session.get_bind()
            listen = lambda *args: seen.append(args[2])  # noqa: E731
            event.listen(engine, "before_cursor_execute", listen)
            self.table(session, class_)
            event.remove(engine, "before_cursor_execute", listen)
            return len(seen)

        few = queries()
        for _ in range(4):
            student = factories.enrol(session, class_.course)
            for _ in range(3):
                graded(session, class_.perceptron, student, 5)
        session.commit()
        assert queries() <= few


class TestCsv:
    def rows(self, session, class_, person=None):
        out = io.StringIO(newline="")
        access = factories.open_course(session, person or class_.instructor, class_.course)
        gradebook.write_csv(session, access, out)
        return list(csv.reader(io.StringIO(out.getvalue())))

    def test_it_has_a_line_for_each_student_and_a_total(self, session, class_):
        graded(session, class_.perceptron, class_.student, "12.5")
        assert self.rows(session, class_) == [
            ["name", "email", "section", "perceptron", "gradient_quiz", "total"],
            ["Kim", "kim@example.edu", "B", "", "", "0.00"],
            ["Sam", "sam@example.edu", "A", "12.50", "", "12.50"],
        ]

    def test_students_may_not_export(self, session, class_):
        with pytest.raises(NotAllowed):
            self.rows(session, class_, class_.student)

    @pytest.mark.parametrize(
        "name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", " =1+1", "＝1+1", '=HYPERLINK("http://evil")']
    )
    def test_no_name_is_a_formula(self, session, class_, name):
        factories.enrol(session, class_.course, factories.make_user(session, "0@example.edu", name), section="=1")
        row = next(row for row in self.rows(session, class_) if row[1] == "0@example.edu")
        assert row[0] == f"'{name.strip()}"
        assert row[2] == "'=1"

    @pytest.mark.parametrize("text", ["\t=1", "\r=1", "\n=1", "\x00=1"])
    def test_blanks_and_control_characters_hide_no_formula(self, text):
        assert harmless(text).startswith("'")

    def test_an_administrator_exports_without_being_enrolled_and_staff_are_no_students(self, session, class_):
        factories.enrol(session, class_.course, role=Role.ASSISTANT)
        assert len(self.rows(session, class_, class_.admin)) == 3
