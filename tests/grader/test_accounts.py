"""People, passwords and tokens."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from sqlalchemy import select

from grader.errors import Invalid, NotFound
from grader.models import ApiToken
from grader.services import accounts, tokens
from tests import factories
from tests.factories import NOW, PASSWORD

pytestmark = pytest.mark.usefixtures("any_database_url")


def test_the_right_password_finds_the_person_whatever_the_case_of_the_email(session):
    user = factories.make_user(session, "ada@example.edu", password=PASSWORD)
    assert accounts.authenticate(session, " Ada@Example.EDU ", PASSWORD) is user


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.edu", "wrong"), ("nobody@example.edu", PASSWORD), ("grace@example.edu", ""), ("", "")],
)
def test_anything_else_finds_nobody(session, email, password):
    factories.make_user(session, "ada@example.edu", password=PASSWORD)
    factories.make_user(session, "grace@example.edu")
    assert accounts.authenticate(session, email, password) is None


def test_an_unknown_email_takes_as_long_as_a_wrong_password(session):
    """Otherwise the time tells who has an account. Hashing costs tens of milliseconds, a miss nothing."""
    factories.make_user(session, "ada@example.edu", password=PASSWORD)

    def seconds(email):
        best = 9.0
        for _ in range(3):
            started = time.process_time()
            accounts.authenticate(session, email, "wrong password")
            best = min(best, time.process_time() - started)
        return best

    seconds("warm@example.edu")
    assert seconds("nobody@example.edu") > seconds("ada@example.edu") / 3


def test_passwords_are_kept_as_argon2id(session):
    user = factories.make_user(session, password=PASSWORD)
    assert user.password_hash is not None
    assert user.password_hash.startswith("$argon2id$")
    assert PASSWORD not in user.password_hash


def test_a_new_password_ends_the_sessions_begun_with_the_old_one(session):
    user = factories.make_user(session, "ada@example.edu", password=PASSWORD)
    version = user.session_version
    accounts.set_password(session, user, "another long one")
    assert user.session_version == version + 1
    assert accounts.authenticate(session, "ada@example.edu", PASSWORD) is None
    assert accounts.authenticate(session, "ada@example.edu", "another long one") is user


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_a_password_of_no_use_is_refused(session, password):
    with pytest.raises(Invalid, match="10 to 200 characters"):
        factories.make_user(session, password=password)


def test_an_email_is_taken_once_and_the_session_goes_on(session):
    factories.make_user(session, "ada@example.edu")
    with pytest.raises(Invalid, match="has an account already"):
        factories.make_user(session, "ADA@example.edu")
    factories.make_user(session, "grace@example.edu")


@pytest.mark.parametrize(
    "email",
    ["", "ada", "@example.edu", "ada@", "a b@example.edu", "a@b@c", "a,b@c.edu", "x" * 300 + "@e.edu", "a\x00@e.edu"],
)
def test_what_is_no_email_is_refused(session, email):
    with pytest.raises(Invalid, match="not an email"):
        accounts.create_user(session, email, "", None, now=NOW)


def test_a_token_finds_its_person_and_only_its_digest_is_kept(session):
    user = factories.make_user(session)
    token, text = tokens.create(session, user, "laptop", now=NOW)
    session.commit()
    assert text.startswith("dm_")
    assert tokens.find_user(session, text, NOW) is user
    assert text not in (token.digest, token.prefix)
    assert text.startswith(token.prefix)


@pytest.mark.parametrize("text", ["", "dm_", "dm_" + "x" * 43, "Bearer", "dm_\ud800", "dm_" + "x" * 5000])
def test_any_other_text_finds_nobody(session, text):
    tokens.create(session, factories.make_user(session), "laptop", now=NOW)
    session.commit()
    assert tokens.find_user(session, text, NOW) is None


def test_an_expired_or_revoked_token_finds_nobody(session):
    user = factories.make_user(session)
    _, expiring = tokens.create(session, user, "a", expires_at=NOW + dt.timedelta(hours=1), now=NOW)
    revoked, text = tokens.create(session, user, "b", now=NOW)
    tokens.revoke(session, user, revoked.id, NOW)
    session.commit()
    assert tokens.find_user(session, expiring, NOW) is user
    assert tokens.find_user(session, expiring, NOW + dt.timedelta(hours=1)) is None
    assert tokens.find_user(session, text, NOW) is None
    assert [token.name for token in tokens.of(session, user)] == ["a"]


def test_nobody_revokes_anothers_token(session):
    token, text = tokens.create(session, owner := factories.make_user(session), "a", now=NOW)
    with pytest.raises(NotFound):
        tokens.revoke(session, factories.make_user(session), token.id, NOW)
    session.commit()
    assert tokens.find_user(session, text, NOW) is owner


def test_use_is_noted_at_most_once_a_minute(session):
    user = factories.make_user(session)
    _, text = tokens.create(session, user, "a", now=NOW)
    session.commit()

    def noted_after(seconds):
        session.expire_all()
        tokens.find_user(session, text, NOW + dt.timedelta(seconds=seconds))
        session.rollback()
        return session.scalar(select(ApiToken.last_used_at))

    assert noted_after(1) == NOW + dt.timedelta(seconds=1)
    assert noted_after(59) == NOW + dt.timedelta(seconds=1)
    assert noted_after(61) == NOW + dt.timedelta(seconds=61)


def test_a_token_must_expire_in_the_future(session):
    with pytest.raises(Invalid, match="future"):
        tokens.create(session, factories.make_user(session), "a", expires_at=NOW, now=NOW)


def test_there_are_only_so_many_tokens(session):
    user = factories.make_user(session)
    for _ in range(tokens.MAX_TOKENS):
        tokens.create(session, user, "a", now=NOW)
    with pytest.raises(Invalid, match="revoke one"):
        tokens.create(session, user, "a", now=NOW)
