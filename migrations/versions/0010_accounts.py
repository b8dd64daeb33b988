"""Accounts that two may change at once, and a log that tells of accounts and of itself.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UPGRADE = """
    ALTER TABLE app_user ADD version INTEGER NOT NULL DEFAULT 1;

    ALTER TABLE audit_log
        ADD account_id BIGINT REFERENCES app_user,
        ADD detail TEXT,
        DROP CONSTRAINT audit_log_subject,
        ADD CONSTRAINT audit_log_subject
            CHECK (subject IN ('person', 'list', 'unknown', 'account', 'log')),
        ADD CONSTRAINT audit_log_names_account
            CHECK ((subject = 'account') = (account_id IS NOT NULL));
    CREATE INDEX audit_log_actor ON audit_log (actor, at);
    CREATE INDEX audit_log_action ON audit_log (action, at);
"""

# Rows of subjects that the former structure does not know stay, as rows of nobody: a log that
# forgets on a step back would be none.
DOWNGRADE = """
    DROP INDEX audit_log_action;
    DROP INDEX audit_log_actor;
    ALTER TABLE audit_log
        DROP CONSTRAINT audit_log_names_account,
        DROP CONSTRAINT audit_log_subject,
        DROP detail,
        DROP account_id;
    UPDATE audit_log SET subject = 'unknown' WHERE subject IN ('account', 'log');
    ALTER TABLE audit_log
        ADD CONSTRAINT audit_log_subject CHECK (subject IN ('person', 'list', 'unknown'));

    ALTER TABLE app_user DROP version;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
