"""The API's description: the OpenAPI document, and the same as a page without scripts."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, current_app, jsonify, render_template

from grader import errors
from grader.api import openapi
from grader.api.blueprint import Answer, Operation, api, describe
from grader.api.paging import base_url
from grader.errors import GraderError

aliases = Blueprint("api_docs", __name__)

_DOCUMENT = Operation(
    summary="This description",
    answers={200: Answer("an OpenAPI 3.1 document", {"application/json": None})},
    is_public=True,
)
_PAGE = Operation(
    summary="This description as a page",
    answers={200: Answer("a page", {"text/html": None})},
    is_public=True,
)


@aliases.get("/openapi.json")
@api.get("/openapi.json")
@describe(_DOCUMENT)
def openapi_document() -> Response:
    """Send the OpenAPI document of the live routes."""
    return jsonify(openapi.document(current_app, base_url()))


@aliases.get("/docs")
@api.get("/docs")
@describe(_PAGE)
def docs_page() -> str:
    """Show the same for people."""
    described = [
        {"method": method.upper(), "path": rule.rule.replace("<", "{").replace(">", "}"), "operation": operation}
        for rule, method, operation in openapi.operations(current_app)
    ]
    return render_template("api/docs.html", operations=described, problems=_kinds(), url=base_url())


def _kinds() -> list[type[GraderError]]:
    return sorted(_subclasses(GraderError), key=lambda kind: (kind.status, kind.kind))


def _subclasses(parent: type[GraderError]) -> Iterator[type[GraderError]]:
    for child in parent.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from _subclasses(child)
