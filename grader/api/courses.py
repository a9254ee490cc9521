"""Courses and their assignments, as data."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response, jsonify

from assignments.spec import Assignment, Question
from grader.api import auth, reading
from grader.api.blueprint import Answer, Operation, api, describe
from grader.api.paging import base_url, cut
from grader.api.schemas import AnswersOut, AssignmentList, AssignmentOut, CourseList, ListQuery, StarterQuery
from grader.errors import NotFound
from grader.extensions import database
from grader.services import courses, results, starters
from grader.services.courses import AssignmentCard


@api.get("/courses")
@describe(
    Operation(
        summary="List one's courses, newest first",
        query=ListQuery,
        answers={200: Answer("a page of the list", {reading.JSON: CourseList})},
        refusals=(406, 422),
    )
)
def list_courses() -> Response:
    """List the person's courses."""
    reading.wanted(reading.JSON)
    query = reading.query(ListQuery)
    cards, following = cut(courses.of(database.session, auth.user(), auth.now()), query.cursor, query.limit)
    items = [
        {
            "slug": card.course.slug,
            "title": card.course.title,
            "term": card.course.term,
            "timezone": card.course.timezone,
            "role": str(card.role),
            "open_assignments": card.num_open,
            "next_due_at": _iso(card.next_due_at),
            "assignments": f"{base_url()}/api/v1/courses/{card.course.slug}/assignments",
        }
        for card in cards
    ]
    return jsonify({"items": items, "next": following})


@api.get("/courses/<course>/assignments")
@describe(
    Operation(
        summary="List a course's assignments with how one stands",
        query=ListQuery,
        answers={200: Answer("a page of the list", {reading.JSON: AssignmentList})},
        refusals=(406, 422),
    )
)
def list_assignments(course: str) -> Response:
    """List the assignments the person may see."""
    reading.wanted(reading.JSON)
    query = reading.query(ListQuery)
    access = courses.find(database.session, auth.user(), course)
    cards = courses.assignment_cards(database.session, access, auth.now())
    page, following = cut(cards, query.cursor, query.limit)
    return jsonify({"items": [_card(access.course.slug, card) for card in page], "next": following})


@api.get("/courses/<course>/assignments/<slug>")
@describe(
    Operation(
        summary="Read an assignment: its statement, its questions, how one stands",
        answers={200: Answer("the assignment", {reading.JSON: AssignmentOut})},
        refusals=(406,),
    )
)
def show_assignment(course: str, slug: str) -> Response:
    """Read one assignment."""
    reading.wanted(reading.JSON)
    session = database.session
    access = courses.find(session, auth.user(), course)
    assignment = courses.assignment(session, access, slug, auth.now())
    card = next(
        card for card in courses.assignment_cards(session, access, auth.now()) if card.slug == assignment.spec.slug
    )
    spec = assignment.spec
    document = _card(access.course.slug, card)
    document.update(
        version=spec.version,
        source=spec.source,
        prompt=spec.prompt,
        questions=[_question(question) for question in spec.questions],
        variant=None if assignment.numbers is None else dict(assignment.numbers),
        starter=f"{document['self']}/starter",
    )
    return jsonify(document)


_STARTERS = {"py": starters.PYTHON_TYPE, "ipynb": starters.NOTEBOOK_TYPE, "json": reading.JSON}


@api.get("/courses/<course>/assignments/<slug>/starter")
@describe(
    Operation(
        summary="Read the file to start from: Python, the same as a notebook, or the fields to fill in",
        query=StarterQuery,
        answers={
            200: Answer(
                "the starter; where nothing is to be programmed, the fields",
                {starters.PYTHON_TYPE: None, starters.NOTEBOOK_TYPE: None, reading.JSON: AnswersOut},
            )
        },
        refusals=(406, 422),
    )
)
def starter(course: str, slug: str) -> Response:
    """Send the starter as a download, in the form asked for."""
    access = courses.find(database.session, auth.user(), course)
    spec = courses.assignment(database.session, access, slug, auth.now()).spec
    offered = [*(["py", "ipynb"] if spec.code_questions else []), *(["json"] if spec.fields else [])]
    wanted: str = reading.query(StarterQuery).format
    if not wanted:
        media = reading.wanted(*(_STARTERS[form] for form in offered))
        wanted = next(form for form in offered if _STARTERS[form] == media)
    if wanted not in offered:
        raise NotFound(f"this assignment has no starter of that form; it has: {', '.join(offered)}")
    return starter_response(spec, wanted)


def starter_response(spec: Assignment, form: str) -> Response:
    """Return a starter as a download; `form` is one the assignment has."""
    makers = {"py": starters.python, "ipynb": starters.notebook, "json": starters.answers}
    content = makers[form](spec)
    if content is None:
        raise NotFound("this assignment has no starter file: its answers are typed")
    charset = "; charset=utf-8" if form == "py" else ""
    response = Response(content, content_type=f"{_STARTERS[form]}{charset}")
    response.headers["Content-Disposition"] = f'attachment; filename="{spec.slug}.{form}"'
    response.headers["Vary"] = "Accept, Authorization, Cookie"
    return response


def _card(course_slug: str, card: AssignmentCard) -> dict[str, Any]:
    row = card.course_assignment
    return {
        "slug": card.slug,
        "title": card.title,
        "summary": card.spec.summary,
        "state": str(card.state),
        "is_published": card.is_published,
        "opens_at": _iso(row.opens_at),
        "due_at": _iso(row.due_at),
        "closes_at": _iso(row.closes_at),
        "attempt_limit": row.attempt_limit,
        "attempts": card.attempts,
        "attempts_left": card.attempts_left,
        "score": None if card.score is None else float(card.score),
        "penalty": float(card.penalty),
        "grade": None if card.grade is None else float(card.grade),
        "max_score": float(card.max_score),
        "submission": card.submission_id,
        "status": None if card.status is None else str(card.status),
        "pending": card.pending,
        "self": f"{base_url()}/api/v1/courses/{course_slug}/assignments/{card.slug}",
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "kind": str(question.kind),
        "title": question.title,
        "points": float(question.points),
        "is_bonus": question.is_bonus,
        "prompt": question.prompt,
        "signature": question.signature,
        "choices": list(question.choices),
        "decimals": question.decimals,
        "errata": [{"slide": each.slide, "prints": each.prints, "holds": each.holds} for each in question.errata],
    }


def _iso(moment: dt.datetime | None) -> str | None:
    return None if moment is None else results.iso(moment)
