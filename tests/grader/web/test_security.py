"""What every answer tells the browser."""

from __future__ import annotations

import pytest

from tests.grader.web.conftest import World, question

PATHS = (
    "/",
    "/login",
    "/c/dl101",
    "/c/dl101/a/perceptron",
    "/c/dl101/me",
    "/c/dl101/gradebook",
    "/c/dl101/gradebook.csv",
    "/c/dl101/a/perceptron/starter",
    "/nowhere",
)


@pytest.fixture
def teacher(world: World):
    return world.browser("tess@example.edu")


@pytest.mark.parametrize("path", [*PATHS, "/static/app.css"])
def test_every_answer_has_the_security_headers(teacher, path: str):
    headers = teacher.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", PATHS)
def test_pages_are_not_kept_by_caches(teacher, path: str):
    assert "no-store" in teacher.get(path).headers["Cache-Control"]


def test_stylesheet_may_be_kept(teacher):
    assert "no-store" not in teacher.get("/static/app.css").headers.get("Cache-Control", "")


def test_result_page_has_no_inline_script_or_style(world: World, teacher):
    submission_id = world.add_submission(questions=[question()])
    teacher.get(f"/s/{submission_id}")
    assert " style=" not in teacher.page
    assert "<script>" not in teacher.page


def test_no_page_of_a_person_is_shown_without_login(world: World):
    submission_id = world.add_submission(questions=[question()])
    stranger = world.browser()
    paths = [path for path in PATHS if path not in {"/login", "/nowhere"}]
    for path in (*paths, f"/s/{submission_id}", f"/s/{submission_id}/progress", f"/s/{submission_id}/files/x.py"):
        answer = stranger.get(path)
        assert answer.status_code == 302, path
        assert answer.location.startswith("/login"), path
