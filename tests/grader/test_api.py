"""The API as programs use it: uploads, answers, refusals, who may see what."""

from __future__ import annotations

import csv
import io
import statistics
import threading
import time

import pytest
from sqlalchemy import select

from grader.api.schemas import (
    AssignmentList,
    AssignmentOut,
    CourseList,
    GradebookOut,
    ProblemOut,
    SubmissionList,
    SubmissionOut,
)
from grader.db import make_engine, session_factory
from grader.models import Run, RunEvent, RunStatus, Submission
from grader.services import tokens
from tests import factories
from tests.factories import NOW, finish_run, make_submission

PATH = "/courses/dl101/assignments/perceptron/submissions"
QUIZ = "/courses/dl101/assignments/gradient_quiz/submissions"


def form(*files, **fields):
    data = {key.replace("__", "."): value for key, value in fields.items()}
    data["file"] = [(io.BytesIO(content), name) for name, content in files]
    return {"data": data, "content_type": "multipart/form-data"}


ONE = ("perceptron.py", b"x = 1\n")


def problem(response, status, kind):
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.mimetype == "application/problem+json"
    document = response.json
    ProblemOut.model_validate(document)
    assert document["status"] == status
    assert document["type"].endswith(f"#{kind}")
    return document


class TestSubmit:
    @pytest.mark.usefixtures("any_database_url")
    def test_a_form_is_taken_with_202_and_its_address(self, call, class_, session):
        response = call(class_.student, "POST", PATH, **form(ONE, ("b.py", b"")))
        assert response.status_code == 202
        document = response.json
        SubmissionOut.model_validate(document)
        assert document["status"] == "queued"
        assert response.headers["Location"] == document["links"]["self"]
        assert [file["name"] for file in document["files"]] == ["perceptron.py", "b.py"]
        submission = session.scalars(select(Submission)).one()
        assert (submission.id, submission.origin) == (document["id"], "api")

    def test_json_is_taken(self, call, class_):
        response = call(class_.student, "POST", PATH, json={"files": {"perceptron.py": "π = 3\n"}})
        assert response.status_code == 202
        assert response.json["files"][0]["bytes"] == len("π = 3\n".encode())

    @pytest.mark.parametrize(
        "body", ['{"files": {"a.py": "", "a.py": "x = 1"}}', '{"files": {}, "files": {"a.py": ""}}']
    )
    def test_json_with_a_name_twice_is_422_and_no_file_gets_lost(self, call, class_, body):
        response = call(class_.student, "POST", PATH, data=body, content_type="application/json")
        assert "was sent twice" in problem(response, 422, "invalid")["detail"]

    @pytest.mark.parametrize("value", ['""', "1"])
    def test_json_of_a_million_names_is_413_at_once(self, call, class_, value):
        """The search for the one that is there twice kept a thread for an hour; or each was listed as wrong."""
        names = ",".join(f'"{at:x}":{value}' for at in range(300_000))
        started = time.process_time()
        body = f'{{"files": {{{names},"493df":""}}}}'
        problem(call(class_.student, "POST", PATH, data=body, content_type="application/json"), 413, "too-large")
        assert time.process_time() - started < 10  # 0.3 s

    def test_a_file_is_named_in_a_refusal_as_it_was_sent(self, call, class_):
        detail = problem(call(class_.student, "POST", PATH, **form(("week two.txt", b""))), 422, "files-rejected")[
            "detail"
        ]
        assert detail.startswith("week two.txt: ")

    def test_answers_are_taken_from_a_form_and_from_json(self, call, class_):
        first = call(class_.student, "POST", QUIZ, **form(answers__q="3", answers__f="−12"))
        second = call(class_.student, "POST", QUIZ, json={"answers": {"q": "3", "f": "−12"}})
        assert first.json["answers"] == second.json["answers"] == {"q": "3", "f": "−12"}

    def test_a_repeat_under_its_key_gives_the_same_submission_and_another_body_422(self, call, class_):
        headers = {"Idempotency-Key": "once"}
        first = call(class_.student, "POST", PATH, headers=headers, **form(ONE))
        again = call(class_.student, "POST", PATH, headers=headers, **form(ONE))
        assert again.json["id"] == first.json["id"]
        other = call(class_.student, "POST", PATH, headers=headers, **form(("perceptron.py", b"x = 2\n")))
        problem(other, 422, "idempotency-conflict")

    @pytest.mark.parametrize(
        ("request_", "status", "kind", "words"),
        [
            ({"data": b"x", "content_type": "text/plain"}, 415, "wrong-type", "text/plain"),
            ({"data": b"{}", "content_type": "text/json"}, 415, "wrong-type", "text/json"),
            ({"data": b"a=1", "content_type": "application/x-www-form-urlencoded"}, 415, "wrong-type", "multipart"),
            ({"data": b"x"}, 415, "wrong-type", "no Content-Type"),
            ({"json": {}, "headers": {"Content-Encoding": "gzip"}}, 415, "wrong-type", "compressed"),
            ({"data": b"{", "content_type": "application/json"}, 400, "bad-request", "not JSON"),
            ({"data": b"[" * 100_000, "content_type": "application/json"}, 400, "bad-request", "recursion"),
            ({"data": b'{"files": {"a.py": "\\ud800"}}', "content_type": "application/json"}, 400, "bad-request", ""),
            ({"data": b"\xff\xfe", "content_type": "application/json"}, 400, "bad-request", "not JSON"),
            ({"data": b"x", "content_type": "multipart/form-data"}, 400, "bad-request", "boundary"),
            ({"data": b"--b\r\nx", "content_type": "multipart/form-data; boundary=b"}, 400, "bad-request", "cut off"),
            ({"json": {}}, 422, "invalid", "nothing to grade"),
            ({"json": []}, 422, "invalid", "body"),
            ({"json": {"files": {"a.py": 1}}}, 422, "invalid", "files.a.py"),
            ({"json": {"files": {"a.py": None}}}, 422, "invalid", "files.a.py"),
            ({"json": {"files": {"a.py": "x"}, "score": 20}}, 422, "invalid", "score"),
            ({"json": {"files": {"a.py": "x"}, "answers": {"update": "1"}}}, 422, "invalid", "answers.update"),
            ({"json": {"files": {"numpy.py": "x"}}}, 422, "files-rejected", "numpy.py"),
            ({"json": {"files": {"../a.py": "x"}}}, 422, "files-rejected", "folder"),
            ({"json": {"files": {"a.py": "\x00"}}}, 422, "files-rejected", "NUL"),
            ({"json": {"files": {"a.py": "x" * ((1 << 20) + 1)}}}, 413, "too-large", "a.py"),
            ({"json": {"files": {f"m{at}.py": "" for at in range(51)}}}, 413, "too-large", "51 files"),
            ({"json": {"answers": {f"q{at}": "" for at in range(301)}}}, 413, "too-large", "301 names"),
            ({"data": b"x" * (7 << 20), "content_type": "application/json"}, 413, "too-large", "no attempt"),
            (form(*((f"m{at}.py", b"") for at in range(400))), 413, "too-large", "no attempt"),
            (form(ONE, user_id="1"), 422, "invalid", "user_id"),
            (form(file2=(io.BytesIO(b"x"), "a.py")), 422, "invalid", "file2"),
            (form(ONE, answers__update="1"), 422, "invalid", "answers.update"),
            ({"json": {"files": {"a.py": "x"}}, "query_string": "wait=31"}, 422, "invalid", "wait"),
            ({"json": {"files": {"a.py": "x"}}, "query_string": "wait=nan"}, 422, "invalid", "wait"),
            ({"json": {"files": {"a.py": "x"}}, "query_string": "wait=x"}, 422, "invalid", "wait"),
            ({"json": {"files": {"a.py": "x"}}, "headers": {"Accept": "image/png"}}, 406, "not-acceptable", ""),
            ({"json": {"files": {"a.py": "x"}}, "headers": {"Idempotency-Key": "ü"}}, 422, "invalid", "key"),
        ],
    )
    def test_what_cannot_be_taken_is_a_problem_that_says_why_and_costs_nothing(  # noqa: PLR0917 (pytest names them)
        self, call, class_, session, request_, status, kind, words
    ):
        document = problem(call(class_.student, "POST", PATH, **request_), status, kind)
        assert words in str(document)
        assert session.scalars(select(Submission)).all() == []

    def test_a_file_sent_as_text_gets_the_advice_curl_users_need(self, call, class_):
        response = call(
            class_.student, "POST", PATH, data={"file": "perceptron.py"}, content_type="multipart/form-data"
        )
        assert "with the @" in problem(response, 422, "invalid")["detail"]

    def test_closed_and_used_up_are_told_apart(self, call, class_, session):
        class_.perceptron.attempt_limit = 1
        session.commit()
        assert call(class_.student, "POST", PATH, **form(ONE)).json["attempts_left"] == 0
        problem(call(class_.student, "POST", PATH, **form(ONE)), 409, "attempt-limit-reached")
        class_.perceptron.closes_at = NOW
        session.commit()
        problem(call(class_.student, "POST", PATH, **form(ONE)), 403, "closed")

    @pytest.mark.parametrize("announced", [True, False])
    @pytest.mark.parametrize("media", ["application/json", "multipart/form-data; boundary=b"])
    def test_an_endless_body_is_refused_after_no_more_than_an_upload_was_read(self, call, class_, announced, media):
        class Body(io.RawIOBase):
            taken = 0

            def readable(self):
                return True

            def readinto(self, buffer):
                Body.taken += len(buffer)
                buffer[:] = b"x" * len(buffer)
                return len(buffer)

        environ = {"wsgi.input": io.BufferedReader(Body())}
        environ.update({"CONTENT_LENGTH": str(1 << 30)} if announced else {"wsgi.input_terminated": True})
        response = call(class_.student, "POST", PATH, content_type=media, environ_overrides=environ)
        problem(response, 413, "too-large")
        assert Body.taken <= (0 if announced else 8 << 20)


class TestWait:
    def finish_after(self, database_url, seconds, **options):
        """End the first queued run a little later, from another connection, as a worker would."""

        def work():
            engine = make_engine(database_url)
            deadline = time.monotonic() + 60
            with session_factory(engine)() as session:
                while time.monotonic() < deadline:
                    submission = session.scalars(select(Submission)).first()
                    if submission is not None:
                        break
                    session.rollback()
                    time.sleep(0.01)
                time.sleep(seconds)
                session.rollback()
                finish_run(session, submission, **options)
                session.commit()
            engine.dispose()

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    @pytest.mark.usefixtures("any_database_url")
    def test_the_answer_is_held_until_the_result_is_there(self, call, class_, database_url):
        thread = self.finish_after(database_url, 0.2)
        response = call(class_.student, "POST", PATH, query_string="wait=30", **form(ONE))
        thread.join()
        assert response.status_code == 200
        assert (response.json["status"], response.json["score"]) == ("graded", 13.0)

    def test_a_failed_run_ends_the_wait_too(self, call, class_, database_url):
        thread = self.finish_after(database_url, 0.0, status=RunStatus.FAILED)
        response = call(class_.student, "POST", PATH, query_string="wait=30", **form(ONE))
        thread.join()
        assert response.status_code == 200
        assert response.json["status"] == "failed"

    def test_without_a_result_in_time_it_is_202_as_without_waiting(self, call, class_):
        started = time.monotonic()
        response = call(class_.student, "POST", PATH, query_string="wait=0.3", **form(ONE))
        assert response.status_code == 202
        assert 0.3 <= time.monotonic() - started < 20

    def test_a_result_is_seen_within_a_few_hundredths_of_a_second(self, call, class_, session, database_url):
        """Most are, rather: a busy machine may stand still in between."""

        def seen_after_s():
            submission = make_submission(session, class_.perceptron, class_.student)
            session.commit()
            finished_at = []

            def work():
                engine = make_engine(database_url)
                with session_factory(engine)() as own:
                    time.sleep(0.2)
                    finish_run(own, own.get_one(Submission, submission.id))
                    own.commit()
                    finished_at.append(time.monotonic())
                engine.dispose()

            thread = threading.Thread(target=work)
            thread.start()
            response = call(class_.student, "GET", f"/submissions/{submission.id}", query_string="wait=30")
            seen_at = time.monotonic()
            thread.join()
            assert response.json["status"] == "graded"
            return seen_at - finished_at[0]

        assert statistics.median(seen_after_s() for _ in range(5)) < 1

    def test_with_every_slot_taken_nobody_waits(self, app, call, class_, session):
        submission = make_submission(session, class_.perceptron, class_.student)
        session.commit()
        slots = app.extensions["grader_slots"]
        while slots.held.acquire(blocking=False):
            pass
        started = time.monotonic()
        response = call(class_.student, "GET", f"/submissions/{submission.id}", query_string="wait=20")
        assert response.status_code == 200
        assert response.json["status"] == "queued"
        assert time.monotonic() - started < 20


class TestRead:
    def test_the_etag_answers_304_until_something_changes(self, call, class_, session):
        submission = make_submission(session, class_.perceptron, class_.student)
        session.commit()
        path = f"/submissions/{submission.id}"
        etag = call(class_.student, "GET", path).headers["ETag"]
        assert call(class_.student, "GET", path, headers={"If-None-Match": etag}).status_code == 304
        finish_run(session, submission)
        session.commit()
        assert call(class_.student, "GET", path, headers={"If-None-Match": etag}).status_code == 200

    def test_a_terminal_gets_the_report_on_get_and_post(self, call, class_, session):
        headers = {"Accept": "text/plain"}
        response = call(class_.student, "POST", PATH, headers=headers, **form(ONE))
        assert response.mimetype == "text/plain"
        assert response.get_data(as_text=True).startswith("perceptron, attempt 1: is waiting")
        submission = session.scalars(select(Submission)).one()
        finish_run(session, submission)
        session.commit()
        report = call(class_.student, "GET", f"/submissions/{submission.id}", headers=headers)
        assert report.get_data(as_text=True).startswith("perceptron, attempt 1: 13 of 20 points\n")

    @pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html,*/*;q=0.1", "application/*"])
    def test_everybody_else_gets_json(self, call, class_, session, accept):
        submission = make_submission(session, class_.perceptron, class_.student)
        session.commit()
        response = call(class_.student, "GET", f"/submissions/{submission.id}", headers={"Accept": accept})
        assert response.mimetype == "application/json"

    def test_a_file_comes_back_byte_for_byte_as_a_download(self, call, class_, session):
        content = b"\xef\xbb\xbfx = '<script>'\r\n"
        submission = make_submission(session, class_.perceptron, class_.student, files=[("a b.py", content)])
        session.commit()
        response = call(class_.student, "GET", f"/submissions/{submission.id}/files/a%20b.py")
        assert response.data == content
        assert response.mimetype == "application/octet-stream"
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert response.headers["X-Content-Type-Options"] == "nosniff"

    def test_nothing_private_is_kept_by_a_cache(self, call, class_, session):
        """Lab computers are shared."""
        submission = make_submission(session, class_.perceptron, class_.student)
        session.commit()
        for path in (f"/submissions/{submission.id}", f"/submissions/{submission.id}/files/perceptron.py", "/courses"):
            assert "no-store" in call(class_.student, "GET", path).headers["Cache-Control"]


class TestWhoMaySee:
    def test_another_students_submission_is_not_there(self, call, class_, session):
        submission = make_submission(session, class_.perceptron, class_.student)
        session.commit()
        for path in ("", "/events", "/files/perceptron.py"):
            for person in (class_.classmate, class_.stranger):
                answer = call(person, "GET", f"/submissions/{submission.id}{path}")
                problem(answer, 404, "not-found")
        unknown = call(class_.classmate, "GET", f"/submissions/{'0' * 26}").json
        other = call(class_.classmate, "GET", f"/submissions/{submission.id}").json
        assert unknown["detail"].replace("0" * 26, submission.id) == other["detail"]

    def test_staff_of_the_course_read_it(self, call, class_, session):
        submission = make_submission(session, class_.perceptron, class_.student)
        session.commit()
        for person in (class_.student, class_.assistant, class_.instructor, class_.admin):
            assert call(person, "GET", f"/submissions/{submission.id}").status_code == 200

    @pytest.mark.parametrize(
        "path",
        [
            "/courses/dl101/assignments",
            "/courses/dl101/assignments/perceptron",
            "/courses/dl101/assignments/perceptron/starter",
            "/courses/dl101/submissions",
            "/courses/dl101/gradebook",
            "/courses/dl101/gradebook.csv",
        ],
    )
    def test_a_course_is_not_there_for_strangers(self, call, class_, path):
        problem(call(class_.stranger, "GET", path), 404, "not-found")
        problem(call(class_.stranger, "GET", path.replace("dl101", "nowhere")), 404, "not-found")

    def test_students_are_told_that_the_gradebook_is_not_theirs(self, call, class_):
        problem(call(class_.student, "GET", "/courses/dl101/gradebook"), 403, "not-allowed")
        problem(call(class_.student, "GET", "/courses/dl101/gradebook.csv"), 403, "not-allowed")

    def test_without_a_token_or_with_a_wrong_one_it_is_401(self, call):
        for headers in ({}, {"Authorization": "Bearer dm_wrong"}, {"Authorization": "Basic x"}, {"Authorization": ""}):
            response = call(None, "GET", "/courses", headers=headers)
            problem(response, 401, "not-authenticated")
            assert response.headers["WWW-Authenticate"].startswith("Bearer")

    def test_a_revoked_token_opens_nothing(self, call, class_, session):
        assert call(class_.student, "GET", "/courses").status_code == 200
        tokens.revoke(session, class_.student, tokens.of(session, class_.student)[0].id, NOW)
        session.commit()
        problem(call(class_.student, "GET", "/courses"), 401, "not-authenticated")

    def test_a_token_in_the_address_is_no_token(self, call, class_, session):
        token = factories.make_token(session, class_.student)
        session.commit()
        problem(call(None, "GET", "/courses", query_string={"token": token}), 401, "not-authenticated")

    def test_a_login_cookie_reads_but_writes_only_with_its_csrf_token(self, class_, session, client):
        with client.session_transaction() as cookie:
            cookie["_user_id"] = f"{class_.student.id}.{class_.student.session_version}"
            cookie["_fresh"] = True
        assert client.get("/api/v1/courses").status_code == 200
        problem(client.post(f"/api/v1{PATH}", json={"files": {"a.py": ""}}), 400, "bad-request")
        assert session.scalars(select(Submission)).all() == []


class TestFraming:
    def test_unknown_addresses_and_wrong_methods_are_problems(self, call, class_):
        problem(call(class_.student, "GET", "/nothing"), 404, "not-found")
        response = call(class_.student, "DELETE", "/courses")
        problem(response, 405, "method-not-allowed")
        assert "GET" in response.headers["Allow"]
        problem(call(class_.student, "GET", PATH), 405, "method-not-allowed")

    def test_too_many_uploads_get_429_and_when_to_come_back(self, settings, session, class_):
        from grader import create_app

        app = create_app(settings.model_copy(update={"submission_rate": "2 per hour"}))
        client = app.test_client()
        headers = {"Authorization": f"Bearer {factories.make_token(session, class_.student)}"}
        session.commit()
        for _ in range(2):
            assert client.post(f"/api/v1{PATH}", headers=headers, **form(ONE)).status_code == 202
        response = client.post(f"/api/v1{PATH}", headers=headers, **form(ONE))
        problem(response, 429, "rate-limited")
        assert 0 < int(response.headers["Retry-After"]) <= 3600
        assert factories.count(session, Submission) == 2

    def test_wrong_tokens_are_limited_by_address(self, call, class_):
        statuses = [
            call(None, "GET", "/courses", headers={"Authorization": "Bearer dm_x"}).status_code for _ in range(101)
        ]
        assert statuses == [401] * 100 + [429]
        assert call(class_.student, "GET", "/courses").status_code == 200

    def test_a_database_that_is_away_is_503_with_retry_after(self, settings, tmp_path):
        from grader import create_app

        away = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite3'}"})
        response = create_app(away).test_client().get("/api/v1/courses", headers={"Authorization": "Bearer dm_x"})
        problem(response, 503, "unavailable")
        assert int(response.headers["Retry-After"]) > 0

    def test_a_broker_that_is_away_costs_neither_the_upload_nor_time(self, settings, session, class_):
        from grader import create_app

        app = create_app(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
        headers = {"Authorization": f"Bearer {factories.make_token(session, class_.student)}"}
        session.commit()

        def upload_s():
            started = time.monotonic()
            assert app.test_client().post(f"/api/v1{PATH}", headers=headers, **form(ONE)).status_code == 202
            return time.monotonic() - started

        # Waiting for a broker would cost each of them as much, a machine that stands still hardly all.
        assert min(upload_s() for _ in range(3)) < 3
        assert session.scalars(select(Run.status)).all() == [RunStatus.QUEUED] * 3


class TestLists:
    def test_courses_with_ones_role(self, call, class_):
        document = call(class_.assistant, "GET", "/courses").json
        CourseList.model_validate(document)
        assert [(item["slug"], item["role"]) for item in document["items"]] == [("dl101", "assistant")]
        assert call(class_.stranger, "GET", "/courses").json == {"items": [], "next": None}

    def test_assignments_with_how_one_stands(self, call, class_, session):
        class_.perceptron.attempt_limit = 3
        submission = make_submission(session, class_.perceptron, class_.student)
        finish_run(session, submission)
        session.commit()
        document = call(class_.student, "GET", "/courses/dl101/assignments").json
        AssignmentList.model_validate(document)
        first, second = document["items"]
        assert (first["slug"], first["attempts"], first["attempts_left"], first["grade"]) == ("perceptron", 1, 2, 13.0)
        assert (first["submission"], first["status"]) == (submission.id, "graded")
        assert (second["slug"], second["grade"], second["submission"]) == ("gradient_quiz", None, None)

    def test_an_unpublished_assignment_is_for_staff_alone(self, call, class_, session):
        class_.perceptron.published_at = None
        session.commit()
        assert len(call(class_.student, "GET", "/courses/dl101/assignments").json["items"]) == 1
        assert len(call(class_.assistant, "GET", "/courses/dl101/assignments").json["items"]) == 2
        problem(call(class_.student, "GET", "/courses/dl101/assignments/perceptron"), 404, "not-found")

    def test_an_assignment_with_its_questions_and_starter(self, call, class_):
        document = call(class_.student, "GET", "/courses/dl101/assignments/perceptron").json
        AssignmentOut.model_validate(document)
        assert [question["id"] for question in document["questions"]] == ["predict", "update", "train"]
        starter = call(class_.student, "GET", document["starter"])
        assert starter.mimetype == "text/x-python"
        assert b"def predict" in starter.data
        quiz = call(class_.student, "GET", "/courses/dl101/assignments/gradient_quiz").json
        assert call(class_.student, "GET", quiz["starter"]).json["answers"]["q"] == ""

    @pytest.mark.parametrize("path", ["/courses/dl101/submissions", "/courses/dl101/assignments", "/courses"])
    def test_next_leads_through_a_list_once(self, call, class_, session, path):
        for _ in range(3):
            make_submission(session, class_.perceptron, class_.student)
            factories.enrol(session, factories.make_course(session), class_.student)
        session.commit()
        whole = call(class_.student, "GET", path).json["items"]
        seen, url = [], f"{path}?limit=1"
        while url:
            document = call(class_.student, "GET", url).json
            assert len(document["items"]) <= 1
            seen += document["items"]
            url = document["next"]
        assert seen == whole
        assert len(seen) > 1

    def test_submissions_are_listed_with_their_result(self, call, class_, session):
        finish_run(session, make_submission(session, class_.perceptron, class_.student))
        make_submission(session, class_.perceptron, class_.classmate)
        session.commit()
        document = call(class_.instructor, "GET", "/courses/dl101/submissions").json
        SubmissionList.model_validate(document)
        assert [(item["student"], item["status"], item["score"]) for item in document["items"]] == [
            ("kim@example.edu", "queued", None),
            ("sam@example.edu", "graded", 13.0),
        ]

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=-1", "cursor=x"])
    def test_a_page_that_cannot_be_is_422(self, call, class_, query):
        for path in ("/courses", "/courses/dl101/submissions"):
            problem(call(class_.student, "GET", f"{path}?{query}"), 422, "invalid")


class TestGradebook:
    def test_it_is_served_as_data_and_as_csv(self, call, class_, session):
        finish_run(session, make_submission(session, class_.perceptron, class_.student))
        session.commit()
        document = call(class_.assistant, "GET", "/courses/dl101/gradebook?sort=total&order=desc").json
        GradebookOut.model_validate(document)
        assert [(row["name"], row["total"]) for row in document["rows"]] == [("Sam", 13.0), ("Kim", 0.0)]
        assert document["rows"][0]["grades"]["perceptron"]["grade"] == 13.0
        by_name = call(class_.assistant, "GET", "/courses/dl101/gradebook.csv")
        by_type = call(class_.assistant, "GET", "/courses/dl101/gradebook", headers={"Accept": "text/csv"})
        assert by_name.data == by_type.data
        assert by_name.mimetype == "text/csv"
        rows = list(csv.DictReader(io.StringIO(by_name.get_data(as_text=True))))
        assert rows[1]["perceptron"] == "13.00"

    def test_next_leads_through_its_pages(self, call, class_):
        first = call(class_.assistant, "GET", "/courses/dl101/gradebook?per_page=1").json
        second = call(class_.assistant, "GET", first["next"]).json
        assert [row["name"] for row in first["rows"] + second["rows"]] == ["Kim", "Sam"]
        assert second["next"] is None


def test_events_come_from_the_database_in_order_and_go_on_after_the_last_one_seen(call, class_, session):
    submission = make_submission(session, class_.perceptron, class_.student)
    run = submission.runs[0]
    run.lease_token, run.status = "x", RunStatus.RUNNING
    for number, question in enumerate(("predict", "update")):
        data = {"question": question, "title": question, "verdict": "passed", "score": 1.0, "max_score": 1.0}
        session.add(RunEvent(run_id=run.id, number=number, data=data))
    session.commit()
    response = call(class_.student, "GET", f"/submissions/{submission.id}/events")
    assert response.mimetype == "text/event-stream"
    assert response.headers["X-Accel-Buffering"] == "no"
    stream = iter(response.response)
    said = ""
    while said.count("event: check") < 2:
        said += next(stream).decode()
    response.close()
    assert said.index("event: running") < said.index('"predict"') < said.index('"update"')
    last_id = said.rpartition("id: ")[2].partition("\n")[0]
    finish_run(session, submission)
    session.commit()
    url, headers = f"/submissions/{submission.id}/events", {"Last-Event-ID": last_id}
    rest = call(class_.student, "GET", url, headers=headers).get_data(as_text=True)
    assert "event: check" not in rest
    assert "event: graded" in rest
    ended = rest.rpartition("id: ")[2].partition("\n")[0]
    assert call(class_.student, "GET", url, headers={"Last-Event-ID": ended}).status_code == 204


def test_a_stream_opened_after_the_wait_tells_every_step_all_the_same(call, class_, session):
    """A client that waits for `queued` before it goes on must not depend on how fast the grader was."""
    submission = make_submission(session, class_.perceptron, class_.student)
    finish_run(session, submission)
    session.commit()
    said = call(class_.student, "GET", f"/submissions/{submission.id}/events").get_data(as_text=True)
    told = [line.removeprefix("event: ") for line in said.splitlines() if line.startswith("event: ")]
    assert list(dict.fromkeys(told)) == ["queued", "running", "check", "graded"]
    assert 'data: {"place": 0, "estimate_s": 0.0}' in said


def test_a_queued_submission_streams_its_place_and_then_its_result(call, class_, session):
    make_submission(session, class_.perceptron, class_.classmate)
    submission = make_submission(session, class_.perceptron, class_.student)
    session.commit()
    response = call(class_.student, "GET", f"/submissions/{submission.id}/events")
    stream = iter(response.response)
    said = next(stream).decode() + next(stream).decode()
    assert "event: queued" in said
    assert '"place": ' in said
    finish_run(session, submission)
    session.commit()
    rest = b"".join(stream).decode()
    assert rest.index("event: running") < rest.index("event: check") < rest.index("event: graded")
    response.close()


def test_streams_beyond_half_the_threads_are_told_to_poll_and_a_closed_one_makes_room(app, call, class_, session):
    submission = make_submission(session, class_.perceptron, class_.student)
    session.commit()
    url = f"/submissions/{submission.id}/events"
    threads = app.config["GRADER_SETTINGS"].web_threads
    streams = [call(class_.student, "GET", url) for _ in range(threads // 2)]
    assert {stream.status_code for stream in streams} == {200}
    assert call(class_.student, "GET", url).status_code == 204
    streams.pop().close()
    again = call(class_.student, "GET", url)
    assert again.status_code == 200
    for stream in [*streams, again]:
        stream.close()


def test_health_says_what_is_reachable(client, settings):
    from grader import create_app

    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ready", "database": "ok", "broker": "ok"}
    away = create_app(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})).test_client()
    assert away.get("/readyz").status_code == 503
    assert away.get("/readyz").json["broker"] == "cannot be reached"
    assert away.get("/healthz").status_code == 200


def test_a_database_without_tables_is_not_ready(settings, tmp_path):
    from grader import create_app

    empty = create_app(settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'empty.sqlite3'}"}))
    response = empty.test_client().get("/readyz")
    assert response.status_code == 503
    assert "grader db upgrade" in response.json["database"]


def test_figures_are_those_of_the_database(client, class_, session):
    finish_run(session, make_submission(session, class_.perceptron, class_.student))
    make_submission(session, class_.perceptron, class_.student)
    session.commit()
    figures = client.get("/metrics").get_data(as_text=True)
    assert 'grader_runs{status="graded"} 1.0' in figures
    assert 'grader_runs{status="queued"} 1.0' in figures
    assert "grader_submissions_total 2.0" in figures
