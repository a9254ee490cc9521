"""Courses and their assignments, as one person may see them."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assignments import catalog, variants
from assignments.spec import Assignment
from grader.db import begin_write
from grader.errors import Invalid, NotFound, Problem
from grader.models import Course, CourseAssignment, Enrolment, Grade, Role, Run, RunStatus, Section, Submission, User
from grader.policy import access as policy
from grader.policy import attempts, lateness
from grader.policy.access import Viewer
from grader.services import audit, runs
from grader.services.text import one_line

_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


@dataclass(frozen=True)
class CourseAccess:
    """One person in one course, already found to be allowed in. An administrator counts as an instructor."""

    course: Course
    role: Role
    user: User
    section: Section | None = None

    @property
    def viewer(self) -> Viewer:
        """The person as the policies see them."""
        return Viewer(self.user.id, self.user.is_admin, self.role)

    @property
    def is_staff(self) -> bool:
        """Whether the person teaches the course, or runs the service."""
        return self.viewer.is_staff


@dataclass(frozen=True)
class AssignmentAccess:
    """One person before one assignment of a course."""

    course: Course
    role: Role
    user: User
    course_assignment: CourseAssignment
    spec: Assignment  # with this person's numbers in its text
    numbers: variants.Numbers | None = None  # the person's own; None: the statement's

    @property
    def viewer(self) -> Viewer:
        """The person as the policies see them."""
        return Viewer(self.user.id, self.user.is_admin, self.role)

    @property
    def is_staff(self) -> bool:
        """Whether the person teaches the course, or runs the service."""
        return self.viewer.is_staff

    @property
    def dates(self) -> lateness.Dates:
        """The dates that hold for this person."""
        return dates_of(self.course_assignment)


@dataclass(frozen=True)
class CourseCard:
    """A course as it is listed for one person."""

    course: Course
    role: Role
    num_open: int  # assignments that take uploads now
    next_due_at: dt.datetime | None


@dataclass(frozen=True)
class AssignmentCard:
    """An assignment as it is listed for one person, with how they stand."""

    course_assignment: CourseAssignment
    spec: Assignment
    is_published: bool
    state: lateness.State
    attempts: int  # used
    attempts_left: int | None  # None: no limit
    score: Decimal | None  # of the attempt that counts, before lateness
    penalty: Decimal
    grade: Decimal | None
    max_score: Decimal
    submission_id: str | None  # the latest one
    counting_submission_id: str | None
    status: RunStatus | None  # of the latest submission
    pending: int  # answers of the submission that counts which wait for a teacher

    @property
    def slug(self) -> str:
        """The assignment's slug."""
        return self.spec.slug

    @property
    def title(self) -> str:
        """The assignment's title."""
        return self.spec.title

    @property
    def due_at(self) -> dt.datetime | None:
        """When it is due."""
        return self.course_assignment.due_at


def dates_of(assignment: CourseAssignment) -> lateness.Dates:
    """Return an assignment's dates as the late policy reads them."""
    return lateness.Dates(
        opens_at=assignment.opens_at,
        due_at=assignment.due_at,
        closes_at=assignment.closes_at,
        grace_s=assignment.grace_s,
        late_fraction_per_day=assignment.late_fraction_per_day,
    )


def of(session: Session, user: User, now: dt.datetime | None = None) -> list[CourseCard]:
    """Return the person's courses, newest first; every course for an administrator."""
    now = now or dt.datetime.now(dt.UTC)
    enrolled = select(Course, Enrolment.role).join(Enrolment, Enrolment.course_id == Course.id)
    roles = {
        course.id: (course, Role(role))
        for course, role in session.execute(enrolled.where(Enrolment.user_id == user.id))
    }
    if user.is_admin:
        for course in session.scalars(select(Course)):
            roles[course.id] = (course, Role.INSTRUCTOR)
    assignments = session.scalars(select(CourseAssignment).where(CourseAssignment.course_id.in_(roles))).all()
    cards = []
    for course, role in sorted(roles.values(), key=lambda each: each[0].id, reverse=True):
        viewer = Viewer(user.id, user.is_admin, role)
        visible = [
            each
            for each in assignments
            if each.course_id == course.id and policy.may_see_assignment(viewer, each.published_at, now)
        ]
        due = [each.due_at for each in visible if each.due_at is not None and each.due_at >= now]
        taking = (lateness.State.OPEN, lateness.State.LATE)
        num_open = sum(lateness.state(dates_of(each), now) in taking for each in visible)
        cards.append(CourseCard(course, role, num_open, min(due, default=None)))
    return cards


def find(session: Session, user: User, slug: str) -> CourseAccess:
    """Return the person's way into a course.

    Raises:
        NotFound: there is no such course, or the person is not in it.
    """
    row = session.execute(
        select(Course, Enrolment.role, Section)
        .outerjoin(Enrolment, (Enrolment.course_id == Course.id) & (Enrolment.user_id == user.id))
        .outerjoin(Section, Section.id == Enrolment.section_id)
        .where(Course.slug == slug)
    ).one_or_none()
    if row is None or not policy.may_see_course(Viewer(user.id, user.is_admin, row[1])):
        raise NotFound(f'there is no course "{one_line(slug, 40)}" for you')
    course, role, section = row
    return CourseAccess(course, Role.INSTRUCTOR if user.is_admin else Role(role), user, section)


def assignment(session: Session, access: CourseAccess, slug: str, now: dt.datetime | None = None) -> AssignmentAccess:
    """Return the person's way to an assignment.

    Raises:
        NotFound: the course does not give it out, or has not published it to this person yet.
    """
    row = session.scalar(
        select(CourseAssignment).where(CourseAssignment.course_id == access.course.id, CourseAssignment.slug == slug)
    )
    now = now or dt.datetime.now(dt.UTC)
    if row is None or not policy.may_see_assignment(access.viewer, row.published_at, now):
        raise NotFound(f'the course has no assignment "{one_line(slug, 40)}" for you')
    numbers = own_numbers(access, catalog.load(row.slug))
    spec = catalog.with_numbers(row.slug, numbers)
    return AssignmentAccess(access.course, access.role, access.user, row, spec, numbers)


def own_numbers(access: CourseAccess, spec: Assignment) -> variants.Numbers | None:
    """Return a student's own numbers in a course that gives them out; None where the statement's hold, as for staff."""
    if not access.course.has_variants or access.is_staff or not spec.has_variants:
        return None
    return variants.draw(spec.folder, access.course.variant_secret, access.user.id)


def assignment_cards(session: Session, access: CourseAccess, now: dt.datetime) -> list[AssignmentCard]:
    """Return the assignments the person may see, in the course's order, with how they stand; five queries."""
    rows = [
        row
        for row in session.scalars(
            select(CourseAssignment)
            .where(CourseAssignment.course_id == access.course.id)
            .order_by(CourseAssignment.position, CourseAssignment.id)
        )
        if policy.may_see_assignment(access.viewer, row.published_at, now)
    ]
    ids = [row.id for row in rows]
    grades = {
        grade.assignment_id: grade
        for grade in session.scalars(select(Grade).where(Grade.user_id == access.user.id, Grade.assignment_id.in_(ids)))
    }
    handed_in = _handed_in(session, access.user.id, ids)
    written = {row.id for row in rows if catalog.load(row.slug).has_written}
    to_mark = [grade.submission_id for grade in grades.values() if grade.assignment_id in written]
    pending = runs.pending_questions(session, [each for each in to_mark if each is not None])
    cards = []
    for row in rows:
        spec = catalog.load(row.slug)
        grade = grades.get(row.id)
        used, submission_id, status = handed_in.get(row.id, (0, None, None))
        cards.append(
            AssignmentCard(
                course_assignment=row,
                spec=spec,
                is_published=row.published_at is not None and row.published_at <= now,
                state=lateness.state(dates_of(row), now),
                attempts=used,
                attempts_left=attempts.left(row.attempt_limit, used),
                score=grade.score if grade else None,
                penalty=grade.penalty if grade else Decimal(0),
                grade=grade.grade if grade else None,
                max_score=spec.max_score,
                submission_id=submission_id,
                counting_submission_id=grade.submission_id if grade else None,
                status=status,
                pending=pending.get(grade.submission_id, 0) if grade and grade.submission_id else 0,
            )
        )
    return cards


def _handed_in(session: Session, user_id: int, assignment_ids: list[int]) -> dict[int, tuple[int, str, RunStatus]]:
    """Return, by assignment, the attempts used, the latest submission and the state of its latest run."""
    rows = session.execute(
        select(Submission.assignment_id, Submission.id, Submission.attempt, Run.number, Run.status)
        .join(Run, Run.submission_id == Submission.id)
        .where(Submission.user_id == user_id, Submission.assignment_id.in_(assignment_ids))
        .order_by(Submission.attempt, Run.number)
    )
    counted: dict[int, set[str]] = {}
    latest: dict[int, tuple[str, RunStatus]] = {}
    for assignment_id, submission_id, _attempt, _number, status in rows:
        latest[assignment_id] = (submission_id, RunStatus(status))
        if status != RunStatus.FAILED:
            counted.setdefault(assignment_id, set()).add(submission_id)
    return {key: (len(counted.get(key, ())), *value) for key, value in latest.items()}


def create_course(
    session: Session,
    slug: str,
    title: str,
    *,
    term: str = "",
    timezone: str = "UTC",
    has_variants: bool = False,
    now: dt.datetime,
) -> Course:
    """Add a course without people and assignments; with `has_variants` each student gets numbers of their own.

    Raises:
        Invalid: the slug is taken or none, or the time zone is unknown.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    begin_write(session)
    if len(slug) > 60 or not _SLUG.fullmatch(slug):
        raise Invalid(
            f'"{one_line(slug, 60)}" cannot be part of an address; use small letters, digits and hyphens, as in dl101',
            errors=[Problem("slug", "use small letters, digits and hyphens")],
        )
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(
            f'"{one_line(timezone, 60)}" is not a time zone; expected a name such as Asia/Taipei',
            errors=[Problem("timezone", "is not a known time zone")],
        ) from error
    course = Course(
        slug=slug,
        title=one_line(title) or slug,
        term=one_line(term),
        timezone=timezone,
        variant_secret=secrets.token_hex(32),
        has_variants=has_variants,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(course)
    except IntegrityError as error:
        raise Invalid(f"there is a course {slug} already", errors=[Problem("slug", "is taken")]) from error
    return course


def switch_variants(session: Session, course: Course, *, on: bool, actor_id: int | None, now: dt.datetime) -> bool:
    """Give each student of the course numbers of their own, or everybody the lecture's; False when it was so already.

    What was handed in before keeps the numbers it answers, whenever it is graded again. Switched on again, a student
    gets the same numbers as before.
    """
    begin_write(session)
    if course.has_variants == on:
        return False
    course.has_variants = on
    audit.record(session, actor_id, course.id, "course.variants", course.slug, {"on": on}, now)
    return True


def publish(
    session: Session,
    course: Course,
    slug: str,
    *,
    now: dt.datetime,
    opens_at: dt.datetime | None = None,
    due_at: dt.datetime | None = None,
    closes_at: dt.datetime | None = None,
    attempt_limit: int | None = None,
) -> CourseAssignment:
    """Give an assignment of the pack out in a course, after those it has; one already given out is left as it is.

    Raises:
        Invalid: the pack has no such assignment.
    """
    begin_write(session)
    if slug not in catalog.slugs():
        raise Invalid(
            f'the pack has no assignment "{one_line(slug, 40)}"; it has {", ".join(catalog.slugs())}',
            errors=[Problem("slug", "is not in the pack")],
        )
    found = session.scalar(
        select(CourseAssignment).where(CourseAssignment.course_id == course.id, CourseAssignment.slug == slug)
    )
    if found is not None:
        return found
    last = session.scalar(select(func.max(CourseAssignment.position)).where(CourseAssignment.course_id == course.id))
    row = CourseAssignment(
        course_id=course.id,
        slug=slug,
        position=(last or 0) + 1,
        published_at=now,
        opens_at=opens_at,
        due_at=due_at,
        closes_at=closes_at,
        attempt_limit=attempt_limit,
    )
    session.add(row)
    session.flush()
    return row


def enrol(session: Session, course: Course, user: User, role: Role, *, section: str = "") -> Enrolment:
    """Give a person a role and a section in a course, or change them; a changed role ends their sessions."""
    begin_write(session)
    place = _section(session, course, section) if section else None
    enrolment = session.scalar(select(Enrolment).where(Enrolment.course_id == course.id, Enrolment.user_id == user.id))
    if enrolment is None:
        enrolment = Enrolment(course_id=course.id, user_id=user.id, role=role, section_id=place.id if place else None)
        session.add(enrolment)
    else:
        if enrolment.role != role:
            user.session_version += 1
        enrolment.role = role
        enrolment.section_id = place.id if place else None
    session.flush()
    return enrolment


def _section(session: Session, course: Course, name: str) -> Section:
    found = session.scalar(select(Section).where(Section.course_id == course.id, Section.name == name))
    if found is None:
        found = Section(course_id=course.id, name=name)
        session.add(found)
        session.flush()
    return found
