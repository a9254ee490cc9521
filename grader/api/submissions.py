"""Handing in, and reading what came of it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from flask import Response, current_app, jsonify, request

from grader.api import auth, limits, reading, waiting
from grader.api.blueprint import Answer, Operation, api, describe
from grader.api.paging import address, base_url, unknown_cursor
from grader.api.schemas import (
    SubmissionForm,
    SubmissionIn,
    SubmissionList,
    SubmissionOut,
    SubmissionsQuery,
    WaitQuery,
)
from grader.extensions import database
from grader.models import RunStatus, Submission
from grader.services import courses, results, submissions
from grader.services.unpack import UploadLimits
from grader.settings import Settings

_ID = re.compile(r"[0-9A-Z]{26}")
_SUBMISSION = {reading.JSON: SubmissionOut, reading.TEXT: None}


@api.post("/courses/<course>/assignments/<slug>/submissions")
@describe(
    Operation(
        summary="Hand in files and answers",
        query=WaitQuery,
        headers={"Idempotency-Key": "the same key and body give the same submission, however often they are sent"},
        body={"multipart/form-data": SubmissionForm, reading.JSON: SubmissionIn},
        answers={
            200: Answer("graded while the request was held, or the answer to a repeated one", _SUBMISSION),
            202: Answer("handed in and queued", _SUBMISSION, {"Location": "the submission's address"}),
        },
        refusals=(400, 403, 406, 409, 413, 415, 422),
    )
)
def submit(course: str, slug: str) -> Response:
    """Take an upload as the next attempt."""
    media = reading.wanted(reading.JSON, reading.TEXT)
    wait_s = reading.query(WaitQuery).wait
    user = auth.user()
    session = database.session
    access = courses.assignment(session, courses.find(session, user, course), slug, auth.now())
    settings: Settings = current_app.config["GRADER_SETTINGS"]
    limits.count("submissions", settings.submission_rate, f"user:{user.id}")
    upload = reading.upload()
    # The moment that decides about lateness: everything has arrived.
    submission, is_new = submissions.accept(session, access, user, upload, auth.now(), limits=UploadLimits.of(settings))
    session.commit()
    document = _document(submission, wait_s)
    response = _answer(document, media)
    response.headers["Location"] = document["links"]["self"]
    is_known = document["status"] in _FINISHED and (wait_s > 0 or not is_new)
    response.status_code = 200 if is_known else 202
    return response


_FINISHED = {RunStatus.GRADED.value, RunStatus.FAILED.value}


@api.get("/submissions/<submission_id>")
@describe(
    Operation(
        summary="Read a submission",
        query=WaitQuery,
        headers={"If-None-Match": "an ETag; 304 when nothing has changed since"},
        answers={
            200: Answer("the submission", _SUBMISSION, {"ETag": "changes when the submission does"}),
            304: Answer("nothing has changed"),
        },
        refusals=(406, 422),
    )
)
def show(submission_id: str) -> Response:
    """Read a submission, held until it is graded where asked for."""
    media = reading.wanted(reading.JSON, reading.TEXT)
    wait_s = reading.query(WaitQuery).wait
    submission = submissions.find(database.session, auth.user(), submission_id)
    return _answer(_document(submission, wait_s), media)


def _document(submission: Submission, wait_s: float) -> dict[str, Any]:
    session = database.session
    if wait_s > 0:
        session.commit()  # gives the connection back while this thread waits
        extensions = current_app.extensions
        waiting.until_finished(extensions["grader_watch"], extensions["grader_slots"], submission.id, wait_s)
    return results.as_json(session, submission, base_url())


def _answer(document: dict[str, Any], media: str) -> Response:
    if media == reading.TEXT:
        response = Response(results.report_text(document), mimetype="text/plain")
    else:
        response = jsonify(document)
    response.headers["Vary"] = "Accept, Authorization, Cookie"
    response.add_etag()
    response.make_conditional(request)
    return response


@api.get("/submissions/<submission_id>/files/<path:name>")
@describe(
    Operation(
        summary="Read a file as it was uploaded, byte for byte",
        answers={200: Answer("the file", {"application/octet-stream": None})},
    )
)
def file(submission_id: str, name: str) -> Response:
    """Send a file as a download: a browser never shows it under our name."""
    found = submissions.file(database.session, auth.user(), submission_id, name)
    response = Response(found.content, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
    response.set_etag(found.sha256)
    response.make_conditional(request)
    return response


@api.get("/courses/<course>/submissions")
@describe(
    Operation(
        summary="List submissions, newest first: one's own, for staff everybody's",
        query=SubmissionsQuery,
        answers={200: Answer("a page of the list", {reading.JSON: SubmissionList})},
        refusals=(406, 422),
    )
)
def list_submissions(course: str) -> Response:
    """List a page of submissions."""
    reading.wanted(reading.JSON)
    query = reading.query(SubmissionsQuery)
    if query.cursor and not _ID.fullmatch(query.cursor):
        raise unknown_cursor()
    session = database.session
    access = courses.find(session, auth.user(), course)
    found = submissions.page(
        session,
        access,
        assignment=query.assignment,
        student=query.student,
        before=query.cursor,
        limit=query.limit,
    )
    following = None
    if found.has_more:
        following = address(cursor=found.items[-1].submission.id)
    return jsonify({"items": [_item(each) for each in found.items], "next": following})


def _item(listed: submissions.Listed) -> dict[str, Any]:
    submission, run = listed.submission, listed.run
    is_graded = run is not None and run.status == RunStatus.GRADED
    return {
        "id": submission.id,
        "assignment": submission.assignment.slug,
        "student": submission.user.email,
        "attempt": submission.attempt,
        "received_at": results.iso(submission.received_at),
        "late_s": submission.late_s,
        "status": str(run.status) if run is not None else RunStatus.QUEUED.value,
        "counts": listed.counts,
        "score": float(run.score) if is_graded and run is not None and run.score is not None else None,
        "max_score": float(run.max_score) if is_graded and run is not None and run.max_score is not None else None,
        "self": results.links(submission, base_url())["self"],
    }
