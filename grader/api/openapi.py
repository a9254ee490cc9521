"""The OpenAPI 3.1 document, made from the descriptions on the routes and the models that read their requests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from grader.api import problems
from grader.api.blueprint import OPERATION, Answer, Operation
from grader.api.schemas import ProblemOut

TITLE = "Deltamark"
VERSION = "1"
REF = "#/components/schemas/{model}"

_REFUSALS = {
    400: "The request cannot be read",
    401: "No token, or not a valid one",
    403: "Not yours, or closed",
    404: "Not there, or not for you to know",
    406: "None of the media types asked for can be given",
    409: "No attempt left",
    413: "Larger than an upload may be",
    415: "Neither multipart nor JSON",
    422: "Fields or files cannot be used; `errors` names them",
    429: "Too many requests",
}
_ALWAYS = (401, 404, 429)
_PLAIN: dict[str, dict[str, str]] = {"application/json": {"type": "object"}, "application/octet-stream": {}}


def operations(app: Flask) -> Iterator[tuple[Rule, str, Operation]]:
    """Yield every described route with its method, in the order of their addresses."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: (each.rule, sorted(each.methods or ()))):
        operation = getattr(app.view_functions[rule.endpoint], OPERATION, None)
        if operation is not None:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method.lower(), operation


def document(app: Flask, base_url: str) -> dict[str, Any]:
    """Return the document of the live routes."""
    described = list(operations(app))
    models = sorted({model for *_, operation in described for model in _models(operation)}, key=lambda m: m.__name__)
    _, definitions = models_json_schema(
        [*((model, "validation") for model in models), (ProblemOut, "validation")], ref_template=REF, title="schemas"
    )
    paths: dict[str, dict[str, Any]] = {}
    for rule, method, operation in described:
        paths.setdefault(_path(rule.rule), {})[method] = _operation(rule, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": VERSION,
            "description": "Hand in solutions, read what they scored and why. Make a token under “My grades”.",
        },
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _models(operation: Operation) -> Iterator[type[BaseModel]]:
    yield from operation.body.values()
    for answer in operation.answers.values():
        yield from (model for model in answer.body.values() if model is not None)


def _path(rule: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def _operation(rule: Rule, operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {"operationId": rule.endpoint.rpartition(".")[2], "summary": operation.summary}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"<(?:\w+:)?(\w+)>", rule.rule)
    ]
    if operation.query is not None:
        parameters += _query(operation.query)
    parameters += [
        {"name": name, "in": "header", "description": says, "schema": {"type": "string"}}
        for name, says in operation.headers.items()
    ]
    if parameters:
        described["parameters"] = parameters
    if operation.body:
        described["requestBody"] = {"required": True, "content": {k: _body(m) for k, m in operation.body.items()}}
    described["responses"] = {str(status): _answer(each) for status, each in sorted(operation.answers.items())}
    if not operation.is_public:
        described["security"] = [{"token": []}]
        for status in sorted({*operation.refusals, *_ALWAYS}):
            described["responses"][str(status)] = _answer(
                Answer(_REFUSALS[status], {problems.MEDIA_TYPE: ProblemOut}, _refusal_headers(status))
            )
    return described


def _refusal_headers(status: int) -> dict[str, str]:
    return {"Retry-After": "seconds to wait"} if status == 429 else {}


def _query(model: type[BaseModel]) -> list[dict[str, Any]]:
    properties: Mapping[str, dict[str, Any]] = model.model_json_schema()["properties"]
    parameters = []
    for name, field in properties.items():
        schema = {key: value for key, value in field.items() if key not in {"title", "description"}}
        parameter = {"name": name, "in": "query", "schema": schema}
        if "description" in field:
            parameter["description"] = field["description"]
        parameters.append(parameter)
    return parameters


def _body(model: type[BaseModel]) -> dict[str, Any]:
    return {"schema": {"$ref": REF.format(model=model.__name__)}}


def _answer(answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.says}
    content = {}
    for media, model in answer.body.items():
        content[media] = _body(model) if model is not None else {"schema": _PLAIN.get(media, {"type": "string"})}
    if content:
        described["content"] = content
    if answer.headers:
        described["headers"] = {
            name: {"description": says, "schema": {"type": "string"}} for name, says in answer.headers.items()
        }
    return described
