"""People and their passwords."""

from __future__ import annotations

import datetime as dt
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from grader.db import begin_write
from grader.errors import Invalid, Problem
from grader.models import User
from grader.services.text import can_be_stored, one_line

MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_LENGTH = 200
MAX_EMAIL_LENGTH = 254
MAX_NAME_LENGTH = 200

# OWASP's first choice for Argon2id (19 MiB, two passes): thirty logins at once stay under 600 MiB.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_hex(16))


def normalised_email(text: str) -> str:
    """Return an email address as it is stored: without blanks around it, in lower case.

    Raises:
        Invalid: it cannot be an address.
    """
    email = text.strip().lower()
    name, at, host = email.rpartition("@")
    fits = len(email) <= MAX_EMAIL_LENGTH and at and name and host and "@" not in name
    if not fits or not email.isprintable() or any(character.isspace() or character in ',;<>"' for character in email):
        raise Invalid(
            f'"{one_line(text, 60)}" is not an email address; expected one like ada@example.edu',
            errors=[Problem("email", "is not an email address")],
        )
    return email


def normalised_name(text: str, email: str) -> str:
    """Return a name on one line, the part of the address before the @ where none is given."""
    return one_line(text, MAX_NAME_LENGTH) or email.partition("@")[0]


def authenticate(session: Session, email: str, password: str) -> User | None:
    """Return the person with that email and password, or None.

    An unknown address takes as long as a wrong password, so that time does not tell who has an account.
    """
    typed = email.strip().lower()[:MAX_EMAIL_LENGTH]
    user = session.scalar(select(User).where(User.email == typed)) if can_be_stored(typed) else None
    known = user.password_hash if user is not None and user.password_hash else None
    try:
        _hasher.verify(known or _nobodys_hash(), password[: MAX_PASSWORD_LENGTH + 1])
    except (VerificationError, InvalidHashError):
        return None
    if user is None or known is None:
        return None
    if _hasher.check_needs_rehash(known):
        begin_write(session)
        user.password_hash = _hasher.hash(password)
        session.flush()
    return user


def create_user(
    session: Session, email: str, name: str, password: str | None, *, is_admin: bool = False, now: dt.datetime
) -> User:
    """Add a person; without a password they cannot log in until one is set.

    Raises:
        Invalid: the address is taken or none, or the password is too short or too long.
    """
    begin_write(session)
    email = normalised_email(email)
    user = User(
        email=email,
        name=normalised_name(name, email),
        password_hash=None if password is None else _hash(password),
        is_admin=is_admin,
        session_version=1,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        raise Invalid(f"{email} has an account already", errors=[Problem("email", "has an account already")]) from error
    return user


def set_password(session: Session, user: User, password: str) -> None:
    """Change a password and end every session that began with the old one.

    Raises:
        Invalid: the password is too short or too long.
    """
    digest = _hash(password)
    begin_write(session)
    user.password_hash = digest
    user.session_version += 1
    session.flush()


def end_sessions(session: Session, user: User) -> None:
    """End every session of a person, in every browser: a cookie copied from a shared computer is worth nothing then."""
    begin_write(session)
    user.session_version += 1
    session.flush()


def new_password() -> str:
    """Return a random password that can be read out over a telephone: 20 letters and digits in groups of five."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))


def _hash(password: str) -> str:
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise Invalid(
            f"a password has {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters, this one has {len(password)}",
            errors=[Problem("password", f"must have {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters")],
        )
    return _hasher.hash(password)
