"""One assignment: its prompt and questions, the hand-in form, and what was handed in before."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from assignments import variants
from grader.api import limits as rates
from grader.api.courses import starter_response
from grader.errors import GraderError, NotFound, NumbersChanged
from grader.extensions import database
from grader.models import RunStatus, Submission
from grader.policy.lateness import State
from grader.services import courses, runs, submissions
from grader.services.courses import AssignmentAccess, AssignmentCard
from grader.services.submissions import Upload
from grader.services.unpack import UploadLimits
from grader.web import filters, identity, links, words
from grader.web.courses import attempts_text, open_course

blueprint = Blueprint("assignment", __name__, url_prefix="/c/<course_slug>/a/<slug>")
blueprint.before_request(identity.require_login)

FIELD_PREFIX = "answers."
STARTER_FORMS = ("py", "ipynb")


@dataclass(frozen=True)
class Values:
    """What the form's fields hold when the page is shown."""

    answers: Mapping[str, str]
    paste: str = ""

    def get(self, question_id: str) -> str:
        """Return what was typed for a question, or nothing."""
        return self.answers.get(question_id, "")


@dataclass(frozen=True)
class PastAttempt:
    """One line of the list of attempts."""

    id: str
    number: int
    received_at: dt.datetime
    is_late: bool
    counts: bool
    label: words.Label
    score: Decimal | None
    max_score: Decimal | None

    @classmethod
    def of(cls, submission: Submission, counting_id: str | None) -> PastAttempt:
        """Return the line for a submission: the score of its newest graded run, the state of its newest run."""
        graded = [run for run in submission.runs if run.status == RunStatus.GRADED]
        newest = submission.runs[-1] if submission.runs else None
        return cls(
            id=submission.id,
            number=submission.attempt,
            received_at=submission.received_at,
            is_late=submission.late_s > 0,
            counts=submission.id == counting_id,
            label=words.status_label(newest.status if newest else "queued"),
            score=graded[-1].score if graded else None,
            max_score=graded[-1].max_score if graded else None,
        )


@blueprint.get("")
def show(course_slug: str, slug: str) -> ResponseReturnValue:
    """Show the assignment; the fields hold what was handed in last."""
    return _page(_open(course_slug, slug), typed=None, refusal=None)


@blueprint.post("")
def submit(course_slug: str, slug: str) -> ResponseReturnValue:
    """Hand in files, pasted code and typed answers at once; when refused, show the form as it was filled in."""
    access = _open(course_slug, slug)
    typed = Values(
        {field.id: _unix(request.form.get(FIELD_PREFIX + field.id, "")) for field in access.spec.fields},
        paste=_unix(request.form.get("paste", "")),
    )
    settings = links.settings()
    user = identity.person()
    try:
        _require_same_numbers(access)
        rates.count("submissions", settings.submission_rate, f"user:{user.id}")  # together with the API's
        submission, _is_new = submissions.accept(
            database.session, access, user, _upload(access, typed), filters.now(), limits=UploadLimits.of(settings)
        )
        database.session.commit()
    except GraderError as refusal:
        database.session.rollback()
        wait = {} if refusal.retry_after_s is None else {"Retry-After": str(refusal.retry_after_s)}
        return _page(access, typed=typed, refusal=refusal), refusal.status, wait
    return redirect(url_for("submission.show", submission_id=submission.id), code=303)


@blueprint.get("/starter")
def starter(course_slug: str, slug: str) -> Response:
    """Send the file students start from; with `?format=ipynb` the same as a notebook."""
    spec = _open(course_slug, slug).spec
    form = request.args.get("format", "py")
    if form not in STARTER_FORMS:
        raise NotFound("this assignment has no starter of that form")
    return starter_response(spec, form)


def _open(course_slug: str, slug: str) -> AssignmentAccess:
    return courses.assignment(database.session, open_course(course_slug), slug, filters.now())


def _require_same_numbers(access: AssignmentAccess) -> None:
    """Refuse answers typed for numbers the page showed before the course switched them.

    Raises:
        NumbersChanged: so it is; nothing was handed in.
    """
    shown_for = request.form.get("numbers")
    if access.spec.has_variants and shown_for not in {None, variants.digest(access.numbers or {})}:
        raise NumbersChanged(
            "The statement had other numbers when this page was opened; your course has switched them since. "
            "Work with the numbers shown above now, and hand in again."
        )


def _unix(text: str) -> str:
    # Browsers send every line end of a form as CR LF.
    return text.replace("\r\n", "\n")


def _upload(access: AssignmentAccess, typed: Values) -> Upload:
    files = [(file.filename, file.read()) for file in request.files.getlist("file") if file.filename]
    if typed.paste.strip():
        files.append((f"{access.spec.slug}.py", typed.paste.encode("utf-8", "replace")))
    answers = {question_id: text for question_id, text in typed.answers.items() if text.strip()}
    return Upload(files=files, answers=answers, origin="web", idempotency_key=_key(files, answers))


def _key(files: Sequence[tuple[str, bytes]], answers: Mapping[str, str]) -> str:
    """Return a key that a double click repeats, but a form changed after Back does not."""
    digest = hashlib.sha256(request.form.get("form_id", "").encode())
    for name, content in (*files, *((name, text.encode()) for name, text in sorted(answers.items()))):
        for part in (name.encode("utf-8", "surrogatepass"), content):
            digest.update(hashlib.sha256(part).digest())
    return f"form-{digest.hexdigest()}"


def _page(access: AssignmentAccess, *, typed: Values | None, refusal: GraderError | None) -> str:
    card = _card(access)
    handed_in = submissions.history(database.session, access, identity.person())
    if typed is None:
        # What was typed for other numbers would only be wrong here.
        is_same = bool(handed_in) and handed_in[0].variant == (dict(access.numbers) if access.numbers else None)
        typed = Values({key: str(text) for key, text in handed_in[0].answers.items()} if is_same else {})
    return render_template(
        "assignment/show.html",
        course=access.course,
        spec=access.spec,
        card=card,
        is_staff=access.is_staff,
        numbers=variants.digest(access.numbers or {}) if access.spec.has_variants else None,
        has_own_numbers=access.numbers is not None,
        students_have_own=access.is_staff and access.course.has_variants and access.spec.has_variants,
        is_open=access.is_staff or (_takes_uploads(card.state) and card.attempts_left != 0),
        state=words.state_label(card.state if card.is_published else "draft"),
        attempts=attempts_text(card.attempts, card.attempts_left),
        rules=_rules(access),
        paused=runs.why_paused(database.session, filters.now()),
        values=typed,
        refusal=refusal,
        history=[PastAttempt.of(submission, card.counting_submission_id) for submission in handed_in],
        upload_limits=links.upload_limits(),
        form_id=links.new_form_id(),
        curl=links.curl_line(access.course.slug, access.spec),
    )


def _card(access: AssignmentAccess) -> AssignmentCard:
    course = courses.find(database.session, access.user, access.course.slug)
    cards = courses.assignment_cards(database.session, course, filters.now())
    return next(card for card in cards if card.slug == access.spec.slug)


def _takes_uploads(state: State) -> bool:
    return state in {State.OPEN, State.LATE}


def _rules(access: AssignmentAccess) -> list[tuple[str, str]]:
    row = access.course_assignment
    rules = [
        ("Attempts", "no limit" if row.attempt_limit is None else str(row.attempt_limit)),
        ("What counts", "the best attempt" if row.counting == "best" else "the last attempt"),
    ]
    if row.due_at is not None:
        percent = words.points(row.late_fraction_per_day * 100)
        rules.append(("Late", f"{percent} % off a day" if row.late_fraction_per_day else "no points off"))
        if row.grace_s:
            rules.append(("Grace", words.duration(row.grace_s)))
    if access.spec.code_questions:
        limits = access.spec.limits
        rules += [
            ("CPU time", f"{words.points(limits.cpu_s)} s a question"),
            ("Memory", f"{limits.memory_mib} MiB"),
            ("Upload", links.upload_limits()),
        ]
    rules.append(("Source", access.spec.source))
    return rules
