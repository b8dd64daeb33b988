"""Cases with a priority and a deadline, and the notices that go out about them.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Deadlines of cases that are open already begin with the upgrade: none is late the moment it ends.
UPGRADE = """
    ALTER TABLE risk_case
        ADD priority TEXT,
        ADD waiting_since TIMESTAMPTZ,
        ADD due_at TIMESTAMPTZ,
        ADD acknowledged_at TIMESTAMPTZ,
        ADD acknowledged_by TEXT,
        ADD escalation_level SMALLINT NOT NULL DEFAULT 0,
        ADD escalated_at TIMESTAMPTZ,
        ADD snoozed_at TIMESTAMPTZ,
        ADD snoozed_until TIMESTAMPTZ,
        ADD snoozed_severity DOUBLE PRECISION;
    UPDATE risk_case SET
        priority = CASE WHEN state = 'por_revisar' THEN 'NORMAL'
                        WHEN opening_severity > 80 THEN 'URGENTE' ELSE 'ALTA' END,
        waiting_since = CASE WHEN state = 'cerrado' THEN opened_at ELSE now() END;
    ALTER TABLE risk_case
        ALTER priority SET NOT NULL,
        ALTER waiting_since SET NOT NULL,
        ADD CONSTRAINT risk_case_priority CHECK (priority IN ('URGENTE', 'ALTA', 'NORMAL')),
        ADD CONSTRAINT risk_case_acknowledged_by_somebody
            CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
        ADD CONSTRAINT risk_case_escalated_has_time
            CHECK (escalation_level BETWEEN 0 AND 2
                   AND (escalation_level = 0) = (escalated_at IS NULL)),
        ADD CONSTRAINT risk_case_snoozed_whole
            CHECK (num_nonnulls(snoozed_at, snoozed_until, snoozed_severity) IN (0, 3)
                   AND (snoozed_at IS NULL OR acknowledged_at IS NOT NULL));
    CREATE INDEX risk_case_waiting ON risk_case (due_at)
        WHERE state = 'abierto' AND acknowledged_at IS NULL;
    CREATE INDEX risk_case_snoozed ON risk_case (snoozed_until)
        WHERE state <> 'cerrado' AND snoozed_until IS NOT NULL;

    CREATE TABLE case_notice (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        case_id BIGINT NOT NULL REFERENCES risk_case,
        waiting_since TIMESTAMPTZ NOT NULL,
        kind TEXT NOT NULL CONSTRAINT case_notice_kind
            CHECK (kind IN ('sin_reconocer', 'vencido', 'vencido_otra_vez')),
        channel TEXT NOT NULL CONSTRAINT case_notice_channel CHECK (channel IN ('webhook', 'smtp')),
        created_at TIMESTAMPTZ NOT NULL,
        attempts BIGINT NOT NULL DEFAULT 0,
        next_attempt_at TIMESTAMPTZ NOT NULL,
        sent_at TIMESTAMPTZ,
        last_error TEXT,
        given_up_at TIMESTAMPTZ,
        CONSTRAINT case_notice_once UNIQUE (case_id, waiting_since, kind, channel),
        CONSTRAINT case_notice_one_end CHECK (sent_at IS NULL OR given_up_at IS NULL)
    );
    CREATE INDEX case_notice_pending ON case_notice (next_attempt_at)
        WHERE sent_at IS NULL AND given_up_at IS NULL;
    CREATE TABLE notice_channel (
        channel TEXT PRIMARY KEY CONSTRAINT notice_channel_known
            CHECK (channel IN ('webhook', 'smtp')),
        since TIMESTAMPTZ NOT NULL,
        last_sent_at TIMESTAMPTZ,
        failing_since TIMESTAMPTZ,
        last_error TEXT,
        CONSTRAINT notice_channel_failure_explained
            CHECK ((failing_since IS NULL) = (last_error IS NULL))
    );
"""

DOWNGRADE = """
    DROP TABLE notice_channel;
    DROP TABLE case_notice;
    DROP INDEX risk_case_snoozed;
    DROP INDEX risk_case_waiting;
    ALTER TABLE risk_case
        DROP CONSTRAINT risk_case_snoozed_whole,
        DROP CONSTRAINT risk_case_escalated_has_time,
        DROP CONSTRAINT risk_case_acknowledged_by_somebody,
        DROP CONSTRAINT risk_case_priority,
        DROP snoozed_severity,
        DROP snoozed_until,
        DROP snoozed_at,
        DROP escalated_at,
        DROP escalation_level,
        DROP acknowledged_by,
        DROP acknowledged_at,
        DROP due_at,
        DROP waiting_since,
        DROP priority;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
