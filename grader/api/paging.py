"""Addresses: of the service, and of the page of a list that follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import current_app, request

from grader.errors import Invalid, Problem
from grader.settings import Settings

Item = TypeVar("Item")


def base_url() -> str:
    """Return the address people reach the service by, without a slash at the end."""
    settings: Settings = current_app.config["GRADER_SETTINGS"]
    return (settings.public_url or request.host_url).rstrip("/")


def address(**changed: Any) -> str:
    """Return the address of this request with some query parameters changed."""
    parameters = {**request.args.to_dict(), **{key: str(value) for key, value in changed.items()}}
    return f"{base_url()}{request.path}?{urlencode(parameters)}"


def cut(items: Sequence[Item], cursor: str, limit: int) -> tuple[list[Item], str | None]:
    """Return one page of a short list, and the address of the next one; the cursor is a position.

    Raises:
        Invalid: the cursor is not one we gave out.
    """
    if cursor and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 10):
        raise unknown_cursor()
    start = int(cursor or 0)
    page = list(items[start : start + limit])
    return page, address(cursor=start + limit) if start + limit < len(items) else None


def unknown_cursor() -> Invalid:
    """Return the refusal of a cursor that we did not give out."""
    return Invalid("the cursor is not one of ours; follow `next`", errors=[Problem("cursor", "is not known")])
