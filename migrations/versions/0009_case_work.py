"""Who works on a case, how it ended, and what each action was about.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UPGRADE = """
    ALTER TABLE risk_case
        ADD assigned_to TEXT,
        ADD assigned_at TIMESTAMPTZ,
        ADD CONSTRAINT risk_case_assigned_whole
            CHECK ((assigned_to IS NULL) = (assigned_at IS NULL)),
        ADD CONSTRAINT risk_case_outcome
            CHECK (outcome IN ('atendido', 'derivado', 'ya_acompanado', 'no_localizable',
                               'falso_positivo', 'otro'));
    CREATE INDEX risk_case_person ON risk_case (user_id_raiz);
    CREATE INDEX risk_case_pseudonym ON risk_case (pseudonym);
    CREATE INDEX risk_case_assigned ON risk_case (assigned_to) WHERE state <> 'cerrado';
    ALTER TABLE case_action ADD detail TEXT;
    CREATE INDEX case_action_closed ON case_action (at) WHERE action = 'cerrado';
"""

DOWNGRADE = """
    DROP INDEX case_action_closed;
    ALTER TABLE case_action DROP detail;
    DROP INDEX risk_case_assigned;
    DROP INDEX risk_case_pseudonym;
    DROP INDEX risk_case_person;
    ALTER TABLE risk_case
        DROP CONSTRAINT risk_case_outcome,
        DROP CONSTRAINT risk_case_assigned_whole,
        DROP assigned_at,
        DROP assigned_to;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
