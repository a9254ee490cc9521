"""The result page: progress, result, and what a dispute needs."""

from __future__ import annotations

import re

import pytest

from grader.db import writing
from grader.models import Run, RunEvent, Submission
from tests.grader.web.conftest import World, check, question, without_token

XSS = "<script>alert(1)</script>"


def details(page: str, question_id: str) -> str:
    """Return the markup of one question."""
    found = re.search(rf'<details[^>]*id="q-{question_id}".*?</details>', page, re.DOTALL)
    assert found
    return found.group(0)


def test_graded_result_shows_total_verdict_and_reason(world: World):
    submission_id = world.add_submission(
        questions=[
            question("predict", score=5, max_score=5, verdict="passed"),
            question(
                mistake="sign-flipped",
                feedback=["The weights moved away: `w` shrank."],
                checks=(
                    check("label 1", input="update([1.0])", got="[0.0]", expected="[2.0]", message="1 entry is off"),
                ),
                position=1,
            ),
        ]
    )
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    assert "<span data-score>5</span>" in browser.page
    assert "/ 12" in browser.page
    part = details(browser.page, "update")
    assert "✗" in part
    assert "Not right" in part
    assert "sign-flipped" in part
    assert "<code>w</code> shrank" in part
    for text in ("update([1.0])", "[0.0]", "[2.0]", "1 entry is off"):
        assert text in part


def test_only_the_first_question_that_lost_points_is_open(world: World):
    submission_id = world.add_submission(
        questions=[
            question("predict", score=5, max_score=5, verdict="passed"),
            question("update", position=1),
            question("train", verdict="partial", score=3, position=2),
        ]
    )
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    opened = [name for name in ("predict", "update", "train") if " open>" in details(browser.page, name)]
    assert opened == ["update"]


def test_first_missing_function_is_open_where_nothing_else_went_wrong_and_a_blank_field_is_not(world: World):
    """All functions inside a class: why they are missing stood in folded cards, and the page said nothing."""
    submission_id = world.add_submission(
        questions=[
            question("typed", verdict="missing", checks=()),
            question("update", verdict="missing", checks=(check("label 1", verdict="missing"),), position=1),
            question("train", verdict="missing", checks=(check("label 1", verdict="missing"),), position=2),
        ]
    )
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    opened = [name for name in ("typed", "update", "train") if " open>" in details(browser.page, name)]
    assert opened == ["update"]


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        ("timed_out", "Out of time"),
        ("out_of_memory", "Out of memory"),
        ("missing", "Missing"),
        ("invalid", "Cannot be read"),
        ("skipped", "Skipped"),
        ("pending", "Waits for a teacher"),
        ("crashed", "Crashed"),
    ],
)
def test_every_verdict_is_a_word(world: World, verdict: str, word: str):
    submission_id = world.add_submission(questions=[question(verdict=verdict)])
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    assert word in details(browser.page, "update")


def test_what_stands_above_the_checks_is_not_said_again_below_one(world: World):
    first = check("label 1", input="update([1.0])", got="[0.0]", message="The weights did not move.")
    second = check("label 0", input="update([2.0])", got="[1.0]", message="They moved too far.", position=1)
    submission_id = world.add_submission(
        questions=[question(feedback=["The weights did not move."], checks=(first, second))]
    )
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    assert browser.page.count("The weights did not move.") == 1
    assert "They moved too far." in browser.page


def test_hidden_check_shows_its_message_and_no_columns(world: World):
    submission_id = world.add_submission(
        questions=[question(checks=(check("hidden 1", is_visible=False, message="3 of 4 entries are off"),))]
    )
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    part = re.search(r'<details class="hidden-checks" open>.*?</details>', browser.page, re.DOTALL)
    assert part
    assert "0 of 1 passed" in part.group(0)
    assert "3 of 4 entries are off" in part.group(0)
    assert "<pre" not in part.group(0)


def test_hidden_checks_are_folded_where_a_visible_one_shows_the_fault(world: World):
    submission_id = world.add_submission(
        questions=[
            question(
                checks=(
                    check("label 1", input="update([1.0])", got="[0.0]", expected="[2.0]"),
                    check("hidden 1", is_visible=False, position=1),
                )
            )
        ]
    )
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    assert '<details class="hidden-checks">' in browser.page


def test_hostile_text_is_shown_as_text_everywhere(world: World):
    world.add_student("eve@example.edu", XSS)
    submission_id = world.add_submission(
        "eve@example.edu",
        files=((f"{XSS}.py", f"# {XSS}\x1b[31m".encode()),),
        answers={"f4_default": XSS},
        slug="python_warmup",
        questions=[
            question(
                title=XSS,
                mistake=XSS,
                feedback=[XSS, f"`{XSS}`"],
                checks=(
                    check(XSS, message=XSS, input=XSS, got=XSS, expected=XSS),
                    check(XSS, is_visible=False, message=XSS, position=1),
                ),
            )
        ],
        stdout=f"{XSS}\x1b]0;title\x07\x1b[2J",
        notes=[XSS],
    )
    for email in ("eve@example.edu", "tess@example.edu"):
        browser = world.browser(email)
        browser.get(f"/s/{submission_id}")
        assert "<script>alert" not in browser.page
        assert browser.page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 12
        assert "\x1b" not in browser.page


def test_anothers_submission_is_not_there(world: World):
    submission_id = world.add_submission(questions=[question()])
    for email in ("bob@example.edu", "sam@example.edu"):
        browser = world.browser(email)
        for path in ("", "/progress", "/files/perceptron.py"):
            theirs = browser.get(f"/s/{submission_id}{path}")
            words = without_token(browser.page)
            nobodys = browser.get(f"/s/{'0' * 26}{path}")
            assert theirs.status_code == nobodys.status_code == 404
            assert words == without_token(browser.page)


def test_staff_see_everything_a_dispute_needs(world: World):
    submission_id = world.add_submission(questions=[question()], late_s=3600)
    with world.factory() as session:
        run_id = session.get_one(Submission, submission_id).runs[0].id
    browser = world.browser("tess@example.edu")
    browser.get(f"/s/{submission_id}")
    for text in (
        *("Ann", "ann@example.edu", submission_id, run_id, "a1b2c3d4e5f6", "0f1e2d3c4b5a"),
        *("def predict(): ...", "ab" * 32, "1 hour late", "Queued", "Started", "Finished", "31 ms"),
    ):
        assert text in browser.page, text
    assert "Hand in again" not in browser.page


def test_file_comes_back_byte_for_byte_as_a_download(world: World):
    content = b"\xef\xbb\xbfx = '\xe2\x82\xac'\r\n\x00"
    submission_id = world.add_submission(questions=[question()], files=(("a b.py", content),))
    answer = world.browser("ann@example.edu").get(f"/s/{submission_id}/files/a b.py")
    assert answer.data == content
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.mimetype == "application/octet-stream"


def test_uploaded_page_is_never_served_as_a_page(world: World):
    submission_id = world.add_submission(questions=[question()], files=(("x.html", b"<script>alert(1)</script>"),))
    answer = world.browser("tess@example.edu").get(f"/s/{submission_id}/files/x.html")
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_typed_answers_are_shown(world: World):
    submission_id = world.add_submission(
        slug="forward_pass", questions=[question()], files=(), answers={"z0": "0.4775", "loss": "0,3671"}
    )
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    assert "0.4775" in browser.page
    assert "0,3671" in browser.page
    assert "left blank" in browser.page


def test_attempts_are_linked_to_their_neighbours(world: World):
    ids = [world.add_submission(questions=[question()]) for _ in range(3)]
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{ids[1]}")
    assert f'rel="prev" href="/s/{ids[0]}"' in browser.page
    assert f'rel="next" href="/s/{ids[2]}"' in browser.page
    browser.get(f"/s/{ids[0]}")
    assert 'rel="prev"' not in browser.page


def test_late_penalty_is_spelled_out(world: World):
    from decimal import Decimal

    from sqlalchemy import update

    from grader.models import CourseAssignment

    with writing(world.factory) as session:
        session.execute(update(CourseAssignment).values(late_fraction_per_day=Decimal("0.1")))
    submission_id = world.add_submission(questions=[question(score=5)], late_s=3600)
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    assert "0.5 points are taken off" in browser.page
    assert "<strong>4.5</strong>" in browser.page


def test_queued_submission_shows_its_place_and_reloads_without_script(world: World):
    world.add_submission("bob@example.edu", status="queued")
    submission_id = world.add_submission(status="queued")
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    assert "Number 2 in the queue" in browser.page
    assert '<noscript><meta http-equiv="refresh"' in browser.page
    assert 'data-finished="no"' in browser.page


def test_running_submission_shows_the_results_that_have_come(world: World):
    submission_id = world.add_submission(status="running")
    with writing(world.factory) as session:
        run = session.get_one(Submission, submission_id).runs[0]
        data = {"question": "predict", "title": "Decide", "verdict": "passed", "score": 5.0, "max_score": 5.0}
        session.add(RunEvent(run_id=run.id, number=0, data=data))
    browser = world.browser("ann@example.edu")
    answer = browser.get(f"/s/{submission_id}/progress")
    assert answer.headers["X-Submission-Finished"] == "no"
    assert "Being graded now" in browser.page
    assert "Decide" in browser.page
    assert "5 / 5" in browser.page
    assert "<html" not in browser.page


def test_finished_submission_stops_the_watching_page(world: World):
    submission_id = world.add_submission(questions=[question(score=7, verdict="passed")])
    browser = world.browser("ann@example.edu")
    assert browser.get(f"/s/{submission_id}/progress").headers["X-Submission-Finished"] == "yes"
    assert "data-score" in browser.page
    browser.get(f"/s/{submission_id}")
    assert "http-equiv" not in browser.page


def test_waiting_page_says_when_grading_is_paused(world: World):
    world.report_worker(is_ready=False, detail="secret detail")
    submission_id = world.add_submission(status="queued")
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    assert "Grading is paused" in browser.page
    assert "secret detail" not in browser.page


def test_failure_of_the_grader_is_owned_and_its_cause_is_for_staff(world: World):
    submission_id = world.add_submission(status="failed", failure="RunnerUnavailable: /run/x.sock")
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    assert "The grader failed, not your code" in browser.page
    assert "given back" in browser.page
    assert "RunnerUnavailable" not in browser.page
    teacher = world.browser("tess@example.edu")
    teacher.get(f"/s/{submission_id}")
    assert "RunnerUnavailable: /run/x.sock" in teacher.page


def test_student_who_left_the_course_still_reads_their_own_result(world: World):
    from sqlalchemy import delete

    from grader.models import Enrolment

    submission_id = world.add_submission(questions=[question()])
    with writing(world.factory) as session:
        user = world.user(session, "ann@example.edu")
        session.execute(delete(Enrolment).where(Enrolment.user_id == user.id))
    assert world.browser("ann@example.edu").get(f"/s/{submission_id}").status_code == 200


def test_regrade_keeps_the_result_in_sight(world: World):
    submission_id = world.add_submission(questions=[question(score=7, verdict="passed")])
    with writing(world.factory) as session:
        from tests.grader.web.conftest import now

        session.add(Run(submission_id=submission_id, number=2, status="queued", is_regrade=True, queued_at=now()))
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    assert "<span data-score>7</span>" in browser.page


def test_what_waits_for_a_teacher_is_said_with_its_points(world: World):
    submission_id = world.add_submission(
        slug="concepts",
        questions=[
            question("go", score=2, max_score=2, verdict="passed"),
            question("what_is_ml", max_score=3, verdict="pending", is_bonus=True, position=1),
            question("ml_vs_dl", max_score=3, verdict="pending", is_bonus=True, position=2),
        ],
        answers={"what_is_ml": "It learns."},
        files=(),
    )
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    assert "2 answers wait for a teacher, for up to 6 bonus points on top." in browser.page
    assert re.search(r'question__points">–\s', details(browser.page, "what_is_ml"))
    browser.get("/c/dl101")
    row = re.search(r"<tr>(?:(?!</tr>).)*Concepts.*?</tr>", browser.page, re.DOTALL)
    assert row
    assert "Waits for a teacher" in row[0]
    teacher = world.browser("tess@example.edu")
    teacher.get("/c/dl101/gradebook")
    assert '2 answers wait for a teacher">to mark' in teacher.page


def test_the_assignment_tells_its_bonus(world: World):
    browser = world.browser("ann@example.edu")
    browser.get("/c/dl101/a/concepts")
    assert "and 8 bonus points" in browser.page
    assert browser.page.count("<textarea") == 3
