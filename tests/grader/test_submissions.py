"""Taking uploads: attempts, lateness, races, repeats, refusals."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from sqlalchemy import event, select

from grader.db import begin_write, make_engine, session_factory
from grader.errors import (
    AttemptLimitReached,
    Closed,
    FilesRejected,
    IdempotencyConflict,
    Invalid,
    NotFound,
    TooLarge,
)
from grader.models import CourseAssignment, Run, RunStatus, Submission, User
from grader.services import courses, submissions
from grader.services.submissions import Upload
from grader.services.unpack import UploadLimits
from tests import factories
from tests.factories import NOW, finish_run, make_submission

pytestmark = pytest.mark.usefixtures("any_database_url")

FILES = [("perceptron.py", b"x = 1\n")]


def accept(session, user, assignment, *, now=NOW, limits=None, **upload):
    access = factories.open_assignment(session, user, assignment, now)
    options = {"limits": limits} if limits else {}
    return submissions.accept(session, access, user, Upload(**{"files": FILES, **upload}), now, **options)


def test_an_upload_becomes_the_next_attempt_with_a_queued_run(session, class_):
    first, is_new = accept(session, class_.student, class_.perceptron, answers={})
    second, _ = accept(session, class_.student, class_.perceptron)
    session.commit()
    assert is_new
    assert (first.attempt, second.attempt) == (1, 2)
    assert [run.status for run in first.runs] == [RunStatus.QUEUED]
    assert first.received_at == NOW
    assert first.late_s == 0


def test_files_are_kept_byte_for_byte(session, class_):
    content = b"\xef\xbb\xbfx = 1\r\n"
    submission, _ = accept(session, class_.student, class_.perceptron, files=[("a b.py", content)])
    session.commit()
    session.expire_all()
    file = submissions.file(session, class_.student, submission.id, "a b.py")
    assert file.content == content
    assert file.size == len(content)


def test_attempts_are_counted_for_each_student_alone(session, class_):
    accept(session, class_.student, class_.perceptron)
    other, _ = accept(session, class_.classmate, class_.perceptron)
    assert other.attempt == 1


class TestDates:
    def test_one_second_after_the_grace_is_late_by_the_servers_clock(self, session, class_):
        class_.perceptron.due_at = NOW
        class_.perceptron.grace_s = 60
        session.commit()
        on_time, _ = accept(session, class_.student, class_.perceptron, now=NOW + dt.timedelta(seconds=60))
        late, _ = accept(session, class_.student, class_.perceptron, now=NOW + dt.timedelta(seconds=61))
        assert (on_time.late_s, late.late_s) == (0, 61)

    def test_before_opening_and_after_closing_nothing_is_taken(self, session, class_):
        class_.perceptron.opens_at = NOW
        class_.perceptron.closes_at = NOW + dt.timedelta(hours=1)
        class_.course.timezone = "Asia/Taipei"
        session.commit()
        with pytest.raises(Closed, match=r"opens at 2026-11-22 05:14:00 \(Asia/Taipei\)"):
            accept(session, class_.student, class_.perceptron, now=NOW - dt.timedelta(seconds=1))
        with pytest.raises(Closed, match=r"closed at 2026-11-22 06:14:00 \(Asia/Taipei\); .* 06:14:01"):
            accept(session, class_.student, class_.perceptron, now=NOW + dt.timedelta(hours=1, seconds=1))
        session.rollback()
        assert factories.count(session, Submission) == 0

    def test_staff_try_an_assignment_out_at_any_time(self, session, class_):
        class_.perceptron.closes_at = NOW
        class_.perceptron.attempt_limit = 1
        session.commit()
        for _ in range(2):
            accept(session, class_.instructor, class_.perceptron, now=NOW + dt.timedelta(days=9))

    def test_an_assignment_not_yet_published_is_not_there_for_students(self, session, class_):
        class_.perceptron.published_at = NOW + dt.timedelta(days=1)
        session.commit()
        with pytest.raises(NotFound):
            accept(session, class_.student, class_.perceptron)


class TestLimits:
    def test_the_last_allowed_attempt_is_taken_and_the_next_is_not(self, session, class_):
        class_.perceptron.attempt_limit = 2
        session.commit()
        accept(session, class_.student, class_.perceptron)
        accept(session, class_.student, class_.perceptron)
        with pytest.raises(AttemptLimitReached, match="all 2 attempts"):
            accept(session, class_.student, class_.perceptron)

    def test_an_attempt_the_grader_failed_on_is_given_back(self, session, class_):
        class_.perceptron.attempt_limit = 1
        session.commit()
        finish_run(session, make_submission(session, class_.perceptron, class_.student), status=RunStatus.FAILED)
        again, _ = accept(session, class_.student, class_.perceptron)
        assert again.attempt == 2

    @pytest.mark.parametrize(
        ("upload", "refusal"),
        [
            ({"files": [("numpy.py", b"")]}, FilesRejected),
            ({"files": [("a.py", b"\x00")]}, FilesRejected),
            ({"files": []}, Invalid),
            ({"files": [], "answers": {"update": "x"}}, Invalid),
            ({"answers": {"nothing": "1"}}, Invalid),
            ({"files": [("a.py", b"x" * (1 << 20) + b"x")]}, TooLarge),
            ({"files": [(f"{at}.py", b"") for at in range(51)]}, TooLarge),
            ({"files": [(f"m{at}.py", b"x" * (1 << 20)) for at in range(6)]}, TooLarge),
            ({"idempotency_key": ""}, Invalid),
            ({"idempotency_key": "k" * 201}, Invalid),
        ],
    )
    def test_no_refused_upload_costs_an_attempt(self, session, class_, upload, refusal):
        class_.perceptron.attempt_limit = 1
        session.commit()
        with pytest.raises(refusal):
            accept(session, class_.student, class_.perceptron, **upload)
        session.rollback()
        submission, _ = accept(session, class_.student, class_.perceptron)
        assert submission.attempt == 1

    def test_a_file_of_exactly_the_limit_is_taken(self, session, class_):
        content = b"#" * (1 << 20)
        submission, _ = accept(session, class_.student, class_.perceptron, files=[("a.py", content)])
        assert submission.files[0].size == 1 << 20

    def test_a_large_notebook_is_refused_with_the_way_out(self, session, class_):
        with pytest.raises(TooLarge, match="Clear its outputs"):
            accept(session, class_.student, class_.perceptron, files=[("a.ipynb", b"{" + b" " * (1 << 20))])

    def test_the_settings_limits_hold(self, session, class_):
        with pytest.raises(TooLarge):
            accept(session, class_.student, class_.perceptron, limits=UploadLimits(file_bytes=3))

    @pytest.mark.parametrize(
        ("limits", "words"),
        [
            (UploadLimits(files=1), "2 files were sent; at most 1"),
            (UploadLimits(file_bytes=3), "a file may have 3"),
            (UploadLimits(upload_bytes=7), "8 bytes together; an upload may have 7"),
        ],
    )
    def test_each_limit_of_an_upload_holds_by_itself(self, session, class_, limits, words):
        files = [("a.py", b"a = "), ("b.py", b"b = ")]
        with pytest.raises(TooLarge, match=words):
            accept(session, class_.student, class_.perceptron, limits=limits, files=files)

    def test_an_empty_file_is_taken(self, session, class_):
        assert accept(session, class_.student, class_.perceptron, files=[("a.py", b"")])[1]


class TestAnswers:
    def test_answers_are_kept_as_typed_and_blank_ones_dropped(self, session, class_):
        submission, _ = accept(session, class_.student, class_.quiz, files=[], answers={"q": " 3 ", "f": "  "})
        session.commit()
        session.expire_all()
        assert submission.answers == {"q": " 3 "}

    def test_code_for_an_assignment_without_code_is_refused(self, session, class_):
        with pytest.raises(Invalid, match="type the answers"):
            accept(session, class_.student, class_.quiz, answers={"q": "3"})

    @pytest.mark.parametrize("text", ["x" * 2001, "\x00", "\ud800"])
    def test_an_answer_that_cannot_be_stored_is_refused_by_name(self, session, class_, text):
        with pytest.raises(Invalid) as caught:
            accept(session, class_.student, class_.quiz, files=[], answers={"q": text, "f": "1"})
        assert [problem.field for problem in caught.value.errors] == ["answers.q"]


class TestRepeats:
    def test_the_same_key_and_body_give_the_same_submission(self, session, class_):
        first, _ = accept(session, class_.student, class_.perceptron, idempotency_key="k")
        again, is_new = accept(session, class_.student, class_.perceptron, idempotency_key="k")
        session.commit()
        assert again is first
        assert not is_new
        assert factories.count(session, Run) == 1

    @pytest.mark.parametrize(
        "upload", [{"files": [("perceptron.py", b"x = 2\n")]}, {"files": [("other.py", b"x = 1\n")]}]
    )
    def test_the_same_key_with_another_body_is_refused(self, session, class_, upload):
        accept(session, class_.student, class_.perceptron, idempotency_key="k")
        with pytest.raises(IdempotencyConflict):
            accept(session, class_.student, class_.perceptron, idempotency_key="k", **upload)

    def test_the_same_key_for_another_assignment_is_refused(self, session, class_):
        warmup = factories.make_assignment(session, class_.course, "python_warmup")
        accept(session, class_.student, class_.perceptron, idempotency_key="k")
        with pytest.raises(IdempotencyConflict):
            accept(session, class_.student, warmup, idempotency_key="k")

    def test_two_people_may_use_one_key(self, session, class_):
        accept(session, class_.student, class_.perceptron, idempotency_key="k")
        _, is_new = accept(session, class_.classmate, class_.perceptron, idempotency_key="k")
        assert is_new

    def test_a_repeat_after_closing_still_gives_the_first_answer(self, session, class_):
        class_.perceptron.closes_at = NOW
        class_.perceptron.attempt_limit = 1
        session.commit()
        first, _ = accept(session, class_.student, class_.perceptron, idempotency_key="k")
        later = NOW + dt.timedelta(days=1)
        again, is_new = accept(session, class_.student, class_.perceptron, idempotency_key="k", now=later)
        assert (again, is_new) == (first, False)


def race(database_url, user_id, assignment_id, uploads):
    """Hand the uploads in at once, each from a thread and a connection of its own; return what became of each."""
    engine = make_engine(database_url)
    factory = session_factory(engine)
    barrier = threading.Barrier(len(uploads))
    outcomes = []

    def work(upload):
        with factory() as session:
            user = session.get_one(User, user_id)
            access = factories.open_assignment(session, user, session.get_one(CourseAssignment, assignment_id))
            barrier.wait()
            try:
                submission, is_new = submissions.accept(session, access, user, upload, NOW)
                session.commit()
                outcomes.append((submission.attempt, is_new))
            except Exception as error:  # noqa: BLE001 (what it is, is asserted)
                outcomes.append((type(error).__name__, False))

    threads = [threading.Thread(target=work, args=(upload,)) for upload in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    return outcomes


def test_racing_uploads_get_one_number_each(session, class_, database_url):
    uploads = [Upload(files=FILES) for _ in range(6)]
    outcomes = race(database_url, class_.student.id, class_.perceptron.id, uploads)
    assert sorted(outcomes, key=str) == [(number, True) for number in range(1, 7)]


def test_racing_uploads_never_exceed_the_limit(session, class_, database_url):
    class_.perceptron.attempt_limit = 2
    session.commit()
    uploads = [Upload(files=FILES) for _ in range(6)]
    outcomes = race(database_url, class_.student.id, class_.perceptron.id, uploads)
    assert sorted(outcomes, key=str) == [*[("AttemptLimitReached", False)] * 4, (1, True), (2, True)]


@pytest.mark.parametrize("any_database_url", ["postgres"], indirect=True)
def test_an_upload_overtaken_after_its_count_does_not_get_one_attempt_too_many(session, class_):
    """SQLite lets nobody in between. The count and the number must be of one moment."""
    class_.perceptron.attempt_limit = 1
    session.commit()
    engine = session.get_bind()
    overtaken = []

    def overtake(_connection, _cursor, statement, *_rest):
        if "count(" in statement and "FROM submissions" in statement and not overtaken:
            overtaken.append(True)
            with session_factory(engine)() as other:
                user = other.get_one(User, class_.student.id)
                accept(other, user, other.get_one(CourseAssignment, class_.perceptron.id))
                other.commit()

    event.listen(engine, "after_cursor_execute", overtake)
    with pytest.raises(AttemptLimitReached):
        accept(session, class_.student, class_.perceptron)
    session.rollback()
    assert factories.count(session, Submission) == 1


def test_racing_repeats_make_one_submission(session, class_, database_url):
    uploads = [Upload(files=FILES, idempotency_key="k") for _ in range(6)]
    outcomes = race(database_url, class_.student.id, class_.perceptron.id, uploads)
    assert sorted(outcomes) == [(1, False)] * 5 + [(1, True)]


class TestFinding:
    def test_owner_and_staff_find_a_submission_and_everybody_else_finds_nothing(self, session, class_):
        submission = make_submission(session, class_.perceptron, class_.student)
        session.commit()
        for person in (class_.student, class_.assistant, class_.instructor, class_.admin):
            assert submissions.find(session, person, submission.id).id == submission.id
        for person in (class_.classmate, class_.stranger):
            with pytest.raises(NotFound):
                submissions.find(session, person, submission.id)
            with pytest.raises(NotFound):
                submissions.file(session, person, submission.id, "perceptron.py")

    def test_staff_of_another_course_find_nothing(self, session, class_):
        other = factories.make_course(session)
        foreign = factories.enrol(session, other, role=courses.Role.INSTRUCTOR)
        submission = make_submission(session, class_.perceptron, class_.student)
        session.commit()
        with pytest.raises(NotFound):
            submissions.find(session, foreign, submission.id)

    @pytest.mark.parametrize("submission_id", ["", "x", "' OR 1=1 --", "0" * 26])
    def test_an_unknown_id_finds_nothing(self, session, class_, submission_id):
        with pytest.raises(NotFound):
            submissions.find(session, class_.admin, submission_id)

    def test_history_is_ones_own_newest_first(self, session, class_):
        for _ in range(3):
            make_submission(session, class_.perceptron, class_.student)
        make_submission(session, class_.perceptron, class_.classmate)
        access = factories.open_assignment(session, class_.student, class_.perceptron)
        assert [each.attempt for each in submissions.history(session, access, class_.student)] == [3, 2, 1]

    def test_pages_go_through_all_submissions_once(self, session, class_):
        made = [make_submission(session, class_.perceptron, class_.student).id for _ in range(5)]
        access = factories.open_course(session, class_.instructor, class_.course)
        seen, before = [], ""
        while True:
            page = submissions.page(session, access, before=before, limit=2)
            seen += [each.submission.id for each in page.items]
            if not page.has_more:
                break
            before = seen[-1]
        assert seen == sorted(made, reverse=True)

    def test_a_student_lists_only_their_own_whatever_they_ask_for(self, session, class_):
        make_submission(session, class_.perceptron, class_.classmate)
        own = make_submission(session, class_.perceptron, class_.student)
        access = factories.open_course(session, class_.student, class_.course)
        assert [each.submission.id for each in submissions.page(session, access, limit=9).items] == [own.id]
        asked = submissions.page(session, access, student="kim@example.edu", limit=9)
        assert asked.items == ()

    def test_staff_filter_by_student_and_assignment(self, session, class_):
        make_submission(session, class_.perceptron, class_.classmate)
        make_submission(session, class_.quiz, class_.student, answers={"q": "3"})
        wanted = make_submission(session, class_.perceptron, class_.student)
        access = factories.open_course(session, class_.instructor, class_.course)
        found = submissions.page(session, access, student="sam@example.edu", assignment="perceptron", limit=9)
        assert [each.submission.id for each in found.items] == [wanted.id]


def test_a_rolled_back_upload_leaves_nothing(session, class_):
    begin_write(session)
    accept(session, class_.student, class_.perceptron)
    session.rollback()
    assert session.scalars(select(Submission)).all() == []
    assert session.scalars(select(Run)).all() == []
