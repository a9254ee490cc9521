"""Every refusal of the service, each with what a person or a program needs to go on.

GraderError
├── BadRequest               400  the request itself cannot be read
├── NotAuthenticated         401  no token, or one that is not valid (any more)
│   └── BadLogin             401  email and password do not belong together
├── NotAllowed               403  known, but not allowed to do this
│   └── Closed               403  not open yet, or not any more
├── NotFound                 404  not there, or not for this person to know
├── AttemptLimitReached      409  every attempt is used
├── NumbersChanged           409  the form was filled in for other numbers than the student has now
├── TooLarge                 413  more bytes or parts than we take
├── WrongType                415  neither multipart nor JSON
├── Invalid                  422  readable, but with fields at fault
│   ├── FilesRejected        422  files that cannot be graded as they are
│   ├── RosterRejected       422  lines of a roster that cannot be taken
│   └── IdempotencyConflict  422  the key was used for something else
├── RateLimited              429  too often; carries when to come back
└── Unavailable              503  the database cannot be reached; carries when to come back

A student's failure in an assignment is a value, never one of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing at fault: the field or file, and what to do about it."""

    field: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """Return the entry of a problem document's `errors`."""
        return {"field": self.field, "detail": self.detail}


class GraderError(Exception):
    """Parent of every refusal.

    Attributes:
        status: HTTP status.
        kind: last part of the problem's `type`; never changes for a given class.
        title: the same words for every refusal of the class.
        detail: what happened here, what was expected, what to do.
        errors: the fields at fault, in the order they were found.
        retry_after_s: seconds until a new try makes sense, or None.
    """

    status = 500
    kind = "error"
    title = "The grader failed"

    def __init__(self, detail: str, *, errors: Sequence[Problem] = (), retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after_s = retry_after_s


class BadRequest(GraderError):
    """The request itself cannot be read."""

    status = 400
    kind = "bad-request"
    title = "The request cannot be read"


class NotAuthenticated(GraderError):
    """There is no token, or it is not valid (any more)."""

    status = 401
    kind = "not-authenticated"
    title = "No valid token"


class BadLogin(NotAuthenticated):
    """Email and password do not belong together; which of the two is wrong is not told."""

    kind = "bad-login"
    title = "Wrong email or password"


class NotAllowed(GraderError):
    """The person is known but may not do this."""

    status = 403
    kind = "not-allowed"
    title = "Not allowed"


class Closed(NotAllowed):
    """The assignment does not take uploads now."""

    kind = "closed"
    title = "The assignment takes no uploads now"


class NotFound(GraderError):
    """It is not there, or not for this person to know."""

    status = 404
    kind = "not-found"
    title = "Not found"


class AttemptLimitReached(GraderError):
    """Every allowed attempt is used."""

    status = 409
    kind = "attempt-limit-reached"
    title = "No attempt left"


class NumbersChanged(GraderError):
    """The answers were typed for other numbers than the statement shows this student now."""

    status = 409
    kind = "numbers-changed"
    title = "The numbers of the statement have changed"


class TooLarge(GraderError):
    """The upload has more bytes or parts than we take."""

    status = 413
    kind = "too-large"
    title = "The upload is too large"


class WrongType(GraderError):
    """The body is of a type we do not read."""

    status = 415
    kind = "wrong-type"
    title = "The type of the upload is not supported"


class Invalid(GraderError):
    """Fields are at fault; `errors` names each."""

    status = 422
    kind = "invalid"
    title = "Some fields cannot be used"


class FilesRejected(Invalid):
    """Files cannot be graded as they are; `errors` names each. No attempt is spent."""

    kind = "files-rejected"
    title = "The files cannot be read"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(" ".join(f"{problem.field}: {problem.detail}" for problem in problems), errors=problems)


class RosterRejected(Invalid):
    """Lines of a roster cannot be taken; `errors` names each line. Nothing was changed."""

    kind = "roster-rejected"
    title = "The roster cannot be read"


class IdempotencyConflict(Invalid):
    """The idempotency key was used before, for another upload."""

    kind = "idempotency-conflict"
    title = "The idempotency key was used for another upload"


class RateLimited(GraderError):
    """Too many requests; `retry_after_s` says when to come back."""

    status = 429
    kind = "rate-limited"
    title = "Too many requests"


class Unavailable(GraderError):
    """The service cannot answer now; nothing was half-written."""

    status = 503
    kind = "unavailable"
    title = "The service cannot answer now"
