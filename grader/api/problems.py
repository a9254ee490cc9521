"""Refusals as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import json
from typing import Any

import structlog
from flask import Response, request
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from grader.errors import BadRequest, GraderError, Invalid, NotFound, Problem, TooLarge, WrongType
from grader.extensions import database

MEDIA_TYPE = "application/problem+json"
_TYPE_BASE = "/api/v1/docs#"  # where the kinds of problems are explained

log = structlog.get_logger(__name__)

# What a person can do about the refusals that come from the framework.
_ADVICE = {
    400: "The request cannot be read; check its body and its headers.",
    404: "There is nothing at this address.",
    405: "This address does not take this method; the Allow header names those it takes.",
    406: "None of the media types asked for can be given.",
    408: "The request took too long to arrive; send it again.",
    413: "The body is larger than an upload may be. Nothing was handed in and no attempt was spent.",
    415: "The body must be multipart/form-data or application/json.",
}
# The framework's refusals that are the same as ours.
_OWN = {each.status: each for each in (BadRequest, NotFound, TooLarge, WrongType)}


def document(
    status: int, kind: str, title: str, detail: str, errors: tuple[Problem, ...] = (), **more: Any
) -> dict[str, Any]:
    """Return a problem document."""
    problem: dict[str, Any] = {"type": _TYPE_BASE + kind, "title": title, "status": status, "detail": detail, **more}
    if errors:
        problem["errors"] = [error.as_json() for error in errors]
    return problem


def answer(error: Exception) -> Response:
    """Return the answer to an exception that ended a request below `/api/`; what it wrote is rolled back."""
    database.session.rollback()
    if isinstance(error, GraderError):
        # A refusal that begins with a file's or field's name leaves it as it was sent.
        is_named = bool(error.errors) and error.detail.startswith(error.errors[0].field)
        detail = _sentence(error.detail, is_named=is_named)
        body = document(error.status, error.kind, error.title, detail, error.errors)
        return _response(body, retry_after_s=error.retry_after_s, asks_for_token=error.status == 401)
    if isinstance(error, HTTPException) and error.code is not None:
        own = _OWN.get(error.code)
        kind = own.kind if own else error.name.lower().replace(" ", "-")
        detail = _ADVICE.get(error.code) or _sentence(error.description or error.name)
        response = _response(document(error.code, kind, own.title if own else error.name, detail))
        allowed = [value for name, value in error.get_headers() if name.lower() == "allow"]
        if allowed:
            response.headers["Allow"] = ", ".join(allowed)
        return response
    if isinstance(error, OperationalError | PoolTimeoutError):
        log.error("database_unavailable", path=request.path, error=type(error).__name__)
        detail = "The database cannot be reached. Nothing was half-written; send the request again."
        return _response(document(503, "unavailable", "The service cannot answer now", detail), retry_after_s=5)
    log.error("request_failed", path=request.path, method=request.method, exc_info=error)
    detail = "This is our fault. Nothing was half-written; staff can find it in the log."
    return _response(document(500, "internal-error", "The service failed", detail))


def _response(body: dict[str, Any], *, retry_after_s: int | None = None, asks_for_token: bool = False) -> Response:
    response = Response(json.dumps(body, ensure_ascii=False), status=body["status"], mimetype=MEDIA_TYPE)
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(retry_after_s)
    if asks_for_token:
        response.headers["WWW-Authenticate"] = 'Bearer realm="deltamark"'
    return response


def _sentence(text: str, *, is_named: bool = False) -> str:
    if not is_named and text.partition(" ")[0].isalpha():
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."


def invalid(error: ValidationError) -> Invalid:
    """Return the refusal for fields that a strict model does not take."""
    problems = []
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        field = ".".join(str(part)[:60] for part in item["loc"]) or "body"
        problems.append(Problem(field, item["msg"]))
    shown = "; ".join(f"{problem.field}: {problem.detail}" for problem in problems[:5])
    return Invalid(shown, errors=problems[:50])
