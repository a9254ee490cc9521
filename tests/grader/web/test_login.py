"""Logging in and out."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from grader.db import writing
from grader.models import User
from grader.services import accounts
from grader.web import auth
from tests.grader.web.conftest import PASSWORD, World


def test_right_password_leads_to_my_courses(world: World):
    browser = world.browser()
    answer = browser.log_in("ann@example.edu")
    assert answer.status_code == 303
    assert answer.location == "/"
    assert "Deep Learning" in browser.page


def test_email_is_taken_in_any_case_and_with_blanks(world: World):
    assert world.browser().log_in(" Ann@Example.EDU ").status_code == 303


@pytest.mark.parametrize(
    ("email", "password"),
    [("ann@example.edu", "wrong"), ("nobody@example.edu", PASSWORD), ("", ""), ("ann@example.edu", "x" * 5000)],
)
def test_every_failure_reads_the_same(world: World, email: str, password: str):
    browser = world.browser()
    assert browser.log_in(email, password).status_code == 401
    assert "That email and password do not belong together" in browser.page
    assert password not in browser.page or not password


def test_failed_login_keeps_the_email_but_not_the_password(world: World):
    browser = world.browser()
    browser.log_in("ann@example.edu", "not the password")
    assert 'value="ann@example.edu"' in browser.page
    assert "not the password" not in browser.page


def test_login_without_csrf_token_is_refused(world: World):
    answer = world.app.test_client().post("/login", data={"email": "ann@example.edu", "password": PASSWORD})
    assert answer.status_code == 400
    assert "out of date" in answer.get_data(as_text=True)


def test_page_that_needs_a_login_is_come_back_to(world: World):
    browser = world.browser()
    answer = browser.get("/c/dl101/a/perceptron?x=1")
    assert answer.status_code == 302
    assert answer.location == "/login?next=/c/dl101/a/perceptron?x%3D1"
    browser.get(answer.location)
    assert 'name="next" value="/c/dl101/a/perceptron?x=1"' in browser.page
    answer = browser.log_in("ann@example.edu", next_path="/c/dl101/a/perceptron?x=1")
    assert answer.location == "/c/dl101/a/perceptron?x=1"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_login_never_leads_off_the_site(world: World, target: str):
    browser = world.browser()
    browser.get("/login", query_string={"next": target})
    assert "evil" not in browser.page
    assert browser.log_in("ann@example.edu", next_path=target).location == "/"
    assert browser.get("/login", query_string={"next": target}).location == "/"


def test_session_is_a_new_one_after_login(world: World):
    """A session planted in a browser before the login must not be the one that is logged in."""
    browser = world.browser()
    browser.get("/login")
    with browser.client.session_transaction() as planted:
        planted["planted"] = "yes"
        planted_csrf = planted["csrf_token"]
    browser.post("/login", {"email": "ann@example.edu", "password": PASSWORD})
    browser.get("/")
    with browser.client.session_transaction() as fresh:
        assert "planted" not in fresh
        assert fresh["csrf_token"] != planted_csrf


def test_cookie_is_out_of_scripts_reach(world: World):
    cookie = world.browser().log_in("ann@example.edu").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_logout_ends_the_session(world: World):
    browser = world.browser("ann@example.edu")
    assert browser.post("/logout").status_code == 303
    assert browser.get("/").status_code == 302


def test_cookie_kept_from_before_the_logout_is_worth_nothing(world: World):
    """Whoever copied it from a shared computer must not go on as the person who logged out."""
    browser, thief = world.browser("ann@example.edu"), world.browser()
    cookie = browser.client.get_cookie("deltamark")
    assert cookie is not None
    thief.client.set_cookie("deltamark", cookie.value)
    assert thief.get("/").status_code == 200
    browser.post("/logout")
    assert thief.get("/").status_code == 302
    assert browser.log_in("ann@example.edu").status_code == 303


def test_logout_needs_a_post_with_the_token(world: World):
    browser = world.browser("ann@example.edu")
    assert browser.client.get("/logout").status_code == 405
    assert browser.client.post("/logout").status_code == 400
    assert browser.get("/").status_code == 200


def test_new_password_ends_sessions_that_began_before(world: World):
    browser = world.browser("ann@example.edu")
    with writing(world.factory) as session:
        accounts.set_password(session, world.user(session, "ann@example.edu"), "another good password")
    assert browser.get("/").status_code == 302


def test_cookie_of_a_deleted_version_is_not_taken(world: World):
    browser = world.browser("ann@example.edu")
    with writing(world.factory) as session:
        session.execute(update(User).where(User.email == "ann@example.edu").values(session_version=7))
    assert browser.get("/").status_code == 302


def test_failures_are_limited_by_person_and_come_with_a_time_to_wait(world: World):
    limit = int(auth.FAILURES_PER_PERSON.split()[0])
    browser = world.browser()
    for _ in range(limit):
        assert browser.log_in("ann@example.edu", "wrong").status_code == 401
    refused = browser.log_in("ann@example.edu")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "Please wait" in browser.page
    assert world.browser().log_in("bob@example.edu").status_code == 303  # others are not locked out


def test_successful_logins_are_not_counted(world: World):
    """A lecture hall shares one address."""
    limit = int(auth.FAILURES_PER_PERSON.split()[0])
    for _ in range(limit + 2):
        assert world.browser().log_in("ann@example.edu").status_code == 303
