"""Whether there was enough evidence since someone has been on a level, silent or not.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Of generations before this column only each day's own evidence is known.
UPGRADE = """
    ALTER TABLE feature ADD had_evidence BOOLEAN;

    UPDATE feature SET had_evidence = is_sufficient;

    ALTER TABLE feature ALTER had_evidence SET NOT NULL;

    CREATE OR REPLACE VIEW user_feature_vector AS
    SELECT * FROM feature WHERE run_id = (SELECT run_id FROM active_run);
"""

DOWNGRADE = """
    DROP VIEW user_feature_vector;
    ALTER TABLE feature DROP had_evidence;

    CREATE VIEW user_feature_vector AS
    SELECT * FROM feature WHERE run_id = (SELECT run_id FROM active_run);
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
