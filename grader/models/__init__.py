"""The tables. Importing this package registers every model, for the ORM and for Alembic."""

from grader.models.audit import AuditEntry, ServiceState
from grader.models.base import Base, new_id
from grader.models.course import Course, CourseAssignment, Section
from grader.models.grade import Grade, GradeChange
from grader.models.people import ApiToken, Enrolment, Role, User
from grader.models.run import CheckRow, QuestionRow, Run, RunEvent, RunStatus
from grader.models.submission import Submission, SubmissionFile

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Base",
    "CheckRow",
    "Course",
    "CourseAssignment",
    "Enrolment",
    "Grade",
    "GradeChange",
    "QuestionRow",
    "Role",
    "Run",
    "RunEvent",
    "RunStatus",
    "Section",
    "ServiceState",
    "Submission",
    "SubmissionFile",
    "User",
    "new_id",
]
