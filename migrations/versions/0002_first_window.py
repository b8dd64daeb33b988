"""First window: a queue of runs, and what the processes say of themselves.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UPGRADE = """
    ALTER TABLE pipeline_run ADD claimed_by TEXT, ADD cancel_requested_at TIMESTAMP WITH TIME ZONE;

    CREATE INDEX pipeline_run_queue ON pipeline_run (id) WHERE status = 'queued';

    CREATE TABLE service_state (
        part TEXT NOT NULL,
        instance TEXT NOT NULL,
        is_up BOOLEAN NOT NULL,
        since TIMESTAMP WITH TIME ZONE NOT NULL,
        seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        details JSONB DEFAULT '{}'::jsonb NOT NULL,
        PRIMARY KEY (part)
    );
"""

DOWNGRADE = """
    DROP TABLE service_state;
    DROP INDEX pipeline_run_queue;
    ALTER TABLE pipeline_run DROP claimed_by, DROP cancel_requested_at;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
