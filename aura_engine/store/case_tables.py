"""Tables of cases: the case, what was done to it, and what is told about it."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from aura_engine.store.table_base import Base


class RiskCase(Base):
    """A person whom a counselor should look at; one open at a time.

    Without a pseudonym it is what is left of the case of someone whose account is gone. It waits
    for somebody to acknowledge it since `waiting_since`: since it was opened or reopened, or came
    back from a snooze. `assigned_to` is the name of a viewer: an account, or whoever sits at the
    machine that serves the pages.
    """

    __tablename__ = "risk_case"
    __table_args__ = (
        CheckConstraint("state IN ('por_revisar', 'abierto', 'cerrado')", name="risk_case_state"),
        CheckConstraint(
            "(state = 'cerrado') = (closed_at IS NOT NULL)", name="risk_case_closed_has_time"
        ),
        CheckConstraint(
            "pseudonym IS NOT NULL OR account_deleted_at IS NOT NULL",
            name="risk_case_erased_account_is_gone",
        ),
        CheckConstraint("priority IN ('URGENTE', 'ALTA', 'NORMAL')", name="risk_case_priority"),
        CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)",
            name="risk_case_acknowledged_by_somebody",
        ),
        CheckConstraint(
            "escalation_level BETWEEN 0 AND 2 AND (escalation_level = 0) = (escalated_at IS NULL)",
            name="risk_case_escalated_has_time",
        ),
        CheckConstraint(
            "num_nonnulls(snoozed_at, snoozed_until, snoozed_severity) IN (0, 3)"
            " AND (snoozed_at IS NULL OR acknowledged_at IS NOT NULL)",
            name="risk_case_snoozed_whole",
        ),
        CheckConstraint(
            "(assigned_to IS NULL) = (assigned_at IS NULL)", name="risk_case_assigned_whole"
        ),
        CheckConstraint(
            "outcome IN ('atendido', 'derivado', 'ya_acompanado', 'no_localizable',"
            " 'falso_positivo', 'otro')",
            name="risk_case_outcome",
        ),
        Index("risk_case_person", "user_id_raiz"),
        Index("risk_case_pseudonym", "pseudonym"),
        Index(
            "risk_case_assigned",
            "assigned_to",
            postgresql_where=text("state <> 'cerrado'"),
        ),
        Index(
            "risk_case_waiting",
            "due_at",
            postgresql_where=text("state = 'abierto' AND acknowledged_at IS NULL"),
        ),
        Index(
            "risk_case_snoozed",
            "snoozed_until",
            postgresql_where=text("state <> 'cerrado' AND snoozed_until IS NOT NULL"),
        ),
        CheckConstraint(
            "closed_severity IS NULL OR state = 'cerrado'",
            name="risk_case_closed_severity_of_closed",
        ),
        Index("risk_case_closed", "closed_at", postgresql_where=text("state = 'cerrado'")),
        Index(
            "risk_case_one_open",
            "user_id_raiz",
            unique=True,
            postgresql_where=text("state <> 'cerrado'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id_raiz: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.user_id_raiz"))
    pseudonym: Mapped[str | None]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    opening_severity: Mapped[float]
    opening_run_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pipeline_run.id"))
    account_deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    priority: Mapped[str]
    waiting_since: Mapped[datetime]
    due_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    escalation_level: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    escalated_at: Mapped[datetime | None]
    snoozed_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    snoozed_severity: Mapped[float | None]
    assigned_to: Mapped[str | None]
    assigned_at: Mapped[datetime | None]
    closed_severity: Mapped[float | None]


class CaseAction(Base):
    """One thing that was done to a case; rows are only ever added.

    `detail` says to whom it was assigned, until when it was put off, or how it ended.
    """

    __tablename__ = "case_action"
    __table_args__ = (
        Index("case_action_case", "case_id"),
        Index("case_action_closed", "at", postgresql_where=text("action = 'cerrado'")),
        Index("case_action_actor", "actor", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    case_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("risk_case.id"))
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    note: Mapped[str | None]
    detail: Mapped[str | None]


class CaseNotice(Base):
    """A notice about a case that waits, on its way through one channel or sent.

    It tells of the wait that began at `waiting_since`; a later wait has notices of its own.
    """

    __tablename__ = "case_notice"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('sin_reconocer', 'vencido', 'vencido_otra_vez')", name="case_notice_kind"
        ),
        CheckConstraint("channel IN ('webhook', 'smtp')", name="case_notice_channel"),
        CheckConstraint("sent_at IS NULL OR given_up_at IS NULL", name="case_notice_one_end"),
        UniqueConstraint("case_id", "waiting_since", "kind", "channel", name="case_notice_once"),
        Index(
            "case_notice_pending",
            "next_attempt_at",
            postgresql_where=text("sent_at IS NULL AND given_up_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    case_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("risk_case.id"))
    waiting_since: Mapped[datetime]
    kind: Mapped[str]
    channel: Mapped[str]
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    next_attempt_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    given_up_at: Mapped[datetime | None]


class NoticeChannel(Base):
    """A configured channel and whether notices get through; without a row nobody is told."""

    __tablename__ = "notice_channel"
    __table_args__ = (
        CheckConstraint("channel IN ('webhook', 'smtp')", name="notice_channel_known"),
        CheckConstraint(
            "(failing_since IS NULL) = (last_error IS NULL)",
            name="notice_channel_failure_explained",
        ),
    )

    channel: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    last_sent_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    last_error: Mapped[str | None]
