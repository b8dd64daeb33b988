"""What moved since a moment, and what somebody did since a day began, are found by an index.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UPGRADE = """
    CREATE INDEX risk_history_as_of ON risk_history (as_of);
    CREATE INDEX case_action_actor ON case_action (actor, at);
"""

DOWNGRADE = """
    DROP INDEX case_action_actor;
    DROP INDEX risk_history_as_of;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
