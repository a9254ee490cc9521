"""My grades and my tokens."""

from __future__ import annotations

import re

from sqlalchemy import select

from grader.models import ApiToken, AuditEntry
from tests.grader.web.conftest import World, question

ME = "/c/dl101/me"


def test_grades_are_summed_up(world: World):
    world.add_submission(questions=[question(score=5)])
    world.add_submission(slug="forward_pass", questions=[question(score=3)])
    browser = world.browser("ann@example.edu")
    browser.get(ME)
    assert re.search(r'data-label="Total"><strong>8</strong>', browser.page)


def test_new_token_is_shown_once_with_a_ready_curl_line(world: World):
    browser = world.browser("ann@example.edu")
    browser.get(ME)
    answer = browser.post(f"{ME}/tokens", {"name": "laptop"})
    assert answer.status_code == 200
    found = re.search(r"<code data-copy-source>(dm_[\w-]+)</code>", browser.page)
    assert found
    token = found.group(1)
    assert f"Authorization: Bearer {token}" in browser.page
    assert "no-store" in answer.headers["Cache-Control"]
    browser.get(ME)
    assert token not in browser.page
    assert "laptop" in browser.page
    with world.factory() as session:
        assert session.scalars(select(ApiToken)).one().digest != token
        assert session.scalars(select(AuditEntry.action)).all() == ["token.created"]


def test_token_needs_a_name(world: World):
    browser = world.browser("ann@example.edu")
    browser.get(ME)
    assert browser.post(f"{ME}/tokens", {"name": ""}).status_code == 422
    assert "Give the token a name of at most" in browser.page


def test_token_is_not_made_without_csrf_token(world: World):
    browser = world.browser("ann@example.edu")
    assert browser.client.post(f"{ME}/tokens", data={"name": "x"}).status_code == 400


def test_revoked_token_is_gone(world: World):
    browser = world.browser("ann@example.edu")
    browser.get(ME)
    browser.post(f"{ME}/tokens", {"name": "laptop"})
    path = re.search(rf'action="({ME}/tokens/\d+/revoke)"', browser.page)
    assert path
    assert browser.post(path.group(1)).status_code == 303
    browser.get(ME)
    assert "laptop</th>" not in browser.page


def test_nobody_revokes_anothers_token(world: World):
    ann, bob = world.browser("ann@example.edu"), world.browser("bob@example.edu")
    ann.get(ME)
    ann.post(f"{ME}/tokens", {"name": "laptop"})
    path = re.search(rf'action="({ME}/tokens/\d+/revoke)"', ann.page)
    assert path
    bob.get(ME)
    assert bob.post(path.group(1)).status_code == 404
    with world.factory() as session:
        assert session.scalars(select(ApiToken)).one().revoked_at is None


def test_hostile_token_name_is_escaped(world: World):
    browser = world.browser("ann@example.edu")
    browser.get(ME)
    browser.post(f"{ME}/tokens", {"name": "<script>alert(1)</script>"})
    assert "<script>alert" not in browser.page
