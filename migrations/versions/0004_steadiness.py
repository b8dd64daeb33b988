"""Who needs attention, and since when people are in ALTO or out of it.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Of generations before these columns, whoever was in ALTO needed attention since their verdict, and
# nobody else is known to have been there: 1970 says so.
UPGRADE = """
    ALTER TABLE feature ADD needs_attention BOOLEAN;
    ALTER TABLE feature ADD high_changed_at TIMESTAMPTZ;

    UPDATE feature SET
        needs_attention = cluster_label = 'ALTO_RIESGO' AND had_evidence,
        high_changed_at = CASE WHEN cluster_label = 'ALTO_RIESGO' AND had_evidence
                               THEN verdict_as_of ELSE 'epoch' END;

    ALTER TABLE feature
        ALTER needs_attention SET NOT NULL,
        ALTER high_changed_at SET NOT NULL;

    CREATE OR REPLACE VIEW user_feature_vector AS
    SELECT * FROM feature WHERE run_id = (SELECT run_id FROM active_run);
"""

DOWNGRADE = """
    DROP VIEW user_feature_vector;
    ALTER TABLE feature DROP needs_attention, DROP high_changed_at;

    CREATE VIEW user_feature_vector AS
    SELECT * FROM feature WHERE run_id = (SELECT run_id FROM active_run);
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
