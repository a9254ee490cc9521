"""Every grade of a course: students by assignments, from the summary rows alone, so that its cost is one page's."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TextIO

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from assignments import catalog
from grader.errors import Invalid, NotAllowed, Problem
from grader.models import Course, CourseAssignment, Enrolment, Grade, Role, Section, User
from grader.policy import access as policy
from grader.services import runs
from grader.services.courses import CourseAccess
from grader.services.text import one_line, plain

MAX_PER_PAGE = 200
_EXPORT_PAGE = 500
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Column:
    """One assignment of the course."""

    assignment_id: int
    slug: str
    title: str
    max_score: Decimal
    has_written: bool  # whether a teacher has to read an answer


@dataclass(frozen=True)
class Cell:
    """How one student stands in one assignment."""

    submission_id: str | None  # which counts
    score: Decimal | None
    penalty: Decimal
    grade: Decimal | None
    attempts: int
    pending: int  # answers that wait for a teacher


@dataclass(frozen=True)
class Row:
    """One student; `cells` is in the order of the columns, None where nothing was graded yet."""

    user_id: int
    name: str
    email: str
    section: str
    cells: tuple[Cell | None, ...]
    total: Decimal


@dataclass(frozen=True)
class Table:
    """One page of the gradebook, and what it is a page of."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    max_total: Decimal
    num_rows: int  # over all pages
    page: int  # from 1
    pages: int
    per_page: int
    sections: tuple[str, ...]
    section: str | None
    search: str
    sort: str
    descending: bool


def table(
    session: Session,
    access: CourseAccess,
    *,
    section: str | None = None,
    search: str = "",
    sort: str = "name",
    descending: bool = False,
    page: int = 1,
    per_page: int = 50,
) -> Table:
    """Return a page of the gradebook.

    Args:
        session: open.
        access: of an assistant, an instructor or an administrator.
        section: only that section's students; None or "" for all.
        search: only students whose name or email contains it.
        sort: "name", "email", "section", "total" or an assignment's slug; students without a grade come last.
        descending: largest first.
        page: from 1; one beyond the last shows the last.
        per_page: 1 to 200.

    Raises:
        NotAllowed: the person is a student.
        Invalid: there is nothing to sort by of that name.
    """
    require_staff(access)
    per_page = min(max(1, per_page), MAX_PER_PAGE)
    columns = _columns(session, access.course)
    wanted = _filters(access.course, section, search)
    num_rows = session.scalar(_students(select(func.count()).select_from(Enrolment)).where(*wanted)) or 0
    pages = max(1, -(-num_rows // per_page))
    page = min(max(1, page), pages)
    found = session.execute(
        _sorted(
            _students(select(User.id, User.name, User.email, Section.name).select_from(Enrolment)).where(*wanted),
            columns,
            sort,
            descending=descending,
        )
        .limit(per_page)
        .offset((page - 1) * per_page)
    ).all()
    return Table(
        columns=columns,
        rows=_rows(session, columns, found),
        max_total=sum((column.max_score for column in columns), Decimal(0)),
        num_rows=num_rows,
        page=page,
        pages=pages,
        per_page=per_page,
        sections=tuple(
            session.scalars(select(Section.name).where(Section.course_id == access.course.id).order_by(Section.name))
        ),
        section=section or None,
        search=search,
        sort=sort,
        descending=descending,
    )


def require_staff(access: CourseAccess) -> None:
    """Let staff pass.

    Raises:
        NotAllowed: the person is a student.
    """
    if not policy.may_see_gradebook(access.viewer):
        raise NotAllowed("the gradebook is for the course's instructors and assistants")


def _columns(session: Session, course: Course) -> tuple[Column, ...]:
    rows = session.execute(
        select(CourseAssignment.id, CourseAssignment.slug)
        .where(CourseAssignment.course_id == course.id, CourseAssignment.published_at.is_not(None))
        .order_by(CourseAssignment.position, CourseAssignment.id)
    )
    specs = [(assignment_id, catalog.load(slug)) for assignment_id, slug in rows]
    return tuple(
        Column(assignment_id, spec.slug, spec.title, spec.max_score, spec.has_written) for assignment_id, spec in specs
    )


def _students(query: Any) -> Select[Any]:
    people = query.join(User, User.id == Enrolment.user_id)
    joined: Select[Any] = people.outerjoin(Section, Section.id == Enrolment.section_id)
    return joined


def _filters(course: Course, section: str | None, search: str) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [
        Enrolment.course_id == course.id,
        Enrolment.role == Role.STUDENT,
    ]
    if section:
        wanted.append(Section.name == section)
    if search.strip():
        text = search.strip()[:100]
        wanted.append(or_(User.name.icontains(text, autoescape=True), User.email.icontains(text, autoescape=True)))
    return wanted


def _sorted(query: Select[Any], columns: tuple[Column, ...], sort: str, *, descending: bool) -> Select[Any]:
    column = next((column for column in columns if column.slug == sort), None)
    key: ColumnElement[Any]
    if sort == "name":
        key = func.lower(User.name)
    elif sort == "email":
        key = User.email.expression
    elif sort == "section":
        key = Section.name.expression
    elif sort == "total":
        ids = [each.assignment_id for each in columns]
        totals = (
            select(Grade.user_id, func.sum(Grade.grade).label("total"))
            .where(Grade.assignment_id.in_(ids))
            .group_by(Grade.user_id)
            .subquery()
        )
        query = query.outerjoin(totals, totals.c.user_id == User.id)
        key = totals.c.total
    elif column is not None:
        query = query.outerjoin(Grade, (Grade.user_id == User.id) & (Grade.assignment_id == column.assignment_id))
        key = Grade.grade.expression
    else:
        known = ", ".join(["name", "email", "section", "total", *(each.slug for each in columns)])
        raise Invalid(
            f'cannot sort by "{one_line(sort, 40)}"; there are {known}', errors=[Problem("sort", "is not a column")]
        )
    ordered = key.desc().nulls_last() if descending else key.asc().nulls_last()
    return query.order_by(ordered, func.lower(User.name), User.id)


def _rows(session: Session, columns: tuple[Column, ...], found: Iterable[Any]) -> tuple[Row, ...]:
    people = list(found)
    cells: dict[tuple[int, int], Cell] = {}
    grades = session.execute(
        select(
            Grade.user_id,
            Grade.assignment_id,
            Grade.submission_id,
            Grade.score,
            Grade.penalty,
            Grade.grade,
            Grade.attempts,
        ).where(
            Grade.user_id.in_([person[0] for person in people]),
            Grade.assignment_id.in_([column.assignment_id for column in columns]),
        )
    ).all()
    written = {column.assignment_id for column in columns if column.has_written}
    pending = runs.pending_questions(session, [row[2] for row in grades if row[1] in written and row[2] is not None])
    for user_id, assignment_id, submission_id, score, penalty, grade, attempts in grades:
        waiting = pending.get(submission_id or "", 0)
        cells[user_id, assignment_id] = Cell(submission_id, score, penalty, grade, attempts, waiting)
    rows = []
    for user_id, name, email, section in people:
        line = tuple(cells.get((user_id, column.assignment_id)) for column in columns)
        total = sum((cell.grade for cell in line if cell is not None and cell.grade is not None), Decimal(0))
        rows.append(Row(user_id, name, email, section or "", line, total))
    return tuple(rows)


def write_csv(session: Session, access: CourseAccess, out: TextIO) -> int:
    """Write the whole gradebook of a course one teaches; see `export`.

    Raises:
        NotAllowed: the person is a student.
    """
    require_staff(access)
    return export(session, access.course, out)


def export(session: Session, course: Course, out: TextIO) -> int:
    """Write a course's whole gradebook as CSV, sorted by name, and return how many students it has.

    Columns: name, email, section, one for each assignment by its slug, total. Grades are numbers with a point; no
    grade is an empty field. Text that a spreadsheet would take for a formula gets a ' before it. `out` is a text
    stream with newline=""; who wants Excel to read names rightly encodes it as "utf-8-sig".
    """
    writer = csv.writer(out, lineterminator="\r\n")
    columns = _columns(session, course)
    writer.writerow(["name", "email", "section", *(column.slug for column in columns), "total"])
    students = _students(select(User.id, User.name, User.email, Section.name).select_from(Enrolment))
    query = _sorted(students.where(*_filters(course, None, "")), columns, "name", descending=False)
    found = session.execute(query).all()
    for start in range(0, len(found), _EXPORT_PAGE):
        for row in _rows(session, columns, found[start : start + _EXPORT_PAGE]):
            writer.writerow(
                [
                    harmless(row.name),
                    harmless(row.email),
                    harmless(row.section),
                    *(_points(cell.grade) if cell is not None else "" for cell in row.cells),
                    _points(row.total),
                ]
            )
    return len(found)


def harmless(text: str) -> str:
    """Return text that no spreadsheet computes: a ' goes before what starts like a formula, after blanks too."""
    clean = " ".join(plain(text).split("\n"))
    is_formula = text.startswith(_FORMULA_STARTS) or clean.lstrip().startswith(_FORMULA_STARTS)
    return f"'{clean}" if is_formula else clean


def _points(points: Decimal | None) -> str:
    return "" if points is None else f"{points:.2f}"
