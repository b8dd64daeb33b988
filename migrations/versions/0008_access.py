"""Who may look, and who looked at whom.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UPGRADE = """
    CREATE TABLE app_user (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        email TEXT CONSTRAINT app_user_email_once UNIQUE
            CONSTRAINT app_user_email_lower CHECK (email = lower(email)),
        auth_user_id UUID CONSTRAINT app_user_auth_once UNIQUE,
        role TEXT NOT NULL
            CONSTRAINT app_user_role CHECK (role IN ('counselor', 'supervisor', 'analyst')),
        scope UUID[],
        created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
        disabled_at TIMESTAMPTZ,
        CONSTRAINT app_user_is_somebody CHECK (num_nonnulls(email, auth_user_id) > 0)
    );

    CREATE TABLE audit_log (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
        actor TEXT NOT NULL,
        role TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL
            CONSTRAINT audit_log_subject CHECK (subject IN ('person', 'list', 'unknown')),
        user_id_raiz UUID REFERENCES person ON DELETE SET NULL,
        request_id TEXT,
        CONSTRAINT audit_log_names_one CHECK (subject = 'person' OR user_id_raiz IS NULL)
    );
    CREATE INDEX audit_log_at ON audit_log (at);
    CREATE INDEX audit_log_person ON audit_log (user_id_raiz);
"""

DOWNGRADE = """
    DROP TABLE audit_log;
    DROP TABLE app_user;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
