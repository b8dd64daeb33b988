"""What each person's KPIs were from week to week, so that their own usual values can be told.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UPGRADE = """
    CREATE TABLE kpi_sample (
        user_id_raiz UUID NOT NULL,
        run_id BIGINT NOT NULL,
        reciprocity_ratio REAL,
        days_since_last_seen REAL,
        ratio_night_messages REAL,
        sentiment_negativity_index REAL,
        num_community_categories REAL,
        PRIMARY KEY (user_id_raiz, run_id),
        FOREIGN KEY(user_id_raiz) REFERENCES person (user_id_raiz) ON DELETE CASCADE,
        FOREIGN KEY(run_id) REFERENCES pipeline_run (id)
    );

    CREATE INDEX kpi_sample_run ON kpi_sample (run_id);
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute("DROP TABLE kpi_sample")
