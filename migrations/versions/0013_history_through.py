"""Which history a run showed with its flip, so that two runs can be told apart exactly.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# A run that flipped before this knows its own rows and those of the runs before it, which is where
# everyone stood but for who was rescored while it flipped.
UPGRADE = """
    ALTER TABLE pipeline_run ADD history_through BIGINT;

    WITH own AS (
        SELECT run_id, max(id) AS through FROM risk_history GROUP BY run_id
    ), shown AS (
        SELECT r.id, max(own.through) OVER (ORDER BY r.flipped_at, r.id) AS through
        FROM pipeline_run r LEFT JOIN own ON own.run_id = r.id
        WHERE r.kind <> 'incremental' AND r.flipped_at IS NOT NULL
    )
    UPDATE pipeline_run r SET history_through = shown.through FROM shown WHERE shown.id = r.id;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute("ALTER TABLE pipeline_run DROP history_through")
