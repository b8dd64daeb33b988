"""A log that says why somebody wanted to know who a person is.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UPGRADE = """
    ALTER TABLE audit_log
        DROP CONSTRAINT audit_log_subject,
        ADD CONSTRAINT audit_log_subject
            CHECK (subject IN ('person', 'identity', 'list', 'unknown', 'account', 'log')),
        DROP CONSTRAINT audit_log_names_one,
        ADD CONSTRAINT audit_log_names_one
            CHECK (subject IN ('person', 'identity') OR user_id_raiz IS NULL),
        ADD CONSTRAINT audit_log_says_why
            CHECK (subject <> 'identity' OR coalesce(char_length(detail), 0) BETWEEN 10 AND 500);
"""

# Who learned a person's name has read of a person: the row stays, with its action and its reason.
DOWNGRADE = """
    ALTER TABLE audit_log DROP CONSTRAINT audit_log_says_why;
    UPDATE audit_log SET subject = 'person' WHERE subject = 'identity';
    ALTER TABLE audit_log
        DROP CONSTRAINT audit_log_names_one,
        ADD CONSTRAINT audit_log_names_one
            CHECK (subject = 'person' OR user_id_raiz IS NULL),
        DROP CONSTRAINT audit_log_subject,
        ADD CONSTRAINT audit_log_subject
            CHECK (subject IN ('person', 'list', 'unknown', 'account', 'log'));
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
