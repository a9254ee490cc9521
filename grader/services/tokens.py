"""Bearer tokens for programs: shown once, kept as a digest."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from grader.db import GraderSession, begin_write
from grader.errors import Invalid, NotFound, Problem
from grader.models import ApiToken, User
from grader.services.text import one_line

PREFIX = "dm_"
SHOWN_LENGTH = 9  # "dm_" and six characters: enough to tell one's tokens apart, useless for guessing
MAX_NAME_LENGTH = 80
MAX_TOKENS = 50  # live ones of one person
USE_NOTED_EVERY_S = 60

log = structlog.get_logger(__name__)


def _digest(text: str) -> str:
    # A token has 256 random bits, so a fast hash is enough, and finding it by its digest gives timing nothing to tell.
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def create(
    session: Session, user: User, name: str, *, expires_at: dt.datetime | None = None, now: dt.datetime
) -> tuple[ApiToken, str]:
    """Make a token; return its row and its text, which cannot be had a second time.

    Raises:
        Invalid: the moment it expires is over, or the person has too many tokens.
    """
    begin_write(session)
    if expires_at is not None and expires_at <= now:
        raise Invalid("a token must expire in the future", errors=[Problem("expires_at", "must be in the future")])
    if sum(_is_live(token, now) for token in of(session, user)) >= MAX_TOKENS:
        raise Invalid(f"{MAX_TOKENS} tokens are the most a person may have; revoke one that is not used any more")
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user_id=user.id,
        name=one_line(name, MAX_NAME_LENGTH) or "token",
        prefix=text[:SHOWN_LENGTH],
        digest=_digest(text),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(token)
    session.flush()
    return token, text


def find_user(session: Session, text: str, now: dt.datetime) -> User | None:
    """Return the person a token speaks for, or None when it is unknown, expired or revoked.

    Its use is noted at most once a minute, in a transaction of its own, and never at the cost of the request.
    """
    if not text.startswith(PREFIX) or len(text) > 200:
        return None
    row = session.execute(
        select(ApiToken, User).join(User, ApiToken.user_id == User.id).where(ApiToken.digest == _digest(text))
    ).one_or_none()
    if row is None:
        return None
    token, user = row
    if not _is_live(token, now):
        return None
    if token.last_used_at is None or (now - token.last_used_at).total_seconds() >= USE_NOTED_EVERY_S:
        _note_use(session, token.id, now)
    return user


def _note_use(session: Session, token_id: int, now: dt.datetime) -> None:
    try:
        with GraderSession(session.get_bind()) as own:
            own.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now))
            own.commit()
    except SQLAlchemyError as error:
        log.warning("token_use_not_noted", token_id=token_id, error=type(error).__name__)


def of(session: Session, user: User) -> list[ApiToken]:
    """Return a person's tokens that were not revoked, newest first; expired ones too."""
    return list(
        session.scalars(
            select(ApiToken)
            .where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
            .order_by(ApiToken.id.desc())
        )
    )


def revoke(session: Session, user: User, token_id: int, now: dt.datetime) -> ApiToken:
    """End a person's own token at once.

    Raises:
        NotFound: it is not theirs, or is revoked already.
    """
    begin_write(session)
    token = session.scalar(
        select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
    )
    if token is None:
        raise NotFound("you have no such token")
    token.revoked_at = now
    session.flush()
    return token


def _is_live(token: ApiToken, now: dt.datetime) -> bool:
    return token.revoked_at is None and (token.expires_at is None or now < token.expires_at)
