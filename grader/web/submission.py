"""One submission: the result as it comes, and what was handed in, for its owner and for staff in a dispute."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, render_template, send_file
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select

from assignments import catalog
from assignments.spec import Assignment, Kind
from grader.errors import NotFound
from grader.extensions import database
from grader.models import Role, Run, RunEvent, Submission, SubmissionFile
from grader.services import courses, results, runs, submissions
from grader.services.courses import AssignmentAccess
from grader.services.text import plain
from grader.web import filters, identity, links, result_view, words

blueprint = Blueprint("submission", __name__, url_prefix="/s/<submission_id>")
blueprint.before_request(identity.require_login)

MAX_SHOWN_BYTES = 256 * 1024
MAX_SHOWN_FILES = 10
_UNFINISHED = frozenset({"queued", "running"})


@dataclass(frozen=True)
class ShownFile:
    """A file of the submission; `text` is None where it is not shown in the page, and `why` says why."""

    name: str
    bytes: int
    sha256: str
    text: str | None
    why: str = ""


@dataclass(frozen=True)
class Answer:
    """What was typed for one question."""

    title: str
    text: str
    is_prose: bool


@dataclass(frozen=True)
class Opened:
    """A submission with what decides how much of it the person sees."""

    submission: Submission
    spec: Assignment
    is_staff: bool
    is_own: bool


@blueprint.get("")
def show(submission_id: str) -> ResponseReturnValue:
    """Show a submission: how far it is while it is not graded, then its result."""
    opened = _open(submission_id)
    submission = opened.submission
    earlier, later = _neighbours(opened)
    return render_template(
        "submission/show.html",
        **_result(opened),
        course=submission.assignment.course,
        spec=opened.spec,
        has_own_numbers=submission.variant is not None,
        owner=None if opened.is_own else submission.user,
        earlier=earlier,
        later=later,
        files=[_shown(file, at) for at, file in enumerate(submission.files)],
        answers=[
            Answer(field.title, plain(str(submission.answers.get(field.id, ""))), field.kind is Kind.WRITTEN)
            for field in opened.spec.fields
        ],
    )


@blueprint.get("/progress")
def progress(submission_id: str) -> Response:
    """Send the part of the page that changes while the submission is graded."""
    parts = _result(_open(submission_id))
    response = make_response(render_template("submission/_result.html", **parts))
    response.headers["X-Submission-Finished"] = "yes" if parts["is_finished"] else "no"
    return response


@blueprint.get("/files/<path:name>")
def file(submission_id: str, name: str) -> Response:
    """Send a file as it was uploaded, always as a download: a browser must never run it in our name."""
    found = submissions.file(database.session, identity.person(), submission_id, name)
    return send_file(
        io.BytesIO(found.content), mimetype="application/octet-stream", as_attachment=True, download_name=found.name
    )


def _open(submission_id: str) -> Opened:
    submission = submissions.find(database.session, identity.person(), submission_id)
    course = submission.assignment.course
    filters.show_times_in(course.timezone)
    try:
        is_staff = courses.find(database.session, identity.person(), course.slug).is_staff
    except NotFound:  # handed in, and left the course since
        is_staff = False
    return Opened(
        submission=submission,
        spec=catalog.with_numbers(submission.assignment.slug, submission.variant),
        is_staff=is_staff,
        is_own=submission.user_id == identity.person().id,
    )


def _result(opened: Opened) -> dict[str, Any]:
    """Return what `_result.html` shows."""
    submission = opened.submission
    result = results.as_json(database.session, submission, links.base_url())
    run = results.speaking_run(database.session, submission.id)
    questions = result_view.question_views(result["questions"])
    is_finished = result["status"] not in _UNFINISHED
    return {
        "result": result,
        "is_finished": is_finished,
        "is_staff": opened.is_staff,
        "is_own": opened.is_own,
        "questions": questions,
        "bar": result_view.score_bar(questions),
        "summary": result_view.summary(result, questions),
        "waiting": result_view.waiting(result),
        "reported": [] if is_finished or run is None else _reported(run),
        "paused": None if is_finished else runs.why_paused(database.session, filters.now()),
        "failure": run.failure if run is not None and opened.is_staff else None,
        "record": _record(opened, run, result),
    }


def _reported(run: Run) -> list[Mapping[str, Any]]:
    rows = database.session.scalars(select(RunEvent).where(RunEvent.run_id == run.id).order_by(RunEvent.number))
    return [{**row.data, "label": words.verdict_label(row.data.get("verdict", ""))} for row in rows]


def _neighbours(opened: Opened) -> tuple[Submission | None, Submission | None]:
    """Return the same person's attempt before this one, and the one after it."""
    submission = opened.submission
    access = AssignmentAccess(
        submission.assignment.course, Role.STUDENT, submission.user, submission.assignment, opened.spec
    )
    attempts = {each.attempt: each for each in submissions.history(database.session, access, submission.user)}
    return attempts.get(submission.attempt - 1), attempts.get(submission.attempt + 1)


def _shown(file_: SubmissionFile, at: int) -> ShownFile:
    name = plain(file_.name)
    text, why = None, ""
    if not file_.name.endswith(".py"):
        why = "only Python files are"
    elif file_.size > MAX_SHOWN_BYTES or at >= MAX_SHOWN_FILES:
        why = "there is too much of it"
    else:
        text = plain(file_.content.decode("utf-8", "replace"))
    return ShownFile(name, file_.size, file_.sha256, text, why)


def _record(opened: Opened, run: Run | None, result: Mapping[str, Any]) -> list[tuple[str, str | Markup]]:
    """Return how a result came about, as names and values: what a dispute is settled with."""
    if run is None:
        return []
    submission = opened.submission
    code = Markup('<span class="mono">{}</span>').format
    rows: list[tuple[str, str | Markup | None]] = [
        ("Submission", code(submission.id)),
        ("Received", filters.moment(submission.received_at, seconds=True)),
        ("Lateness", words.duration(submission.late_s) if submission.late_s else "on time"),
        ("Handed in through", "a program (API)" if submission.origin == "api" else "the page"),
        ("Run", code(run.id)),
        ("Run number", f"{run.number}, a regrade" if run.is_regrade else str(run.number)),
        ("Assignment version", code(run.assignment_version) if run.assignment_version else None),
        ("Seed of the hidden checks", code(run.seed_id) if run.seed_id else None),
        ("Queued", filters.moment(run.queued_at, seconds=True)),
        ("Started", filters.moment(run.started_at, seconds=True) if run.started_at else None),
        ("Finished", filters.moment(run.finished_at, seconds=True) if run.finished_at else None),
        ("Time taken", f"{result['duration_ms']} ms" if result["duration_ms"] is not None else None),
        ("Sandbox", run.sandbox if opened.is_staff else None),
    ]
    return [(name, value) for name, value in rows if value is not None]
