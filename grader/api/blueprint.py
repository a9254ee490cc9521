"""The API's blueprint, and the description every route of it carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Blueprint
from pydantic import BaseModel

api = Blueprint("api", __name__, url_prefix="/api/v1")

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Answer:
    """One answer of an operation: what it means, and its body by media type."""

    says: str
    body: Mapping[str, type[BaseModel] | None] = field(default_factory=dict)  # None: text or bytes
    headers: Mapping[str, str] = field(default_factory=dict)  # name → meaning


@dataclass(frozen=True)
class Operation:
    """What the OpenAPI document says of a route."""

    summary: str
    answers: Mapping[int, Answer]
    query: type[BaseModel] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)  # optional request headers → meaning
    body: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    refusals: tuple[int, ...] = ()  # besides 401, 404 and 429
    is_public: bool = False


OPERATION = "__operation__"


def describe(operation: Operation) -> Callable[[View], View]:
    """Attach its description to a view; stands below the route's decorator."""

    def attach(view: View) -> View:
        setattr(view, OPERATION, operation)
        return view

    return attach
