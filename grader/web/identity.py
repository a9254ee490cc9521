"""Who is signed in: a cookie that names a person and the version of their sessions.

Raising `User.session_version` (a new password, a new role, a logout) ends every session that began before it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import UserMixin, current_user, login_user, logout_user

from grader.extensions import database, login_manager
from grader.models import User

_SEPARATOR = "."


class SignedIn(UserMixin):  # type: ignore[misc] # flask_login has no types
    """The person of this request, as Flask-Login wants it; `user` is our own row."""

    def __init__(self, user: User) -> None:
        self.user = user

    @property
    def name(self) -> str:
        """The person's display name."""
        return self.user.name

    @property
    def email(self) -> str:
        """The person's address."""
        return self.user.email

    def get_id(self) -> str:
        """Return what the cookie carries."""
        return f"{self.user.id}{_SEPARATOR}{self.user.session_version}"


def install() -> None:
    """Teach Flask-Login to find people."""
    login_manager.user_loader(_load)
    login_manager.session_protection = None  # addresses change on telephones; the version above ends sessions


def _load(cookie_id: str) -> SignedIn | None:
    person, _, version = cookie_id.partition(_SEPARATOR)
    if not (person.isdecimal() and version.isdecimal()):
        return None
    user = database.session.get(User, int(person))
    return SignedIn(user) if user is not None and user.session_version == int(version) else None


def _ask_to_log_in() -> ResponseReturnValue:
    # Only a page can be come back to: what was posted is gone.
    target = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("auth.login", next=target if target != "/" else None))


def require_login() -> ResponseReturnValue | None:
    """Send whoever is not signed in to the login page; runs before every view of a private blueprint."""
    return None if current_user.is_authenticated else _ask_to_log_in()


def person() -> User:
    """Return the person of this request; only behind `require_login`."""
    user: User = current_user.user
    return user


def sign_in(user: User) -> None:
    """Begin a session of its own: nothing an earlier visitor of this browser had stays in it."""
    session.clear()
    login_user(SignedIn(user))


def sign_out() -> None:
    """End the session."""
    logout_user()
    session.clear()


def relative_path(target: str) -> str:
    """Return the target when it is a path on this site, "/" otherwise.

    Browsers read a backslash as a slash and drop control characters: a path with either could leave the site.
    """
    is_plain = target.isprintable() and "\\" not in target
    if not is_plain or not target.startswith("/") or target.startswith("//"):
        return "/"
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else "/"
