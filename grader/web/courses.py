"""My courses, and one course's assignments."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from grader.extensions import database
from grader.models import RunStatus
from grader.services import courses
from grader.services.courses import AssignmentCard, CourseAccess
from grader.web import filters, identity, words

blueprint = Blueprint("courses", __name__)
blueprint.before_request(identity.require_login)


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """List the person's courses."""
    cards = courses.of(database.session, identity.person(), filters.now())
    return render_template("courses/index.html", cards=cards)


@blueprint.get("/c/<course_slug>")
def course(course_slug: str) -> ResponseReturnValue:
    """List a course's assignments with how the person stands."""
    access = open_course(course_slug)
    cards = courses.assignment_cards(database.session, access, filters.now())
    return render_template(
        "courses/course.html", course=access.course, is_staff=access.is_staff, rows=[Row(card) for card in cards]
    )


def open_course(slug: str) -> CourseAccess:
    """Return the signed-in person's way into a course, and show this page's times in its zone.

    Raises:
        NotFound: there is no such course for this person.
    """
    access = courses.find(database.session, identity.person(), slug)
    filters.show_times_in(access.course.timezone)
    return access


@dataclass(frozen=True)
class Row:
    """An assignment in a list, with the words that say how the person stands."""

    card: AssignmentCard

    @property
    def label(self) -> words.Label:
        """What matters most: how the latest submission fares, else whether the assignment is open."""
        if not self.card.is_published:
            return words.state_label("draft")
        if self.card.status == RunStatus.GRADED and self.card.pending:
            return words.verdict_label("pending")
        if self.card.status is not None:
            return words.status_label(self.card.status)
        return words.state_label(self.card.state)

    @property
    def attempts(self) -> str:
        """How many attempts are left, or were used where there is no limit."""
        return attempts_text(self.card.attempts, self.card.attempts_left)


def attempts_text(used: int, left: int | None) -> str:
    """Return "2 of 5 left", or "3 used" where there is no limit."""
    if left is not None:
        return f"{left} of {used + left} left"
    return f"{used} used" if used else "none yet"
