"""Who asks: a bearer token, or the login cookie of the page that this request comes from."""

from __future__ import annotations

import datetime as dt

from flask import current_app, g, request
from flask_login import current_user

from grader.api import limits
from grader.api.blueprint import OPERATION, api
from grader.errors import NotAuthenticated
from grader.extensions import client_address, csrf, database
from grader.models import User
from grader.services import tokens

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FAILURES = "100 per minute"  # wrong tokens from one address; a whole campus may share one


def now() -> dt.datetime:
    """Return the present moment, aware UTC."""
    return dt.datetime.now(dt.UTC)


def user() -> User:
    """Return the person who asks."""
    found: User = g.api_user
    return found


@api.before_request
def authenticate() -> None:
    """Find out who asks.

    Raises:
        NotAuthenticated: nobody, or a token that is not valid (any more).
        RateLimited: too many wrong tokens came from this address.
        werkzeug.exceptions.BadRequest: a change asked for by cookie without its CSRF token.
    """
    operation = getattr(_view(), OPERATION, None)
    if operation is not None and operation.is_public:
        return
    header = request.headers.get("Authorization")
    if header is not None:
        scheme, _, text = header.partition(" ")
        found = None
        if scheme.lower() == "bearer":
            found = tokens.find_user(database.session, text.strip(), now())
        if found is None:
            limits.count("wrong-token", FAILURES, client_address())
            raise NotAuthenticated(
                "this token is not valid (any more); make a new one under “My grades” and send it as "
                "“Authorization: Bearer TOKEN”"
            )
        g.api_user = found
        return
    if not current_user.is_authenticated:
        raise NotAuthenticated("send a token as “Authorization: Bearer TOKEN”; “My grades” makes one")
    if request.method not in _SAFE_METHODS:
        csrf.protect()
    g.api_user = current_user.user


def _view() -> object:
    return current_app.view_functions.get(request.endpoint or "")
