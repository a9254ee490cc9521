"""My grades in a course, and my tokens."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from grader.errors import Invalid
from grader.extensions import database
from grader.services import audit, courses, tokens
from grader.services.courses import CourseAccess
from grader.web import filters, identity, links
from grader.web.courses import Row, open_course

blueprint = Blueprint("me", __name__, url_prefix="/c/<course_slug>/me")
blueprint.before_request(identity.require_login)

MAX_NAME_LENGTH = 60
LARGEST_ID = 2**31 - 1  # a larger number is no row of any table, and no database takes it


@dataclass(frozen=True)
class NewToken:
    """A token at the one moment its text is known."""

    name: str
    text: str
    curl: str


@blueprint.get("")
def show(course_slug: str) -> ResponseReturnValue:
    """Show the person's grades and tokens."""
    return _page(open_course(course_slug))


@blueprint.post("/tokens")
def create_token(course_slug: str) -> ResponseReturnValue:
    """Make a token and show it, this once: there is no address it could be read from again."""
    access = open_course(course_slug)
    name = request.form.get("name", "").strip()
    if not name or len(name) > MAX_NAME_LENGTH:
        return _page(access, error=f"Give the token a name of at most {MAX_NAME_LENGTH} characters."), 422
    try:
        token, text = tokens.create(database.session, identity.person(), name, now=filters.now())
    except Invalid as refusal:
        database.session.rollback()
        return _page(access, error=refusal.detail), refusal.status
    audit.record(
        database.session, identity.person().id, None, "token.created", token.name, {"id": token.id}, filters.now()
    )
    database.session.commit()
    return _page(access, new=(token.name, text))


@blueprint.post(f"/tokens/<int(max={LARGEST_ID}):token_id>/revoke")
def revoke_token(course_slug: str, token_id: int) -> ResponseReturnValue:
    """End a token."""
    access = open_course(course_slug)
    token = tokens.revoke(database.session, identity.person(), token_id, filters.now())
    audit.record(
        database.session, identity.person().id, None, "token.revoked", token.name, {"id": token.id}, filters.now()
    )
    database.session.commit()
    return redirect(url_for("me.show", course_slug=access.course.slug, _anchor="tokens"), code=303)


def _page(access: CourseAccess, *, new: tuple[str, str] | None = None, error: str = "") -> str:
    cards = courses.assignment_cards(database.session, access, filters.now())
    specs = [card.spec for card in cards]
    example = next((spec for spec in specs if spec.code_questions), specs[0] if specs else None)
    new_token = None
    if new is not None:
        name, text = new
        new_token = NewToken(name, text, links.curl_line(access.course.slug, example, text) if example else "")
    return render_template(
        "me/show.html",
        course=access.course,
        is_staff=access.is_staff,
        rows=[Row(card) for card in cards],
        total_grade=sum((card.grade for card in cards if card.grade is not None), Decimal(0)),
        total_max=sum((card.max_score for card in cards), Decimal(0)),
        tokens=tokens.of(database.session, identity.person()),
        new_token=new_token,
        token_error=error,
        curl=links.curl_line(access.course.slug, example) if example else "",
    )
