"""The gradebook, as data and as CSV, for staff."""

from __future__ import annotations

import io
from decimal import Decimal

from flask import Response, jsonify

from grader.api import auth, reading
from grader.api.blueprint import Answer, Operation, api, describe
from grader.api.paging import address
from grader.api.schemas import GradebookOut, GradebookQuery
from grader.extensions import database
from grader.services import courses, gradebook
from grader.services.courses import CourseAccess
from grader.services.gradebook import Cell


@api.get("/courses/<course>/gradebook")
@describe(
    Operation(
        summary="Read the gradebook",
        query=GradebookQuery,
        answers={200: Answer("a page of it, or all of it as CSV", {reading.JSON: GradebookOut, reading.CSV: None})},
        refusals=(403, 406, 422),
    )
)
def show_gradebook(course: str) -> Response:
    """Read a page of the gradebook, or all of it as CSV."""
    media = reading.wanted(reading.JSON, reading.CSV)
    access = courses.find(database.session, auth.user(), course)
    if media == reading.CSV:
        return _csv(access)
    query = reading.query(GradebookQuery)
    table = gradebook.table(
        database.session,
        access,
        section=query.section,
        search=query.search,
        sort=query.sort,
        descending=query.order == "desc",
        page=query.page,
        per_page=query.per_page,
    )
    return jsonify(
        {
            "columns": [
                {"slug": column.slug, "title": column.title, "max_score": float(column.max_score)}
                for column in table.columns
            ],
            "rows": [
                {
                    "name": row.name,
                    "email": row.email,
                    "section": row.section,
                    "grades": {column.slug: _cell(cell) for column, cell in zip(table.columns, row.cells, strict=True)},
                    "total": float(row.total),
                }
                for row in table.rows
            ],
            "max_total": float(table.max_total),
            "num_rows": table.num_rows,
            "page": table.page,
            "pages": table.pages,
            "next": address(page=table.page + 1) if table.page < table.pages else None,
        }
    )


@api.get("/courses/<course>/gradebook.csv")
@describe(
    Operation(
        summary="Read the whole gradebook as CSV",
        answers={200: Answer("UTF-8, one student a line", {reading.CSV: None})},
        refusals=(403,),
    )
)
def export_gradebook(course: str) -> Response:
    """Send the whole gradebook as CSV."""
    return _csv(courses.find(database.session, auth.user(), course))


def _csv(access: CourseAccess) -> Response:
    out = io.StringIO(newline="")
    gradebook.write_csv(database.session, access, out)
    response = Response(out.getvalue(), content_type="text/csv; charset=utf-8; header=present")
    response.headers["Content-Disposition"] = f'attachment; filename="{access.course.slug}-gradebook.csv"'
    return response


def _cell(cell: Cell | None) -> dict[str, object] | None:
    if cell is None:
        return None
    return {
        "submission": cell.submission_id,
        "score": _number(cell.score),
        "penalty": float(cell.penalty),
        "grade": _number(cell.grade),
        "attempts": cell.attempts,
        "pending": cell.pending,
    }


def _number(points: Decimal | None) -> float | None:
    return None if points is None else float(points)
