"""The people of a course, from a spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.db import begin_write
from grader.errors import Invalid, NotAllowed, Problem, RosterRejected
from grader.models import Course, Enrolment, Role, Section, User
from grader.policy import access as policy
from grader.services import accounts, audit, courses
from grader.services.courses import CourseAccess
from grader.services.text import can_be_stored, one_line

COLUMNS = ("name", "email", "section", "role")
MAX_BYTES = 2 << 20
MAX_LINES = 5_000
_MAX_PROBLEMS = 50
_BATCH = 500  # emails asked for in one query


@dataclass(frozen=True)
class Line:
    """One person of the file."""

    number: int
    name: str
    email: str
    section: str
    role: Role


@dataclass
class Summary:
    """What an import did, or would do."""

    dry_run: bool
    added: list[str] = field(default_factory=list)  # emails new to the course
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    new_accounts: list[str] = field(default_factory=list)
    new_sections: list[str] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)  # email → password of new accounts, when asked for


def import_csv(
    session: Session,
    where: CourseAccess | Course,
    text: str,
    *,
    actor: User | None,
    now: dt.datetime,
    dry_run: bool = False,
    with_passwords: bool = False,
) -> Summary:
    """Add the people of a CSV file to a course and update those who are in it; nobody is removed.

    The first line names the columns `name,email,section,role` in any order; only `email` must be there. A role is
    student (also when empty), assistant or instructor; an empty section or name leaves what is known. Commas,
    semicolons and tabs separate, a byte-order mark is taken. All lines are taken, or none.

    Args:
        session: open; the caller commits.
        where: an instructor's way into the course, or the course itself from the command line.
        text: the file.
        actor: who imports; None for the command line.
        now: aware UTC.
        dry_run: say what would happen and write nothing.
        with_passwords: give new accounts a random password, returned once in the summary; else they have none.

    Raises:
        NotAllowed: the person is not an instructor.
        RosterRejected: lines cannot be taken; each is named by its number.
    """
    if isinstance(where, CourseAccess):
        if not policy.may_change_roster(where.viewer):
            raise NotAllowed("the roster is for the course's instructors")
        course = where.course
    else:
        course = where
    lines = parse(text)
    begin_write(session)
    summary = Summary(dry_run=dry_run)
    users = _users(session, [line.email for line in lines])
    enrolments = {
        enrolment.user_id: enrolment
        for enrolment in session.scalars(select(Enrolment).where(Enrolment.course_id == course.id))
    }
    sections = {
        section.name: section for section in session.scalars(select(Section).where(Section.course_id == course.id))
    }
    names = {section.id: name for name, section in sections.items()}
    for line in lines:
        if line.section and line.section not in sections and line.section not in summary.new_sections:
            summary.new_sections.append(line.section)
        user = users.get(line.email)
        enrolment = enrolments.get(user.id) if user is not None else None
        if user is None:
            summary.new_accounts.append(line.email)
        if enrolment is None:
            summary.added.append(line.email)
        elif _differs(line, enrolment, user, names):
            summary.changed.append(line.email)
        else:
            summary.unchanged += 1
            continue
        if not dry_run:
            if user is None:
                user = _new_account(session, line, summary, now, with_passwords=with_passwords)
            elif line.name and enrolment is not None:
                user.name = line.name  # only people already in the course: its teachers may not rename strangers
            section = line.section or (names.get(enrolment.section_id or 0, "") if enrolment is not None else "")
            courses.enrol(session, course, user, line.role, section=section)
    if not dry_run:
        detail = {
            "added": len(summary.added),
            "changed": len(summary.changed),
            "unchanged": summary.unchanged,
            "new_accounts": len(summary.new_accounts),
        }
        audit.record(
            session,
            actor_id=actor.id if actor else None,
            course_id=course.id,
            action="roster.imported",
            subject=course.slug,
            detail=detail,
            now=now,
        )
    return summary


def _users(session: Session, emails: list[str]) -> dict[str, User]:
    found: dict[str, User] = {}
    for start in range(0, len(emails), _BATCH):
        for user in session.scalars(select(User).where(User.email.in_(emails[start : start + _BATCH]))):
            found[user.email] = user
    return found


def _differs(line: Line, enrolment: Enrolment, user: User | None, names: dict[int, str]) -> bool:
    section = names.get(enrolment.section_id, "") if enrolment.section_id is not None else ""
    renamed = bool(line.name) and user is not None and user.name != line.name
    return renamed or enrolment.role != line.role or bool(line.section and line.section != section)


def _new_account(session: Session, line: Line, summary: Summary, now: dt.datetime, *, with_passwords: bool) -> User:
    password = accounts.new_password() if with_passwords else None
    if password is not None:
        summary.passwords[line.email] = password
    return accounts.create_user(session, line.email, line.name, password, now=now)


def parse(text: str) -> list[Line]:
    """Return the people of a roster file.

    Raises:
        RosterRejected: the file has no `email` column, no line, or lines that cannot be taken.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES or not can_be_stored(text):
        raise RosterRejected(f"the roster must be text of at most {MAX_BYTES >> 20} MiB")
    header, _, _ = text.partition("\n")
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise RosterRejected(
            f"line {reader.line_num} cannot be read: {error}",
            errors=[Problem(f"line {reader.line_num}", str(error))],
        ) from error
    if not rows:
        raise RosterRejected(f"the roster is empty; its first line must name the columns {','.join(COLUMNS)}")
    columns = [cell.strip().lower() for cell in rows[0][1]]
    unknown = [column for column in columns if column not in COLUMNS]
    if "email" not in columns or unknown or len(set(columns)) != len(columns):
        named = ", ".join(one_line(column, 30) or "(nothing)" for column in columns)
        raise RosterRejected(
            f"the first line names the columns {named}; expected {', '.join(COLUMNS)}, each once, at least email",
            errors=[Problem("line 1", "must name the columns")],
        )
    if len(rows) - 1 > MAX_LINES:
        raise RosterRejected(f"the roster has {len(rows) - 1:,} people; at most {MAX_LINES:,} are taken at once")
    return _lines(columns, rows[1:])


def _lines(columns: list[str], rows: list[tuple[int, list[str]]]) -> list[Line]:
    lines: list[Line] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for number, row in rows:
        try:
            line = _line(number, columns, row)
        except Invalid as error:
            problems.append(Problem(f"line {number}", error.detail))
            continue
        if line.email in seen:
            problems.append(Problem(f"line {number}", f"{line.email} is in line {seen[line.email]} already"))
            continue
        seen[line.email] = number
        lines.append(line)
    if problems:
        shown = "; ".join(f"{problem.field}: {problem.detail}" for problem in problems[:3])
        more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise RosterRejected(f"nothing was imported: {shown}{more}", errors=problems[:_MAX_PROBLEMS])
    return lines


def _line(number: int, columns: list[str], row: list[str]) -> Line:
    if len(row) > len(columns):
        raise Invalid(f"has {len(row)} fields, the first line names {len(columns)}")
    cells = dict(zip(columns, row, strict=False))
    role = cells.get("role", "").strip().lower() or Role.STUDENT
    if role not in set(Role):
        raise Invalid(f'has the role "{one_line(role, 30)}"; expected {", ".join(Role)}')
    return Line(
        number=number,
        name=one_line(cells.get("name", ""), accounts.MAX_NAME_LENGTH),
        email=accounts.normalised_email(cells.get("email", "")),
        section=one_line(cells.get("section", ""), 60),
        role=Role(role),
    )
