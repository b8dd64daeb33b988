"""What incremental runs need: activity by source, cursors, what waits, who leads, points in time.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UPGRADE = """
    CREATE TABLE person_reference (
        reference UUID PRIMARY KEY,
        user_id_raiz UUID NOT NULL REFERENCES person ON DELETE CASCADE
    );
    CREATE INDEX person_reference_person ON person_reference (user_id_raiz);
    CREATE TABLE social_activity (
        user_id_raiz UUID PRIMARY KEY REFERENCES person ON DELETE CASCADE,
        has_social_profile BOOLEAN NOT NULL,
        followers DOUBLE PRECISION,
        following DOUBLE PRECISION,
        bio_blank BOOLEAN NOT NULL,
        has_complete_profile BOOLEAN NOT NULL,
        community_categories BIGINT NOT NULL,
        social_active_at TIMESTAMPTZ,
        social_is_active BOOLEAN NOT NULL,
        read_at TIMESTAMPTZ NOT NULL
    );
    CREATE TABLE messaging_activity (
        user_id_raiz UUID PRIMARY KEY REFERENCES person ON DELETE CASCADE,
        messages BIGINT NOT NULL,
        night_messages BIGINT NOT NULL,
        messaging_active_at TIMESTAMPTZ,
        messaging_is_active BOOLEAN NOT NULL,
        read_at TIMESTAMPTZ NOT NULL
    );

    CREATE SEQUENCE rescored_seq;
    CREATE TABLE rescored (
        user_id_raiz UUID PRIMARY KEY,
        seq BIGINT NOT NULL
    );
    CREATE INDEX rescored_order ON rescored (seq);

    CREATE TABLE change_cursor (
        source TEXT PRIMARY KEY,
        system_identifier TEXT NOT NULL,
        install_id UUID,
        xid BIGINT NOT NULL,
        id BIGINT NOT NULL,
        gap BIGINT NOT NULL,
        moved_at TIMESTAMPTZ NOT NULL,
        resync_reason TEXT,
        resync_since TIMESTAMPTZ
    );
    CREATE TABLE waiting_change (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source TEXT NOT NULL,
        table_name TEXT NOT NULL,
        operation TEXT NOT NULL,
        user_ref UUID NOT NULL,
        waits_for TEXT NOT NULL,
        since TIMESTAMPTZ NOT NULL,
        CONSTRAINT waiting_change_once
            UNIQUE (source, table_name, operation, user_ref, waits_for)
    );

    CREATE TABLE leader (
        singleton BOOLEAN PRIMARY KEY DEFAULT true CONSTRAINT leader_one_row CHECK (singleton),
        instance TEXT NOT NULL,
        fence BIGINT NOT NULL,
        since TIMESTAMPTZ NOT NULL
    );

    CREATE TABLE trend_point (
        at TIMESTAMPTZ PRIMARY KEY,
        people BIGINT NOT NULL,
        averages JSONB NOT NULL,
        distribution JSONB NOT NULL
    );
    CREATE TABLE daily_snapshot (
        day DATE NOT NULL,
        cohort_kind TEXT NOT NULL,
        cohort TEXT NOT NULL,
        cluster_label TEXT NOT NULL,
        people BIGINT NOT NULL,
        severity_bins BIGINT[] NOT NULL,
        PRIMARY KEY (day, cohort_kind, cohort, cluster_label)
    );

    ALTER TABLE pipeline_run ADD retry_of BIGINT REFERENCES pipeline_run, ADD reason TEXT;
    CREATE INDEX pipeline_run_flipped ON pipeline_run (flipped_at)
        WHERE kind IN ('full', 'recluster');
    DROP INDEX pipeline_run_one_running;
    CREATE UNIQUE INDEX pipeline_run_one_running ON pipeline_run ((true))
        WHERE status = 'running' AND kind IN ('full', 'recluster', 'sweep');
"""

DOWNGRADE = """
    DROP INDEX pipeline_run_one_running;
    UPDATE pipeline_run SET status = 'failed', finished_at = now(),
        error = 'The structure of the database went back to one without sweeps.'
    WHERE status = 'running' AND kind = 'sweep';
    CREATE UNIQUE INDEX pipeline_run_one_running ON pipeline_run ((true))
        WHERE status = 'running' AND kind IN ('full', 'recluster');
    DROP INDEX pipeline_run_flipped;
    ALTER TABLE pipeline_run DROP retry_of, DROP reason;
    DROP TABLE daily_snapshot;
    DROP TABLE trend_point;
    DROP TABLE leader;
    DROP TABLE waiting_change;
    DROP TABLE change_cursor;
    DROP TABLE rescored;
    DROP SEQUENCE rescored_seq;
    DROP TABLE messaging_activity;
    DROP TABLE social_activity;
    DROP TABLE person_reference;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
