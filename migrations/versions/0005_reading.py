"""When a stage began, and texts in the order in which they were written.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE pipeline_run ADD stage_started_at TIMESTAMPTZ")
    op.execute("CREATE INDEX text_ref_written ON text_ref (written_at, text_id)")


def downgrade() -> None:
    op.execute("DROP INDEX text_ref_written")
    op.execute("ALTER TABLE pipeline_run DROP stage_started_at")
