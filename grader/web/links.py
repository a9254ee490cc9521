"""What pages say of the service itself: its address, the line for a terminal, how large an upload may be."""

from __future__ import annotations

import secrets

from flask import current_app, request

from assignments.spec import Assignment
from grader.settings import Settings
from grader.web import words

TOKEN_PLACE = "$DELTAMARK_TOKEN"  # noqa: S105 (a variable's name)


def settings() -> Settings:
    """Return the service's settings."""
    found: Settings = current_app.config["GRADER_SETTINGS"]
    return found


def base_url() -> str:
    """Return the address people reach the service by, without a slash at the end."""
    return (settings().public_url or request.host_url).rstrip("/")


def upload_limits() -> str:
    """Return how large an upload may be, as the end of a sentence."""
    return f"{words.size(settings().max_file_bytes)} a file, {words.size(settings().max_upload_bytes)} in all"


def curl_line(course_slug: str, spec: Assignment, token: str = TOKEN_PLACE) -> str:
    """Return the command that hands an assignment in from a terminal and prints the report."""
    url = f"{base_url()}/api/v1/courses/{course_slug}/assignments/{spec.slug}/submissions?wait=30"
    parts = [f'curl -H "Authorization: Bearer {token}"', '-H "Accept: text/plain"']
    if spec.code_questions:
        parts.append(f"-F file=@{spec.slug}.py")
    elif spec.fields:
        parts.append(f'-F "answers.{spec.fields[0].id}=…"')
    return " \\\n  ".join([*parts, f'"{url}"'])


def new_form_id() -> str:
    """Return a random mark for one showing of a form."""
    return secrets.token_urlsafe(12)
