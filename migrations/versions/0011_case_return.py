"""How severe somebody was when their case was closed, by which a later rise is told.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UPGRADE = """
    ALTER TABLE risk_case
        ADD closed_severity DOUBLE PRECISION,
        ADD CONSTRAINT risk_case_closed_severity_of_closed
            CHECK (closed_severity IS NULL OR state = 'cerrado');
    CREATE INDEX risk_case_closed ON risk_case (closed_at) WHERE state = 'cerrado';
"""

DOWNGRADE = """
    DROP INDEX risk_case_closed;
    ALTER TABLE risk_case
        DROP CONSTRAINT risk_case_closed_severity_of_closed,
        DROP closed_severity;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
