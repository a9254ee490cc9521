"""Logging in and out."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from grader.extensions import client_address, database, limiter
from grader.services import accounts
from grader.web import identity

blueprint = Blueprint("auth", __name__)

FAILURES_PER_PERSON = "10 per 5 minutes"
"""Failed logins for one email address from one client address: a spray cannot lock the person out elsewhere."""
FAILURES_PER_ACCOUNT = "100 per hour"
"""Failed logins for one email address from anywhere."""
FAILURES_PER_ADDRESS = "60 per 5 minutes"
"""Failed logins from one client address, which a whole lecture hall may share."""

_WRONG = "That email and password do not belong together. Please try again."


def _is_failure(response: object) -> bool:
    return getattr(response, "status_code", 0) == 401


def _typed_email() -> str:
    return request.form.get("email", "").strip().lower()[: accounts.MAX_EMAIL_LENGTH]


@blueprint.get("/login")
def login() -> ResponseReturnValue:
    """Show the login form; somebody signed in already goes on."""
    target = identity.relative_path(request.args.get("next", "/"))
    if current_user.is_authenticated:
        return redirect(target)
    return render_template("auth/login.html", email="", next_path=target, error=None)


@blueprint.post("/login")
@limiter.limit(FAILURES_PER_ADDRESS, deduct_when=_is_failure)
@limiter.limit(FAILURES_PER_ACCOUNT, key_func=_typed_email, deduct_when=_is_failure)
@limiter.limit(FAILURES_PER_PERSON, key_func=lambda: f"{client_address()} {_typed_email()}", deduct_when=_is_failure)
def log_in() -> ResponseReturnValue:
    """Begin a session, or show the form again with one sentence for every kind of failure."""
    target = identity.relative_path(request.form.get("next", "/"))
    email = _typed_email()
    user = accounts.authenticate(database.session, email, request.form.get("password", ""))
    database.session.commit()
    if user is None:
        return render_template("auth/login.html", email=email, next_path=target, error=_WRONG), 401
    identity.sign_in(user)
    return redirect(target, code=303)


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session, and with it every other one of the person: its cookie may have been copied."""
    if current_user.is_authenticated:
        accounts.end_sessions(database.session, identity.person())
        database.session.commit()
    identity.sign_out()
    return redirect(url_for("auth.login"), code=303)
