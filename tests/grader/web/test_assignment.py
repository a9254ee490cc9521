"""The assignment's page and its form."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pytest
from sqlalchemy import func, select, update

from assignments import catalog, variants
from grader.db import writing
from grader.models import Course, CourseAssignment, Submission
from grader.services import courses
from tests.grader.web.conftest import Browser, World, now

WARMUP = "/c/dl101/a/python_warmup"
QUIZ = "/c/dl101/a/forward_pass"
CODE = b"def f4(x, a=1):\n    return a * x**2\n"


@pytest.fixture
def ann(world: World) -> Browser:
    return world.browser("ann@example.edu")


def hand_in(browser: Browser, path: str, files: tuple[tuple[str, bytes], ...] = (), **fields: Any):
    browser.get(path)
    form_id = re.search(r'name="form_id" value="([^"]+)"', browser.page)
    assert form_id
    data: dict[str, Any] = {"form_id": form_id.group(1), **fields}
    if files:
        data["file"] = [(io.BytesIO(content), name) for name, content in files]
    return browser.post(path, data, content_type="multipart/form-data")


def count(world: World) -> int:
    with world.factory() as session:
        return session.scalar(select(func.count()).select_from(Submission)) or 0


def newest(world: World) -> Submission:
    with world.factory() as session:
        found = session.scalars(select(Submission).order_by(Submission.id.desc())).first()
        assert found
        assert found.files is not None
        return found


def test_prompt_shows_its_mathematics(ann: Browser):
    ann.get(QUIZ)
    assert "<math" in ann.page
    assert "$" not in re.sub(r"\$DELTAMARK_TOKEN", "", ann.page)


def test_errata_stand_with_their_question(ann: Browser):
    ann.get(QUIZ)
    field = ann.page.index('id="q-z2"')
    note = ann.page.rindex("at odds with itself", 0, field)
    assert ann.page.rindex("Hidden sum z2", 0, field) < note < field


def test_every_field_has_a_label(ann: Browser):
    for path in (WARMUP, QUIZ, "/c/dl101/a/gradient_quiz"):
        ann.get(path)
        ids = re.findall(r'<(?:input|textarea)[^>]*\sid="([^"]+)"', ann.page)
        assert ids
        for field_id in ids:
            assert f'for="{field_id}"' in ann.page, field_id


def test_starter_is_a_download(ann: Browser):
    answer = ann.get(f"{WARMUP}/starter")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="python_warmup.py"'
    assert "def f4" in ann.page


def test_assignment_without_code_has_no_starter(ann: Browser):
    assert ann.get(f"{QUIZ}/starter").status_code == 404
    ann.get(QUIZ)
    assert 'type="file"' not in ann.page


def test_curl_line_names_this_assignment(ann: Browser):
    ann.get(WARMUP)
    assert "/api/v1/courses/dl101/assignments/python_warmup/submissions?wait=30" in ann.page


def test_files_and_answers_go_in_together(world: World, ann: Browser):
    answer = hand_in(ann, WARMUP, (("python_warmup.py", CODE),), **{"answers.f4_default": "4"})
    assert answer.status_code == 303
    assert answer.location == f"/s/{newest(world).id}"
    with world.factory() as session:
        submission = session.get_one(Submission, newest(world).id)
        assert [(file.name, file.content) for file in submission.files] == [("python_warmup.py", CODE)]
        assert submission.answers == {"f4_default": "4"}
        assert submission.origin == "web"


def test_pasted_code_becomes_a_file_named_like_the_assignment(world: World, ann: Browser):
    assert hand_in(ann, WARMUP, paste=CODE.decode().replace("\n", "\r\n")).status_code == 303
    with world.factory() as session:
        submission = session.get_one(Submission, newest(world).id)
        assert [(file.name, file.content) for file in submission.files] == [("python_warmup.py", CODE)]


def test_several_files_are_taken_at_once(world: World, ann: Browser):
    hand_in(ann, WARMUP, (("python_warmup.py", CODE), ("helpers.py", b"x = 1\n")))
    with world.factory() as session:
        assert len(session.get_one(Submission, newest(world).id).files) == 2


def test_upload_without_csrf_token_is_refused(world: World, ann: Browser):
    answer = ann.client.post(WARMUP, data={"answers.f4_default": "4"})
    assert answer.status_code == 400
    assert count(world) == 0


def test_everything_typed_is_still_there_after_a_refusal(world: World, ann: Browser):
    answer = hand_in(
        ann,
        WARMUP,
        (("notes.txt", b"not code"),),
        **{"answers.f4_default": '4" onfocus="x', "answers.has_key": "KeyError", "answers.slicing": "['a']"},
        paste="def f4(x):\n    return '</textarea>'\n",
    )
    assert answer.status_code == 422
    assert count(world) == 0
    assert 'value="4&#34; onfocus=&#34;x"' in ann.page
    assert 'value="[&#39;a&#39;]"' in ann.page
    assert 'value="KeyError" checked' in ann.page
    assert "return &#39;&lt;/textarea&gt;&#39;" in ann.page
    assert "notes.txt" in ann.page
    assert "did not cost an attempt" in ann.page


def test_fields_hold_what_was_handed_in_last(ann: Browser):
    hand_in(ann, WARMUP, **{"answers.f4_default": "16", "answers.has_key": "True"})
    hand_in(ann, WARMUP, **{"answers.f4_default": "4", "answers.has_key": "AttributeError"})
    ann.get(WARMUP)
    assert 'name="answers.f4_default" value="4"' in ann.page
    assert 'value="AttributeError" checked' in ann.page
    assert 'value="True" checked' not in ann.page


def test_nothing_at_all_is_refused_with_what_was_expected(ann: Browser):
    assert hand_in(ann, WARMUP).status_code == 422
    assert "nothing to grade" in ann.page


def test_fields_of_no_question_are_ignored(world: World, ann: Browser):
    """Nobody hands in for somebody else, or sets a score, by adding a field to the form."""
    answer = hand_in(ann, WARMUP, **{"answers.f4_default": "4", "user_id": "1", "score": "100", "answers.x": "1"})
    assert answer.status_code == 303
    assert newest(world).answers == {"f4_default": "4"}


def test_double_click_is_one_attempt_and_a_changed_form_another(world: World, ann: Browser):
    ann.get(WARMUP)
    form_id = re.search(r'name="form_id" value="([^"]+)"', ann.page)
    assert form_id
    page = ann.page
    fields = {"form_id": form_id.group(1), "answers.f4_default": "4"}
    first = ann.post(WARMUP, fields)
    ann.page = page
    again = ann.post(WARMUP, fields)
    assert first.location == again.location
    ann.page = page  # Back, and something else typed
    other = ann.post(WARMUP, {**fields, "answers.f4_default": "5"})
    assert other.location != first.location
    assert count(world) == 2


def test_hostile_file_name_is_shown_as_text(world: World, ann: Browser):
    hand_in(ann, WARMUP, (("<img src=x onerror=alert(1)>.txt", b"x"),))
    assert "<img" not in ann.page
    assert "&lt;img" in ann.page


def test_attempts_are_listed_newest_first_with_the_one_that_counts(world: World, ann: Browser):
    from tests.grader.web.conftest import question

    best = world.add_submission(questions=[question(score=7)])
    worse = world.add_submission(questions=[question(score=1)])
    waiting = world.add_submission(status="queued")
    ann.get("/c/dl101/a/perceptron")
    places = [ann.page.index(f"/s/{submission_id}") for submission_id in (waiting, worse, best)]
    assert places == sorted(places)
    assert ann.page.count("✓ counts") == 1
    assert ann.page.index("✓ counts") > places[2]
    assert "In the queue" in ann.page


def test_closed_assignment_shows_no_button_and_takes_nothing(world: World, ann: Browser):
    ann.get(WARMUP)
    page = ann.page
    with writing(world.factory) as session:
        past = now() - dt.timedelta(days=1)
        session.execute(update(CourseAssignment).values(due_at=past, closes_at=past))
    ann.page = page
    assert ann.post(WARMUP, {"answers.f4_default": "4"}).status_code == 403
    assert "closed at" in ann.page
    assert ">Hand in</button>" not in ann.page
    assert 'value="4"' in ann.page
    assert count(world) == 0


def test_last_attempt_used_is_told_before_and_after(world: World, ann: Browser):
    with writing(world.factory) as session:
        session.execute(update(CourseAssignment).values(attempt_limit=1))
    ann.get(WARMUP)
    assert "1 of 1 left" in ann.page
    page = ann.page
    hand_in(ann, WARMUP, **{"answers.f4_default": "4"})
    ann.get(WARMUP)
    assert "Every attempt is used" in ann.page
    ann.page = page
    assert ann.post(WARMUP, {"answers.f4_default": "5"}).status_code == 409
    assert count(world) == 1


def test_unpublished_assignment_is_there_for_staff_only(world: World, ann: Browser):
    with writing(world.factory) as session:
        session.execute(update(CourseAssignment).values(published_at=None))
    assert ann.get(WARMUP).status_code == 404
    teacher = world.browser("tess@example.edu")
    assert teacher.get(WARMUP).status_code == 200
    assert "Not published" in teacher.page


def test_pause_of_grading_is_told_with_its_reason_for_staff(world: World, ann: Browser):
    world.report_worker(is_ready=False, detail="no user namespaces on host 7")
    ann.get(WARMUP)
    assert "Grading is paused" in ann.page
    assert "namespaces" not in ann.page
    teacher = world.browser("tess@example.edu")
    teacher.get(WARMUP)
    assert "no user namespaces on host 7" in teacher.page
    world.report_worker(is_ready=True)
    ann.get(WARMUP)
    assert "Grading is paused" not in ann.page


def test_too_large_upload_is_answered_by_a_page(world: World, ann: Browser):
    answer = hand_in(ann, WARMUP, (("big.py", b"#" * (8 << 20)),))
    assert answer.status_code == 413
    assert "no attempt was spent" in ann.page
    assert count(world) == 0


def test_file_over_its_limit_keeps_the_form(world: World, ann: Browser):
    answer = hand_in(ann, WARMUP, (("big.py", b"#" * ((1 << 20) + 1)),), **{"answers.f4_default": "4"})
    assert answer.status_code == 413
    assert 'value="4"' in ann.page


def test_too_many_uploads_are_slowed_down_with_the_form_kept(world: World, ann: Browser):
    limit = int(world.app.config["GRADER_SETTINGS"].submission_rate.split()[0])
    for number in range(limit):
        assert hand_in(ann, WARMUP, **{"answers.f4_default": str(number)}).status_code == 303
    refused = hand_in(ann, WARMUP, **{"answers.f4_default": "last"})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert 'value="last"' in ann.page
    assert count(world) == limit


def test_starter_is_a_notebook_too(ann: Browser):
    ann.get(WARMUP)
    assert f'href="{WARMUP}/starter?format=ipynb"' in ann.page
    answer = ann.get(f"{WARMUP}/starter?format=ipynb")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="python_warmup.ipynb"'
    assert answer.json["nbformat"] == 4
    assert ann.get(f"{WARMUP}/starter?format=exe").status_code == 404


def switch(world: World, *, on: bool) -> None:
    with writing(world.factory) as session:
        courses.switch_variants(session, session.scalars(select(Course)).one(), on=on, actor_id=None, now=now())


def own_numbers(world: World, email: str):
    with world.factory() as session:
        course = session.scalars(select(Course)).one()
        return variants.draw(catalog.load("forward_pass").folder, course.variant_secret, world.user(session, email).id)


def test_own_numbers_stand_in_the_statement_and_staff_see_the_lectures(world: World, ann: Browser):
    switch(world, on=True)
    ann.get(QUIZ)
    assert "numbers of this statement are your own" in ann.page
    bias = variants.shown(own_numbers(world, "ann@example.edu")["b_hidden"])
    assert f"with a bias of {bias} for every hidden unit" in ann.page
    tess = world.browser("tess@example.edu")
    tess.get(QUIZ)
    assert "with a bias of 0.45 for every hidden unit" in tess.page
    assert "each student has numbers of their own" in tess.page


def test_a_submission_keeps_its_numbers_and_staff_see_them(world: World, ann: Browser):
    switch(world, on=True)
    answer = hand_in(ann, QUIZ, **{"answers.z0": "1"})
    switch(world, on=False)
    bias = variants.shown(own_numbers(world, "ann@example.edu")["b_hidden"])
    for email in ("ann@example.edu", "tess@example.edu"):
        browser = world.browser(email)
        browser.get(answer.location)
        assert f"with a bias of {bias} for every hidden unit" in browser.page
    ann.get(QUIZ)
    assert "with a bias of 0.45" in ann.page
    assert 'name="answers.z0" value=""' in ann.page  # what was typed for other numbers is not offered again


def test_answers_typed_before_the_switch_are_refused_and_kept_in_the_form(world: World, ann: Browser):
    ann.get(QUIZ)
    numbers = re.search(r'name="numbers" value="([^"]+)"', ann.page)
    assert numbers
    switch(world, on=True)
    answer = ann.post(QUIZ, {"numbers": numbers[1], "answers.z0": "0.4775"}, content_type="multipart/form-data")
    assert answer.status_code == 409
    assert "other numbers when this page was opened" in ann.page
    assert 'name="answers.z0" value="0.4775"' in ann.page
    assert count(world) == 0
    assert hand_in(ann, QUIZ, **{"answers.z0": "0.4775"}).status_code == 303
