"""The numbers a submission answers, where a student has numbers of their own.

Revision ID: 20261122_submissions_add_variant
Revises: 20261121_initial_tables
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_submissions_add_variant"
down_revision = "20261121_initial_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("submissions", sa.Column("variant", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("submissions") as table:
        table.drop_column("variant")
