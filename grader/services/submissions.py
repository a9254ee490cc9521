"""Taking uploads, and finding them again."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload, undefer

from assignments.spec import Assignment, Kind
from grader.db import begin_write
from grader.errors import (
    AttemptLimitReached,
    Closed,
    IdempotencyConflict,
    Invalid,
    NotAllowed,
    NotFound,
    Problem,
    TooLarge,
)
from grader.models import Course, CourseAssignment, Enrolment, Grade, Run, RunStatus, Submission, SubmissionFile, User
from grader.policy import access as policy
from grader.policy import attempts, lateness
from grader.policy.access import Viewer
from grader.services import grades, runs
from grader.services.courses import AssignmentAccess, CourseAccess, dates_of
from grader.services.text import can_be_stored, one_line
from grader.services.unpack import CONTRACT_LIMITS, UploadLimits, unpack

MAX_ANSWER_LENGTH = 2_000  # characters; what is typed for a number, an expression, a choice
MAX_WRITTEN_LENGTH = 20_000
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_RACES = 20  # uploads of one person that may collide on an attempt's number before we give up

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Upload:
    """What was handed in at once, as it came."""

    files: Sequence[tuple[str, bytes]] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    origin: str = "web"  # "web" or "api"
    idempotency_key: str | None = None


def accept(
    session: Session,
    access: AssignmentAccess,
    user: User,
    upload: Upload,
    now: dt.datetime,
    *,
    limits: UploadLimits = CONTRACT_LIMITS,
) -> tuple[Submission, bool]:
    """Record an upload as the person's next attempt and queue its first run.

    Lateness is judged by `now`, the moment the server received the upload, so a slow queue costs nobody anything.
    Whatever is refused is refused before anything is written, and costs no attempt. The caller commits.

    Returns:
        The submission, and whether it is new: an upload repeated under its idempotency key returns the first one.

    Raises:
        TooLarge: a file, the upload or its number of files is over the limits.
        FilesRejected: a file cannot be read.
        Invalid: an answer is for no question of the assignment or cannot be stored, or there is nothing to grade.
        NotAllowed: the person may not hand in here.
        Closed: the assignment is not open yet, or not any more.
        AttemptLimitReached: every allowed attempt is used.
        IdempotencyConflict: the key belongs to another upload.
    """
    if not policy.may_submit(access.viewer):
        raise NotAllowed("only people of the course can hand in")
    _require_key(upload.idempotency_key)
    _require_sizes(upload.files, limits)
    answers = _clean_answers(access.spec, upload.answers)
    _require_something(access.spec, upload.files, answers)
    if upload.files:
        unpack(upload.files, access.spec.slug, limits)
    digest = _digest(access, upload.files, answers)

    begin_write(session)
    for _ in range(_RACES):
        repeated = _repeated(session, user, upload.idempotency_key, digest)
        if repeated is not None:
            return repeated, False
        _require_open(access, now)
        submission = _new(access, user, upload, _next_attempt(session, access, user), now)
        submission.answers, submission.content_digest = answers, digest
        submission.variant = dict(access.numbers) if access.numbers else None
        try:
            # Two uploads may race for one number or one key; the unique constraints let a single one win.
            with session.begin_nested():
                session.add(submission)
        except IntegrityError:
            continue
        run = runs.queue_run(session, submission, now)
        log.info(
            "submission_accepted",
            submission_id=submission.id,
            run_id=run.id,
            assignment=access.spec.slug,
            attempt=submission.attempt,
            late_s=submission.late_s,
        )
        return submission, True
    raise Invalid("too many of your uploads arrived at the same moment; send this one again")


def _require_key(key: str | None) -> None:
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise Invalid(
            "an idempotency key has 1 to 200 visible ASCII characters",
            errors=[Problem("Idempotency-Key", "must have 1 to 200 visible ASCII characters")],
        )


def _require_sizes(files: Sequence[tuple[str, bytes]], limits: UploadLimits) -> None:
    if len(files) > limits.files:
        raise TooLarge(f"{len(files)} files were sent; at most {limits.files} are taken")
    for name, content in files:
        if len(content) > limits.file_bytes:
            hint = ""
            if name.lower().endswith(".ipynb"):
                hint = ". Clear its outputs in Jupyter and save it: the pictures in it need most of the room"
            raise TooLarge(
                f"{one_line(name, 60)} has {len(content):,} bytes; a file may have {limits.file_bytes:,}{hint}",
                errors=[Problem(one_line(name, 60), f"has more than {limits.file_bytes:,} bytes")],
            )
    total = sum(len(content) for _, content in files)
    if total > limits.upload_bytes:
        raise TooLarge(f"the files have {total:,} bytes together; an upload may have {limits.upload_bytes:,}")


def _clean_answers(spec: Assignment, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers that were filled in, as typed; refuse those no field of the assignment takes."""
    fields = {question.id: question for question in spec.fields}
    problems = []
    clean = {}
    for question_id, text in answers.items():
        question = fields.get(question_id)
        shown = f"answers.{one_line(question_id, 60)}"
        if question is None:
            known = ", ".join(fields) or "none"
            problems.append(Problem(shown, f"is not a field of this assignment; its fields are: {known}"))
            continue
        limit = MAX_WRITTEN_LENGTH if question.kind is Kind.WRITTEN else MAX_ANSWER_LENGTH
        if len(text) > limit:
            problems.append(Problem(shown, f"has {len(text):,} characters; at most {limit:,} are taken"))
        elif not can_be_stored(text):
            problems.append(Problem(shown, "has characters that are no text"))
        elif text.strip():
            clean[question_id] = text
    if problems:
        raise Invalid("; ".join(f"{problem.field} {problem.detail}" for problem in problems[:5]), errors=problems)
    return clean


def _require_something(spec: Assignment, files: Sequence[tuple[str, bytes]], answers: Mapping[str, str]) -> None:
    if files and not spec.code_questions:
        raise Invalid(
            f"{spec.title} has no question that is answered by code; type the answers instead of uploading files",
            errors=[Problem("file", "this assignment takes typed answers only")],
        )
    if not files and not answers:
        expected = " and ".join(
            [*(["a file"] if spec.code_questions else []), *(["an answer in a field"] if spec.fields else [])]
        )
        raise Invalid(f"there is nothing to grade in this upload; expected {expected}")


def _digest(access: AssignmentAccess, files: Sequence[tuple[str, bytes]], answers: Mapping[str, str]) -> str:
    """Return the SHA-256 of what was handed in and for what; lengths keep neighbours apart."""
    digest = hashlib.sha256()
    texts = [(key, text.encode()) for key, text in sorted(answers.items())]
    for kind, items in (("for", [(str(access.course_assignment.id), b"")]), ("file", files), ("answer", texts)):
        for name, content in items:
            digest.update(f"{kind}\0{name}\0{len(content)}\0".encode("utf-8", "surrogatepass"))
            digest.update(content)
    return digest.hexdigest()


def _repeated(session: Session, user: User, key: str | None, digest: str) -> Submission | None:
    if key is None:
        return None
    found = session.scalar(
        select(Submission).where(Submission.user_id == user.id, Submission.idempotency_key == key).options(*_LOADED)
    )
    if found is not None and found.content_digest != digest:
        raise IdempotencyConflict(
            f"this idempotency key belongs to submission {found.id}, which has other content; use a new key",
            errors=[Problem("Idempotency-Key", "was used for another upload")],
        )
    return found


def _require_open(access: AssignmentAccess, now: dt.datetime) -> None:
    dates = access.dates
    state = lateness.state(dates, now)
    if access.is_staff:
        return  # who teaches the course may try an assignment at any time
    if state is lateness.State.UPCOMING and dates.opens_at is not None:
        raise Closed(f"{access.spec.title} opens at {_local(dates.opens_at, access.course)}; nothing was handed in")
    if state is lateness.State.CLOSED and dates.closes_at is not None:
        raise Closed(
            f"{access.spec.title} closed at {_local(dates.closes_at, access.course)}; this upload arrived at "
            f"{_local(now, access.course)} and was not handed in"
        )


def _local(moment: dt.datetime, course: Course) -> str:
    """Return a moment by the course's own clock."""
    return f"{moment.astimezone(ZoneInfo(course.timezone)):%Y-%m-%d %H:%M:%S} ({course.timezone})"


def _next_attempt(session: Session, access: AssignmentAccess, user: User) -> int:
    limit = access.course_assignment.attempt_limit
    used, last = grades.attempts_so_far(session, access.course_assignment.id, user.id)
    if not access.is_staff and not attempts.has_one_left(limit, used):
        raise AttemptLimitReached(
            f"all {limit} attempts for {access.spec.title} are used; what you handed in before still counts"
        )
    return last + 1


def _new(access: AssignmentAccess, user: User, upload: Upload, attempt: int, now: dt.datetime) -> Submission:
    return Submission(
        assignment_id=access.course_assignment.id,
        assignment=access.course_assignment,
        user_id=user.id,
        user=user,
        attempt=attempt,
        received_at=now,
        late_s=lateness.late_s(dates_of(access.course_assignment), now),
        idempotency_key=upload.idempotency_key,
        origin=upload.origin,
        files=[
            SubmissionFile(
                position=position,
                name=name,
                sha256=hashlib.sha256(content).hexdigest(),
                size=len(content),
                content=content,
            )
            for position, (name, content) in enumerate(upload.files)
        ],
        runs=[],
    )


_LOADED = (
    joinedload(Submission.assignment).joinedload(CourseAssignment.course),
    joinedload(Submission.user),
    selectinload(Submission.files),
)


def find(session: Session, user: User, submission_id: str) -> Submission:
    """Return a submission with its assignment, course, owner and list of files.

    Raises:
        NotFound: there is none, or it is not for this person to know of.
    """
    row = session.execute(
        select(Submission, Enrolment.role)
        .join(Submission.assignment)
        .join(CourseAssignment.course)
        .outerjoin(Enrolment, (Enrolment.course_id == Course.id) & (Enrolment.user_id == user.id))
        .where(Submission.id == submission_id)
        .options(
            contains_eager(Submission.assignment).contains_eager(CourseAssignment.course),
            joinedload(Submission.user),
            selectinload(Submission.files),
        )
    ).one_or_none()
    if row is None or not policy.may_see_submission(Viewer(user.id, user.is_admin, row[1]), row[0].user_id):
        raise NotFound(f'there is no submission "{one_line(submission_id, 40)}" for you')
    return row[0]


def history(session: Session, access: AssignmentAccess, user: User) -> list[Submission]:
    """Return a person's submissions for an assignment with their runs, newest first."""
    return list(
        session.scalars(
            select(Submission)
            .where(Submission.assignment_id == access.course_assignment.id, Submission.user_id == user.id)
            .options(*_LOADED, selectinload(Submission.runs))
            .order_by(Submission.attempt.desc())
        )
    )


@dataclass(frozen=True)
class Listed:
    """A submission in a list: the run that speaks for it, and whether it is the one that counts."""

    submission: Submission
    run: Run | None
    counts: bool


@dataclass(frozen=True)
class Page:
    """Part of a list, and whether more follows."""

    items: tuple[Listed, ...]
    has_more: bool


def page(
    session: Session, access: CourseAccess, *, assignment: str = "", student: str = "", before: str = "", limit: int
) -> Page:
    """Return a course's submissions, newest first: a student's own, for staff everybody's.

    Args:
        session: open.
        access: the person's way into the course.
        assignment: only that assignment's; "" for all.
        student: only that email's; "" for all. Students see their own, whatever they ask for.
        before: only those older than the submission of that id; "" from the newest on.
        limit: most items.
    """
    query = (
        select(Submission)
        .join(Submission.assignment)
        .where(CourseAssignment.course_id == access.course.id)
        .options(
            contains_eager(Submission.assignment).contains_eager(CourseAssignment.course),
            joinedload(Submission.user),
            selectinload(Submission.runs).defer(Run.stdout),
        )
        .join(CourseAssignment.course)
        .order_by(Submission.id.desc())
        .limit(limit + 1)
    )
    if not access.is_staff:
        query = query.where(Submission.user_id == access.user.id)
    if student:
        query = query.where(Submission.user_id.in_(select(User.id).where(User.email == student.strip().lower())))
    if assignment:
        query = query.where(CourseAssignment.slug == assignment)
    if before:
        query = query.where(Submission.id < before)
    found = list(session.scalars(query))
    ids = [submission.id for submission in found]
    counting = set(session.scalars(select(Grade.submission_id).where(Grade.submission_id.in_(ids))))
    items = (Listed(each, speaking(each.runs), each.id in counting) for each in found[:limit])
    return Page(tuple(items), has_more=len(found) > limit)


def speaking(runs_of_one: Sequence[Run]) -> Run | None:
    """Return the run that speaks for a submission: the last graded one, else the last one."""
    graded = [run for run in runs_of_one if run.status == RunStatus.GRADED]
    return max(graded or runs_of_one, key=lambda run: run.number, default=None)


def file(session: Session, user: User, submission_id: str, name: str) -> SubmissionFile:
    """Return one file of a submission, with its content.

    Raises:
        NotFound: there is no such submission or file, or it is not for this person to know of.
    """
    submission = find(session, user, submission_id)
    found = session.scalar(
        select(SubmissionFile)
        .where(SubmissionFile.submission_id == submission.id, SubmissionFile.name == name)
        .options(undefer(SubmissionFile.content))
    )
    if found is None:
        raise NotFound(f'the submission has no file "{one_line(name, 60)}"')
    return found
