"""Every table of the first version.

Revision ID: 20261121_initial_tables
Revises: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261121_initial_tables"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)  # UTC; SQLite has no zones and keeps it naive
POINTS = sa.Numeric(12, 6).with_variant(sa.BigInteger(), "sqlite")  # SQLite has no decimals: millionths


def upgrade() -> None:
    op.create_table(
        "courses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("term", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("variant_secret", sa.String(), nullable=False),
        sa.Column("has_variants", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_courses"),
        sa.UniqueConstraint("slug", name="uq_courses_slug"),
    )
    op.create_table(
        "service_states",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('ready', 'paused')", name=op.f("ck_service_states_state_known")),
        sa.PrimaryKeyConstraint("name", name="pk_service_states"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("session_version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_lower")),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_api_tokens_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("digest", name="uq_api_tokens_digest"),
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])
    op.create_table(
        "assignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("opens_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("closes_at", MOMENT, nullable=True),
        sa.Column("grace_s", sa.Integer(), nullable=False),
        sa.Column("late_fraction_per_day", POINTS, nullable=False),
        sa.Column("attempt_limit", sa.Integer(), nullable=True),
        sa.Column("counting", sa.String(), nullable=False),
        sa.CheckConstraint("counting IN ('best', 'last')", name=op.f("ck_assignments_counting_known")),
        sa.CheckConstraint(
            "attempt_limit IS NULL OR attempt_limit > 0", name=op.f("ck_assignments_attempt_limit_positive")
        ),
        sa.CheckConstraint(
            "closes_at IS NULL OR due_at IS NULL OR closes_at >= due_at", name=op.f("ck_assignments_closes_after_due")
        ),
        sa.CheckConstraint("grace_s >= 0", name=op.f("ck_assignments_grace_not_negative")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name="fk_assignments_course_id_courses", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_assignments"),
        sa.UniqueConstraint("course_id", "slug", name="uq_assignments_course_id_slug"),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_audit_log_actor_id_users", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name="fk_audit_log_course_id_courses", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_course_id_at", "audit_log", ["course_id", "at"])
    op.create_table(
        "sections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name="fk_sections_course_id_courses", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sections"),
        sa.UniqueConstraint("course_id", "name", name="uq_sections_course_id_name"),
    )
    op.create_table(
        "enrolments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("section_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.CheckConstraint("role IN ('student', 'assistant', 'instructor')", name=op.f("ck_enrolments_role_known")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name="fk_enrolments_course_id_courses", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["section_id"], ["sections.id"], name="fk_enrolments_section_id_sections", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_enrolments_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_enrolments"),
        sa.UniqueConstraint("course_id", "user_id", name="uq_enrolments_course_id_user_id"),
    )
    op.create_index("ix_enrolments_section_id", "enrolments", ["section_id"])
    op.create_index("ix_enrolments_user_id", "enrolments", ["user_id"])
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("late_s", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("content_digest", sa.String(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.CheckConstraint("attempt > 0", name=op.f("ck_submissions_attempt_positive")),
        sa.CheckConstraint("late_s >= 0", name=op.f("ck_submissions_late_not_negative")),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name="fk_submissions_assignment_id_assignments", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_submissions_user_id_users", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
        sa.UniqueConstraint("assignment_id", "user_id", "attempt", name="uq_submissions_assignment_id_user_id_attempt"),
        sa.UniqueConstraint("user_id", "idempotency_key", name="uq_submissions_user_id_idempotency_key"),
    )
    op.create_index("ix_submissions_user_id_received_at", "submissions", ["user_id", "received_at"])
    op.create_table(
        "grades",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("score", POINTS, nullable=True),
        sa.Column("max_score", POINTS, nullable=True),
        sa.Column("penalty", POINTS, nullable=False),
        sa.Column("grade", POINTS, nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_grades_attempts_not_negative")),
        sa.CheckConstraint("penalty >= 0", name=op.f("ck_grades_penalty_not_negative")),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name="fk_grades_assignment_id_assignments", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name="fk_grades_submission_id_submissions", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_grades_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_grades"),
        sa.UniqueConstraint("assignment_id", "user_id", name="uq_grades_assignment_id_user_id"),
    )
    op.create_index("ix_grades_user_id", "grades", ["user_id"])
    op.create_table(
        "runs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("is_regrade", sa.Boolean(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("assignment_version", sa.String(), nullable=True),
        sa.Column("seed_id", sa.String(), nullable=True),
        sa.Column("sandbox", sa.String(), nullable=True),
        sa.Column("score", POINTS, nullable=True),
        sa.Column("max_score", POINTS, nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("stdout", sa.String(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("failure", sa.String(), nullable=True),
        sa.CheckConstraint("status != 'graded' OR score IS NOT NULL", name=op.f("ck_runs_graded_has_score")),
        sa.CheckConstraint("status != 'running' OR lease_token IS NOT NULL", name=op.f("ck_runs_running_has_lease")),
        sa.CheckConstraint("status IN ('queued', 'running', 'graded', 'failed')", name=op.f("ck_runs_status_known")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name="fk_runs_submission_id_submissions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.UniqueConstraint("submission_id", "number", name="uq_runs_submission_id_number"),
    )
    op.create_index("ix_runs_fair_order", "runs", ["status", "is_regrade", "turn", "queued_at"])
    op.create_table(
        "submission_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name="fk_submission_files_submission_id_submissions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_submission_files"),
        sa.UniqueConstraint("submission_id", "name", name="uq_submission_files_submission_id_name"),
    )
    op.create_table(
        "grade_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("grade_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("before", POINTS, nullable=True),
        sa.Column("after", POINTS, nullable=True),
        sa.Column("run_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name="fk_grade_changes_actor_id_users", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["grade_id"], ["grades.id"], name="fk_grade_changes_grade_id_grades", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_grade_changes_run_id_runs", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_grade_changes"),
    )
    op.create_index("ix_grade_changes_grade_id", "grade_changes", ["grade_id"])
    op.create_table(
        "question_results",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("score", POINTS, nullable=False),
        sa.Column("max_score", POINTS, nullable=False),
        sa.Column("is_bonus", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("mistake", sa.String(), nullable=True),
        sa.Column("feedback", sa.JSON(), nullable=False),
        sa.Column("curves", sa.JSON(), nullable=False),
        sa.CheckConstraint("score <= max_score", name=op.f("ck_question_results_score_within_max")),
        sa.CheckConstraint("score >= 0", name=op.f("ck_question_results_score_not_negative")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_question_results_run_id_runs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_question_results"),
        sa.UniqueConstraint("run_id", "question_id", name="uq_question_results_run_id_question_id"),
    )
    op.create_table(
        "run_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_run_events_run_id_runs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_run_events"),
        sa.UniqueConstraint("run_id", "number", name="uq_run_events_run_id_number"),
    )
    op.create_table(
        "check_results",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_row_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_visible", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("input", sa.String(), nullable=True),
        sa.Column("got", sa.String(), nullable=True),
        sa.Column("expected", sa.String(), nullable=True),
        sa.CheckConstraint(
            "is_visible OR (input IS NULL AND got IS NULL AND expected IS NULL)",
            name=op.f("ck_check_results_hidden_tells_nothing"),
        ),
        sa.ForeignKeyConstraint(
            ["question_row_id"],
            ["question_results.id"],
            name="fk_check_results_question_row_id_question_results",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_check_results"),
        sa.UniqueConstraint("question_row_id", "position", name="uq_check_results_question_row_id_position"),
    )


def downgrade() -> None:
    op.drop_table("check_results")
    op.drop_table("run_events")
    op.drop_table("question_results")
    op.drop_index("ix_grade_changes_grade_id", "grade_changes")
    op.drop_table("grade_changes")
    op.drop_table("submission_files")
    op.drop_index("ix_runs_fair_order", "runs")
    op.drop_table("runs")
    op.drop_index("ix_grades_user_id", "grades")
    op.drop_table("grades")
    op.drop_index("ix_submissions_user_id_received_at", "submissions")
    op.drop_table("submissions")
    op.drop_index("ix_enrolments_user_id", "enrolments")
    op.drop_index("ix_enrolments_section_id", "enrolments")
    op.drop_table("enrolments")
    op.drop_table("sections")
    op.drop_index("ix_audit_log_course_id_at", "audit_log")
    op.drop_table("audit_log")
    op.drop_table("assignments")
    op.drop_index("ix_api_tokens_user_id", "api_tokens")
    op.drop_table("api_tokens")
    op.drop_table("users")
    op.drop_table("service_states")
    op.drop_table("courses")
