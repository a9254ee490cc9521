"""The gradebook: students by assignments, for the staff of a course."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from grader.errors import NotAllowed, NotFound
from grader.extensions import database
from grader.services import gradebook
from grader.services.courses import CourseAccess
from grader.services.gradebook import Table
from grader.web import filters, identity
from grader.web.courses import open_course

blueprint = Blueprint("gradebook", __name__, url_prefix="/c/<course_slug>")
blueprint.before_request(identity.require_login)

PER_PAGE = 50


@dataclass(frozen=True)
class Heading:
    """A column's head: a link that sorts by it, the other way round where it is the order already."""

    text: str
    note: str
    url: str
    order: str  # "ascending", "descending" or "none", for `aria-sort`
    is_number: bool

    @property
    def sign(self) -> str:
        """An arrow beside the column that decides the order."""
        return {"ascending": "↑", "descending": "↓"}.get(self.order, "")


@blueprint.get("/gradebook")
def show(course_slug: str) -> ResponseReturnValue:
    """Show a page of the gradebook; what is sought, how it is sorted and where it stands are in the address."""
    access = _open(course_slug)
    wanted = request.args
    table = gradebook.table(
        database.session,
        access,
        section=wanted.get("section", "")[:200],
        search=wanted.get("search", "")[:100],
        sort=wanted.get("sort", "name")[:100],
        descending=wanted.get("order") == "desc",
        page=wanted.get("page", 1, type=int),
        per_page=PER_PAGE,
    )
    return render_template(
        "gradebook/show.html",
        course=access.course,
        is_staff=True,
        table=table,
        headings=_headings(course_slug, table),
        previous_url=_address(course_slug, table, page=table.page - 1) if table.page > 1 else None,
        next_url=_address(course_slug, table, page=table.page + 1) if table.page < table.pages else None,
        is_filtered=bool(table.search or table.section),
    )


@blueprint.get("/gradebook.csv")
def export(course_slug: str) -> Response:
    """Send the whole gradebook as CSV; the mark at its start makes spreadsheets read names rightly."""
    access = _open(course_slug)
    out = io.StringIO(newline="")
    gradebook.write_csv(database.session, access, out)
    name = f"{course_slug}-gradebook-{filters.now():%Y-%m-%d}.csv"
    response = Response(out.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _open(course_slug: str) -> CourseAccess:
    access = open_course(course_slug)
    try:
        gradebook.require_staff(access)
    except NotAllowed as error:
        raise NotFound(error.detail) from error  # a student is not told that there is such a page
    return access


def _headings(course_slug: str, table: Table) -> list[Heading]:
    columns = [("name", "Student", "", False), ("section", "Section", "", False)]
    columns += [(column.slug, column.title, f"of {column.max_score.normalize():f}", True) for column in table.columns]
    columns.append(("total", "Total", f"of {table.max_total.normalize():f}", True))
    headings = []
    for key, text, note, is_number in columns:
        is_current = table.sort == key
        # Numbers are first sorted from the top, names from A.
        goes_down = not table.descending if is_current else is_number
        order = "none"
        if is_current:
            order = "descending" if table.descending else "ascending"
        url = _address(course_slug, table, sort=key, order="desc" if goes_down else "asc", page=1)
        headings.append(Heading(text, note, url, order, is_number))
    return headings


def _address(course_slug: str, table: Table, **changes: Any) -> str:
    """Return the address of this table with something changed; what is as usual is left out of it."""
    values = {
        "section": table.section or "",
        "search": table.search,
        "sort": table.sort,
        "order": "desc" if table.descending else "asc",
        "page": table.page,
        **changes,
    }
    usual = {"section": "", "search": "", "sort": "name", "order": "asc", "page": 1}
    kept = {key: value for key, value in values.items() if value != usual[key]}
    return url_for("gradebook.show", course_slug=course_slug, **kept)
