"""Error pages."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.exc import OperationalError

from tests.grader.web.conftest import World


def test_unknown_address_is_a_page_with_a_way_back(world: World):
    browser = world.browser("ann@example.edu")
    assert browser.get("/no/such/page").status_code == 404
    assert "To my courses" in browser.page


def test_unknown_address_below_the_api_is_a_problem_document(world: World):
    answer = world.browser("ann@example.edu").get("/api/v1/no-such-thing")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


def test_wrong_method_says_which_is_right(world: World):
    browser = world.browser("ann@example.edu")
    answer = browser.get("/logout")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


@pytest.fixture
def failing(world: World, monkeypatch: pytest.MonkeyPatch):
    """Return a function that makes the start page raise."""
    from grader.services import courses

    def fail(error: Exception) -> None:
        def broken(*_args: object, **_kwargs: object) -> None:
            raise error

        monkeypatch.setattr(courses, "of", broken)
        world.app.testing = False

    return fail


def test_our_failure_is_owned_with_a_reference_and_without_a_traceback(world: World, failing):
    browser = world.browser("ann@example.edu")
    failing(RuntimeError("secret cause"))
    assert browser.get("/").status_code == 500
    assert "our fault" in browser.page
    assert re.search(r"<code>[0-9a-f]{8}</code>", browser.page)
    assert "secret cause" not in browser.page
    assert "Traceback" not in browser.page


def test_database_away_is_a_503_with_a_time_to_come_back(world: World, failing):
    browser = world.browser("ann@example.edu")
    failing(OperationalError("SELECT secret", {}, Exception("locked")))
    answer = browser.get("/")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "secret" not in browser.page
