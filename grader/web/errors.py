"""Error pages: what happened, what to do, and a reference where it is our fault. The API answers for itself."""

from __future__ import annotations

import secrets

import structlog
from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from grader.errors import GraderError
from grader.extensions import database

log = structlog.get_logger(__name__)

_WORDS = {
    400: ("The request cannot be read", "Go back, reload the page and try again."),
    403: ("Not allowed", "This is not yours to see or change."),
    404: (
        "Not found",
        "There is nothing here, or it is not yours to see. Check the address, or start from your courses.",
    ),
    405: ("Not possible here", "This address cannot be used that way. Start from your courses."),
    413: (
        "The upload is too large",
        "Nothing was handed in and no attempt was spent. The page of the assignment says how large an upload may be.",
    ),
    429: ("Too many tries", "Please wait a little and try again."),
    503: ("Not available at the moment", "Please try again in a minute. Nothing was half-saved."),
}
_OURS = ("Something went wrong", "This is our fault, not yours, and nothing you sent was half-saved. Please try again.")


def install(app: Flask) -> None:
    """Show pages for refusals and failures; below `/api/` the application answers by itself."""
    app.register_error_handler(GraderError, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(PoolTimeoutError, _database_away)
    app.register_error_handler(Exception, _failed)


def _page(status: int, *, title: str = "", detail: str = "", errors: object = (), reference: str = "") -> str:
    known_title, known_detail = _WORDS.get(status, _OURS if status >= 500 else _WORDS[400])
    return render_template(
        "errors/error.html",
        status=status,
        title=title or known_title,
        detail=detail or known_detail,
        errors=errors,
        reference=reference,
        is_impersonal=status >= 500,  # the database may be what failed: do not ask it who this is
    )


def _refused(error: GraderError) -> ResponseReturnValue:
    headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s is not None else {}
    if error.status == 404:
        return _page(404), 404, headers  # the same words whatever was looked for
    detail = error.detail[:1].upper() + error.detail[1:]
    if not detail.endswith((".", "?", "!")):
        detail += "."
    return _page(error.status, title=error.title, detail=detail, errors=error.errors), error.status, headers


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    return (
        _page(
            400,
            title="This form is out of date",
            detail="It was opened before you logged in or out, or cookies are switched off. "
            "Go back, reload the page and send it again. Nothing was changed.",
        ),
        400,
    )


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.response is not None:
        return error
    headers = [(name, value) for name, value in error.get_headers() if name.lower() in {"retry-after", "allow"}]
    return _page(error.code), error.code, headers


def _database_away(error: OperationalError | PoolTimeoutError) -> ResponseReturnValue:
    reference = _report("database_unavailable", error)
    return _page(503, reference=reference), 503, {"Retry-After": "10"}


def _failed(error: Exception) -> ResponseReturnValue:
    return _page(500, reference=_report("request_failed", error)), 500


def _report(event: str, error: Exception) -> str:
    """Log an exception under a reference that its page shows."""
    reference = secrets.token_hex(4)
    log.error(event, reference=reference, path=request.path, method=request.method, exc_info=error)
    database.session.rollback()
    return reference
