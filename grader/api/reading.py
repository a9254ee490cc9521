"""Reads what a request says, strictly: its query string, its body, the media type it wants."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import NotAcceptable, RequestEntityTooLarge

from grader.api import problems
from grader.api.schemas import SubmissionIn
from grader.errors import BadRequest, Invalid, Problem, TooLarge, WrongType
from grader.services.submissions import Upload
from grader.services.text import one_line

ANSWER_PREFIX = "answers."
MAX_NAMES = 300  # in one JSON object; as many as a form may have parts
JSON = "application/json"
TEXT = "text/plain"
CSV = "text/csv"

Model = TypeVar("Model", bound=BaseModel)


def query(model: type[Model]) -> Model:
    """Return the query string.

    Raises:
        Invalid: a parameter cannot be used.
    """
    try:
        return model.model_validate_strings({key: value for key, value in request.args.items() if key in _names(model)})
    except ValidationError as error:
        raise problems.invalid(error) from error


def _names(model: type[BaseModel]) -> Mapping[str, object]:
    return model.model_fields


def wanted(*offered: str) -> str:
    """Return the media type to answer in; the first one offered where any will do.

    Raises:
        werkzeug.exceptions.NotAcceptable: none of those offered.
    """
    if not request.accept_mimetypes:
        return offered[0]
    best = request.accept_mimetypes.best_match(offered)
    if best is None:
        raise NotAcceptable
    return best


def upload() -> Upload:
    """Return the files and answers of the body; nothing of it was run or trusted.

    Raises:
        BadRequest: the body is cut off or not what its type says.
        Invalid: a field is unknown, or not text.
        WrongType: neither multipart nor JSON, or compressed.
        werkzeug.exceptions.RequestEntityTooLarge: more than an upload may have.
    """
    if request.content_encoding:
        raise WrongType("the body is compressed; send it as it is, without Content-Encoding")
    key = request.headers.get("Idempotency-Key")
    if request.mimetype == JSON:
        return _json_upload(key)
    if request.mimetype == "multipart/form-data":
        return _form_upload(key)
    sent = f'"{one_line(request.mimetype, 60)}"' if request.mimetype else "no Content-Type"
    raise WrongType(f"the request has {sent}; send multipart/form-data (curl -F file=@solution.py) or application/json")


def _json_upload(key: str | None) -> Upload:
    data = request.get_data(cache=False)
    if request.content_length is None and len(data) >= (request.max_content_length or 0):
        raise RequestEntityTooLarge  # a body of unannounced length is cut off at the limit, silently
    if len(data) < (request.content_length or 0):
        raise BadRequest("the body is shorter than its Content-Length; it was cut off on its way")
    _require_names(data)
    try:
        body = SubmissionIn.model_validate_json(data)
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            raise BadRequest(f"the body is not JSON: {error.errors(include_url=False)[0]['msg']}") from error
        raise problems.invalid(error) from error
    try:
        files = [(name, text.encode("utf-8")) for name, text in body.files.items()]
    except UnicodeEncodeError as error:
        raise Invalid("a file holds half of a surrogate pair, which is no text") from error
    return Upload(files=files, answers=body.answers, origin="api", idempotency_key=key)


def _require_names(data: bytes) -> None:
    """Refuse an object with a name twice, or with more names than a form may have parts.

    Of two files of one name JSON would keep the last one, and nobody would know. And a few MiB of names, each of them
    at fault, would keep a thread busy for longer than an upload is worth. What is no JSON is left to who reads it.

    Raises:
        Invalid: a name is there twice.
        TooLarge: there are too many names.
    """

    def check(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(pairs) > MAX_NAMES:
            raise TooLarge(f"{len(pairs):,} names stand beside each other in the body; at most {MAX_NAMES} are taken")
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = one_line(next(name for name in names if names.count(name) > 1), 60)
            raise Invalid(f"{twice} was sent twice", errors=[Problem(twice, "was sent twice")])
        return found

    with contextlib.suppress(ValueError, RecursionError):
        json.loads(data, object_pairs_hook=check)


def _form_upload(key: str | None) -> Upload:
    if not request.mimetype_params.get("boundary"):
        raise BadRequest("the Content-Type has no boundary; let your HTTP library set the header")
    # A part without a name comes as None.
    fields = [(name or "", text) for name, text in request.form.items(multi=True)]
    parts = [(name or "", part) for name, part in request.files.items(multi=True)]
    if not fields and not parts and request.content_length:
        raise BadRequest("the multipart body is cut off or holds no field")
    found: list[Problem] = []
    answers: dict[str, str] = {}
    for name, text in fields:
        question = name.removeprefix(ANSWER_PREFIX)
        shown = one_line(name, 60)
        if name == "file":
            found.append(Problem("file", "came as text; send it as a file (curl -F file=@solution.py, with the @)"))
        elif question == name:
            found.append(Problem(shown, "is not known; fields are file and answers.<question>"))
        elif question in answers:
            found.append(Problem(shown, "was sent twice"))
        else:
            answers[question] = text.replace("\r\n", "\n")
    found += [
        Problem(one_line(name, 60), "is a file, but files are sent in the field “file”")
        for name, _ in parts
        if name != "file"
    ]
    if found:
        raise Invalid("; ".join(f"{each.field} {each.detail}" for each in found[:5]), errors=found)
    files = [(part.filename or "", part.stream.read()) for _, part in parts]
    return Upload(files=files, answers=answers, origin="api", idempotency_key=key)
