"""What a person may read of a submission, as data, for API, pages and terminal: built here and nowhere else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from assignments.verdict import CheckResult, QuestionResult, Report
from grader.models import CheckRow, Grade, QuestionRow, Run, RunStatus, Submission
from grader.policy import attempts, scoring
from grader.services import curves, grades, runs
from grader.services.reports import report_text
from grader.services.text import plain

__all__ = [
    "as_json",
    "as_text",
    "iso",
    "links",
    "question_json",
    "queue_place",
    "report_json",
    "report_text",
    "speaking_run",
]

_RECENT_RUNS = 20
_DEFAULT_RUN_S = 1.0


def as_json(session: Session, submission: Submission, base_url: str) -> dict[str, Any]:
    """Return a submission as the public contract spells it; whoever asks has been allowed to.

    Besides what the contract lists there are `answers` as typed, `variant` (the student's own numbers that were
    answered, or null), `notes` on the upload, the `curves` of a question, and `queue` (place, estimate in seconds)
    while it waits.

    Args:
        session: open.
        submission: with its assignment and course.
        base_url: address of the service, without a slash at the end.
    """
    run = speaking_run(session, submission.id)
    assignment = submission.assignment
    status = RunStatus(run.status) if run is not None else RunStatus.QUEUED
    is_graded = run is not None and status is RunStatus.GRADED
    limit = assignment.attempt_limit
    left = None
    if limit is not None:
        left = attempts.left(limit, grades.attempts_used(session, assignment.id, submission.user_id))
    counting = session.scalar(
        select(Grade.submission_id).where(Grade.assignment_id == assignment.id, Grade.user_id == submission.user_id)
    )
    document: dict[str, Any] = {
        "id": submission.id,
        "course": assignment.course.slug,
        "assignment": assignment.slug,
        "attempt": submission.attempt,
        "received_at": iso(submission.received_at),
        "late_s": submission.late_s,
        "files": [{"name": file.name, "sha256": file.sha256, "bytes": file.size} for file in submission.files],
        "answers": dict(submission.answers),
        "variant": submission.variant,
        "status": str(status),
        "counts": counting == submission.id,
        "attempts_left": left,
        "score": None,
        "max_score": None,
        "penalty": None,
        "grade": None,
        "questions": [],
        "stdout": "",
        "notes": [],
        "duration_ms": None,
        "run": None,
        "links": links(submission, base_url),
    }
    if run is not None:
        document["run"] = {"id": run.id, "assignment_version": run.assignment_version, "seed_id": run.seed_id}
        document["notes"] = [plain(str(note)) for note in run.notes]
    if run is not None and is_graded:
        document.update(_outcome(session, submission, run))
    elif run is not None and status is RunStatus.FAILED:
        document["notes"].append(
            f"The grader failed, not your code. Attempt {submission.attempt} was given back and staff have been told "
            f"(run {run.id})."
        )
    elif run is not None and status is RunStatus.QUEUED:
        place, estimate_s = queue_place(session, run)
        document["queue"] = {"place": place, "estimate_s": estimate_s}
    return document


def links(submission: Submission, base_url: str) -> dict[str, str]:
    """Return the addresses of a submission."""
    own = f"{base_url}/api/v1/submissions/{submission.id}"
    return {"self": own, "events": f"{own}/events", "html": f"{base_url}/s/{submission.id}"}


def as_text(session: Session, submission: Submission, base_url: str) -> str:
    """Return the same as a report for a terminal."""
    return report_text(as_json(session, submission, base_url))


def speaking_run(session: Session, submission_id: str) -> Run | None:
    """Return the run that speaks for a submission, read anew: the last graded one, else the last one.

    A regrade under way changes nothing until it is done.
    """
    found = session.scalars(
        select(Run)
        .where(Run.submission_id == submission_id)
        .order_by((Run.status == RunStatus.GRADED).desc(), Run.number.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return found.first()


# As plain rows: there may be hundreds, and as objects they cost several times as much.
_CHECKS = (
    select(
        CheckRow.question_row_id,
        CheckRow.name,
        CheckRow.is_visible,
        CheckRow.verdict,
        CheckRow.message,
        CheckRow.input,
        CheckRow.got,
        CheckRow.expected,
    )
    .join(CheckRow.question)
    .where(QuestionRow.run_id == bindparam("run_id"))
    .order_by(CheckRow.question_row_id, CheckRow.position)
)


def _stored_questions(session: Session, run_id: str) -> list[dict[str, Any]]:
    """Return a graded run's questions with their checks, in order."""
    checks: dict[int, list[dict[str, Any]]] = {}
    for row in session.execute(_CHECKS, {"run_id": run_id}):
        checks.setdefault(row.question_row_id, []).append(_check(row))
    questions = select(QuestionRow).where(QuestionRow.run_id == run_id).order_by(QuestionRow.position)
    found = session.scalars(questions.execution_options(populate_existing=True))
    return [_question_row(row, checks.get(row.id, [])) for row in found]


def _outcome(session: Session, submission: Submission, run: Run) -> dict[str, Any]:
    score = run.score if run.score is not None else Decimal(0)
    max_score = run.max_score if run.max_score is not None else Decimal(0)
    attempt = scoring.Attempt(submission.id, submission.attempt, score, max_score, submission.late_s)
    standing = scoring.standing(attempt, submission.assignment.late_fraction_per_day)
    return {
        "score": _points(score),
        "max_score": _points(max_score),
        "penalty": _points(standing.penalty),
        "grade": _points(standing.grade),
        "questions": _stored_questions(session, run.id),
        "stdout": plain(run.stdout),
        "duration_ms": run.duration_ms,
    }


def _question_row(row: QuestionRow, checks: list[dict[str, Any]]) -> dict[str, Any]:
    return _question(
        question_id=row.question_id,
        title=row.title,
        score=row.score,
        max_score=row.max_score,
        is_bonus=row.is_bonus,
        verdict=row.verdict,
        mistake=row.mistake,
        feedback=row.feedback,
        checks=checks,
        drawn=row.curves,
    )


def question_json(result: QuestionResult) -> dict[str, Any]:
    """Return a question's result, before it is stored, as the contract spells it."""
    return _question(
        question_id=result.id,
        title=result.title,
        score=result.score,
        max_score=result.max_score,
        is_bonus=result.is_bonus,
        verdict=result.verdict,
        mistake=result.mistake,
        feedback=result.feedback,
        checks=[_check(check) for check in result.checks],
        drawn=[asdict(curve) for curve in result.curves],
    )


def _question(
    *,
    question_id: str,
    title: str,
    score: Decimal,
    max_score: Decimal,
    is_bonus: bool,
    verdict: str,
    mistake: str | None,
    feedback: Sequence[Any],
    checks: list[dict[str, Any]],
    drawn: Sequence[Any],
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": question_id,
        "title": title,
        "score": _points(score),
        "max_score": _points(max_score),
        "is_bonus": is_bonus,
        "verdict": str(verdict),
        "mistake": mistake,
        "feedback": [plain(str(line)) for line in feedback],
        "checks": checks,
    }
    if drawn:
        document["curves"] = [_curve(curve) for curve in drawn]
    return document


def _check(check: Row[*tuple[Any, ...]] | CheckResult) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": check.name,
        "visible": check.is_visible,
        "verdict": str(check.verdict),
        "message": plain(check.message),
    }
    if check.is_visible:  # a hidden check carries none of the three, not even as null
        texts = {"input": check.input, "got": check.got, "expected": check.expected}
        document.update({key: plain(text) for key, text in texts.items() if text is not None})
    return document


def _curve(curve: Mapping[str, Any]) -> dict[str, Any]:
    """Return a curve that JSON can carry, with what it shows in words."""
    title, x_label, y_label = (plain(str(curve.get(key, ""))) for key in ("title", "x_label", "y_label"))
    student, reference = (curves.finite(curve.get(key, ())) for key in ("student", "reference"))
    return {
        "title": title,
        "x_label": x_label,
        "y_label": y_label,
        "student": student,
        "reference": reference,
        "says": curves.says(student, reference, x_label or "step"),
    }


def report_json(report: Report) -> dict[str, Any]:
    """Return a run that was graded without a database, in the same words as a submission."""
    return {
        "assignment": report.assignment,
        "status": "graded",
        "score": _points(report.score),
        "max_score": _points(report.max_score),
        "questions": [question_json(question) for question in report.questions],
        "stdout": plain(report.stdout),
        "notes": [plain(note) for note in report.notes],
        "duration_ms": report.duration_ms,
        "run": {"assignment_version": report.assignment_version, "seed_id": report.seed_id},
    }


def queue_place(session: Session, run: Run) -> tuple[int, float]:
    """Return a waiting run's place, 1 for the next one, and the seconds until its result, by the pace of late."""
    place = runs.queue_position(session, run) + 1
    recent = (
        select(Run.duration_ms)
        .where(Run.status == RunStatus.GRADED, Run.duration_ms.is_not(None))
        .order_by(Run.id.desc())
        .limit(_RECENT_RUNS)
        .subquery()
    )
    mean_ms = session.scalar(select(func.avg(recent.c.duration_ms)))
    running = session.scalar(select(func.count()).select_from(Run).where(Run.status == RunStatus.RUNNING)) or 0
    run_s = float(mean_ms) / 1000 if mean_ms is not None else _DEFAULT_RUN_S
    return place, round(place * run_s / max(1, running), 1)


def iso(moment: dt.datetime) -> str:
    """Return a moment as the contract writes it: UTC, with a Z."""
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _points(points: Decimal) -> float:
    return float(points)
