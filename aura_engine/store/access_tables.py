"""Tables of who may look, and of who looked at whom."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.orm import Mapped, mapped_column

from aura_engine.store.table_base import Base, now


class AppUser(Base):
    """An account of somebody who works with AURA monitor, by their e-mail or their AURA id.

    Without `scope` everyone is visible; else the members of these communities are.
    """

    __tablename__ = "app_user"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="app_user_email_lower"),
        CheckConstraint("role IN ('counselor', 'supervisor', 'analyst')", name="app_user_role"),
        CheckConstraint("num_nonnulls(email, auth_user_id) > 0", name="app_user_is_somebody"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    auth_user_id: Mapped[uuid.UUID | None] = mapped_column(unique=True)
    role: Mapped[str]
    scope: Mapped[list[uuid.UUID] | None] = mapped_column(ARRAY(UUID(as_uuid=True)))
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    disabled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))


class AuditLog(Base):
    """One reading of somebody's record, of a list of people or of this log; never what was read.

    A row of subject 'person' whose person is gone has nobody: the account was deleted. One of
    subject 'identity' says in `detail` why somebody wanted to know who a person is; one of subject
    'account', what was done to an account of ours.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        CheckConstraint(
            "subject IN ('person', 'identity', 'list', 'unknown', 'account', 'log')",
            name="audit_log_subject",
        ),
        CheckConstraint(
            "subject IN ('person', 'identity') OR user_id_raiz IS NULL", name="audit_log_names_one"
        ),
        CheckConstraint(
            "subject <> 'identity' OR coalesce(char_length(detail), 0) BETWEEN 10 AND 500",
            name="audit_log_says_why",
        ),
        CheckConstraint(
            "(subject = 'account') = (account_id IS NOT NULL)", name="audit_log_names_account"
        ),
        Index("audit_log_at", "at"),
        Index("audit_log_person", "user_id_raiz"),
        Index("audit_log_actor", "actor", "at"),
        Index("audit_log_action", "action", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    actor: Mapped[str]
    role: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    user_id_raiz: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("person.user_id_raiz", ondelete="SET NULL")
    )
    request_id: Mapped[str | None]
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("app_user.id"))
    detail: Mapped[str | None]
