"""My courses, and the list of a course's assignments."""

from __future__ import annotations

from tests.grader.web.conftest import World, question, without_token


def test_person_in_no_course_is_told_how_to_get_into_one(world: World):
    browser = world.browser("sam@example.edu")
    assert "not enrolled" in browser.page
    assert "sam@example.edu" in browser.page


def test_course_is_not_there_for_a_stranger(world: World):
    browser = world.browser("sam@example.edu")
    for path in ("", "/a/perceptron", "/a/perceptron/starter", "/me", "/gradebook", "/gradebook.csv"):
        theirs = browser.get(f"/c/dl101{path}")
        words = without_token(browser.page)
        nowhere = browser.get(f"/c/no-such-course{path}")
        assert theirs.status_code == nowhere.status_code == 404
        assert words == without_token(browser.page)  # not even the wording tells that the course exists


def test_assignments_are_listed_with_due_date_status_and_score(world: World):
    world.add_submission(questions=[question(score=5)])
    browser = world.browser("ann@example.edu")
    browser.get("/c/dl101")
    assert "The perceptron" in browser.page
    assert "<time datetime=" in browser.page
    assert "Graded" in browser.page
    assert "<strong>5</strong>" in browser.page
    assert "1 used" in browser.page


def test_hostile_display_name_is_escaped(world: World):
    world.add_student("eve@example.edu", "<script>alert(1)</script>{{7*7}}")
    browser = world.browser("eve@example.edu")
    assert "<script>alert" not in browser.page
    assert "{{7*7}}" in browser.page  # and it is text, not a template


def test_tab_to_the_gradebook_is_for_staff(world: World):
    student, teacher = world.browser("ann@example.edu"), world.browser("tess@example.edu")
    student.get("/c/dl101")
    teacher.get("/c/dl101")
    assert "/c/dl101/gradebook" not in student.page
    assert "/c/dl101/gradebook" in teacher.page
