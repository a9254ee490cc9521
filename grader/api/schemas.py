"""The shapes of requests and answers; requests are read by them, strictly, and the OpenAPI document is made of them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_WAIT_S = 30


class _In(BaseModel):
    """Something a client sends: no coercion, nothing unknown."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Query(BaseModel):
    """A query string: always text, so numbers are read from it; what is unknown is ignored."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class _Out(BaseModel):
    """Something the service answers; more fields may come, none goes."""


# --- requests -----------------------------------------------------------------------------------------------------


class SubmissionIn(_In):
    """An upload as JSON."""

    files: dict[str, str] = Field(default_factory=dict, description="file name → its text")
    answers: dict[str, str] = Field(default_factory=dict, description="question → text as typed")


class SubmissionForm(_In):
    """An upload as a form; answers are further fields named `answers.<question>`."""

    model_config = ConfigDict(extra="allow")

    file: list[bytes] = Field(default_factory=list, description=".py, .ipynb or .zip; may be repeated")


class WaitQuery(_Query):
    """How long to hold the answer."""

    wait: Annotated[float, Field(ge=0, le=MAX_WAIT_S)] = Field(0, description="seconds to hold until it is graded")


class ListQuery(_Query):
    """Which part of a list."""

    limit: Annotated[int, Field(ge=1, le=200)] = Field(50, description="most items in the answer")
    cursor: Annotated[str, Field(max_length=100)] = Field("", description="where to go on; `next` holds it")


class SubmissionsQuery(ListQuery):
    """Which submissions."""

    assignment: Annotated[str, Field(max_length=100)] = Field("", description="only of this assignment")
    student: Annotated[str, Field(max_length=254)] = Field("", description="only of this email; staff only")


class StarterQuery(_Query):
    """Which form of the starter."""

    format: Literal["", "py", "ipynb", "json"] = Field("", description="default: what the request accepts")


class GradebookQuery(_Query):
    """Which part of the gradebook, in which order."""

    section: Annotated[str, Field(max_length=100)] = ""
    search: Annotated[str, Field(max_length=100)] = Field("", description="part of a name or an email")
    sort: Annotated[str, Field(max_length=100)] = Field(
        "name", description="name, email, section, total or an assignment"
    )
    order: Literal["asc", "desc"] = "asc"
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    per_page: Annotated[int, Field(ge=1, le=200)] = 50


# --- answers ------------------------------------------------------------------------------------------------------

VerdictWord = Literal[
    "passed",
    "partial",
    "failed",
    "crashed",
    "timed_out",
    "out_of_memory",
    "missing",
    "invalid",
    "skipped",
    "pending",
    "grader_error",
]
StatusWord = Literal["queued", "running", "graded", "failed"]


class ProblemItem(_Out):
    """One thing at fault."""

    field: str
    detail: str


class ProblemOut(_Out):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemItem] | None = None


class FileOut(_Out):
    """One uploaded file."""

    name: str
    sha256: str
    bytes: int


class CheckOut(_Out):
    """One check; a hidden one carries no input, got or expected."""

    name: str
    visible: bool
    verdict: VerdictWord
    message: str
    input: str | None = None
    got: str | None = None
    expected: str | None = None


class CurveOut(_Out):
    """A series beside the reference's; what is not a finite number is null."""

    title: str
    x_label: str
    y_label: str
    student: list[float | None]
    reference: list[float | None]
    says: str = Field(description="what the student's own series shows, in words")


class QuestionOut(_Out):
    """One question's points and the reasons for them."""

    id: str
    title: str
    score: float
    max_score: float
    is_bonus: bool
    verdict: VerdictWord
    mistake: str | None
    feedback: list[str]
    checks: list[CheckOut]
    curves: list[CurveOut] | None = None


class RunOut(_Out):
    """The run that speaks for the submission."""

    id: str
    assignment_version: str | None
    seed_id: str | None


class LinksOut(_Out):
    """Where to go from here."""

    self: str
    events: str
    html: str


class QueueOut(_Out):
    """Where a waiting submission stands."""

    place: int
    estimate_s: float


class SubmissionOut(_Out):
    """A submission; what is not known before it is graded is null."""

    id: str
    course: str
    assignment: str
    attempt: int
    received_at: dt.datetime
    late_s: int
    files: list[FileOut]
    answers: dict[str, str]
    variant: dict[str, int | float] | None = Field(description="the student's own numbers; null: the statement's")
    status: StatusWord
    counts: bool
    attempts_left: int | None
    score: float | None
    max_score: float | None
    penalty: float | None
    grade: float | None
    questions: list[QuestionOut]
    stdout: str
    notes: list[str]
    duration_ms: int | None
    run: RunOut | None
    links: LinksOut
    queue: QueueOut | None = None


class SubmissionItem(_Out):
    """A submission in a list."""

    id: str
    assignment: str
    student: str
    attempt: int
    received_at: dt.datetime
    late_s: int
    status: StatusWord
    counts: bool
    score: float | None
    max_score: float | None
    self: str


class SubmissionList(_Out):
    """A page of submissions, newest first."""

    items: list[SubmissionItem]
    next: str | None


class CourseItem(_Out):
    """A course in a list."""

    slug: str
    title: str
    term: str
    timezone: str
    role: Literal["student", "assistant", "instructor"]
    open_assignments: int
    next_due_at: dt.datetime | None
    assignments: str


class CourseList(_Out):
    """A page of courses, newest first."""

    items: list[CourseItem]
    next: str | None


class AssignmentItem(_Out):
    """An assignment in a list, with how the person stands."""

    slug: str
    title: str
    summary: str
    state: Literal["upcoming", "open", "late", "closed"]
    is_published: bool
    opens_at: dt.datetime | None
    due_at: dt.datetime | None
    closes_at: dt.datetime | None
    attempt_limit: int | None
    attempts: int
    attempts_left: int | None
    score: float | None
    penalty: float
    grade: float | None
    max_score: float
    submission: str | None = Field(description="id of the latest submission")
    status: StatusWord | None = Field(description="of the latest submission")
    pending: int = Field(description="answers of the submission that counts which wait for a teacher")
    self: str


class AssignmentList(_Out):
    """A page of assignments, in the course's order."""

    items: list[AssignmentItem]
    next: str | None


class ErratumOut(_Out):
    """Where the course's own slide is at odds with itself."""

    slide: str
    prints: str
    holds: str


class QuestionAsked(_Out):
    """A question as it is put."""

    id: str
    kind: Literal["number", "literal", "choice", "expression", "code", "written"]
    title: str
    points: float
    is_bonus: bool
    prompt: str
    signature: str
    choices: list[str]
    decimals: int | None
    errata: list[ErratumOut]


class AssignmentOut(AssignmentItem):
    """An assignment with its statement."""

    version: str
    source: str
    prompt: str = Field(description="Markdown with dollar maths")
    questions: list[QuestionAsked]
    variant: dict[str, int | float] | None = Field(description="the student's own numbers; null: the statement's")
    starter: str | None


class AnswersOut(_Out):
    """The fields of an assignment, blank: filled in, it is the body of an upload."""

    answers: dict[str, str]


class ColumnOut(_Out):
    """One assignment of the gradebook."""

    slug: str
    title: str
    max_score: float


class CellOut(_Out):
    """How one student stands in one assignment."""

    submission: str | None
    score: float | None
    penalty: float
    grade: float | None
    attempts: int
    pending: int = Field(description="answers that wait for a teacher")


class GradebookRow(_Out):
    """One student; `grades` is keyed by assignment, null where nothing was graded yet."""

    name: str
    email: str
    section: str
    grades: dict[str, CellOut | None]
    total: float


class GradebookOut(_Out):
    """A page of the gradebook."""

    columns: list[ColumnOut]
    rows: list[GradebookRow]
    max_total: float
    num_rows: int
    page: int
    pages: int
    next: str | None


class EventOut(_Out):
    """One server-sent event; `data` is a JSON object."""

    event: Literal["queued", "running", "check", "graded", "failed"] | None = None
    id: str | None = None
    data: str | None = None


class HealthOut(_Out):
    """The service runs."""

    status: Literal["ok"]


class ReadyOut(_Out):
    """Whether the parts the service needs are reachable."""

    status: Literal["ready", "not ready"]
    database: str
    broker: str
