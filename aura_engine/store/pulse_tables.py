"""Tables of the pulse: what incremental runs and the scheduler keep beside the generations."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from aura_engine.store.table_base import Base

_NUMBERS: Final = ARRAY(BigInteger)


class PersonReference(Base):
    """A reference that means a person, in whichever source."""

    __tablename__ = "person_reference"
    __table_args__ = (Index("person_reference_person", "user_id_raiz"),)

    reference: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id_raiz: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("person.user_id_raiz", ondelete="CASCADE")
    )


class SocialActivity(Base):
    """What aura_social last said of a person."""

    __tablename__ = "social_activity"

    user_id_raiz: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("person.user_id_raiz", ondelete="CASCADE"), primary_key=True
    )
    has_social_profile: Mapped[bool]
    followers: Mapped[float | None]
    following: Mapped[float | None]
    bio_blank: Mapped[bool]
    has_complete_profile: Mapped[bool]
    community_categories: Mapped[int] = mapped_column(BigInteger)
    social_active_at: Mapped[datetime | None]
    social_is_active: Mapped[bool]
    read_at: Mapped[datetime]


class MessagingActivity(Base):
    """What aura_messaging last said of a person."""

    __tablename__ = "messaging_activity"

    user_id_raiz: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("person.user_id_raiz", ondelete="CASCADE"), primary_key=True
    )
    messages: Mapped[int] = mapped_column(BigInteger)
    night_messages: Mapped[int] = mapped_column(BigInteger)
    messaging_active_at: Mapped[datetime | None]
    messaging_is_active: Mapped[bool]
    read_at: Mapped[datetime]


class Rescored(Base):
    """Who was rescored beside the runs, in the order of commits; a run replays whom it missed."""

    __tablename__ = "rescored"
    __table_args__ = (Index("rescored_order", "seq"),)

    user_id_raiz: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)


class ChangeCursor(Base):
    """How far a source's log of changes was read, and of which server."""

    __tablename__ = "change_cursor"

    source: Mapped[str] = mapped_column(primary_key=True)
    system_identifier: Mapped[str]
    install_id: Mapped[uuid.UUID | None]
    xid: Mapped[int] = mapped_column(BigInteger)
    id: Mapped[int] = mapped_column(BigInteger)
    gap: Mapped[int] = mapped_column(BigInteger)
    moved_at: Mapped[datetime]
    resync_reason: Mapped[str | None]
    resync_since: Mapped[datetime | None]


class WaitingChange(Base):
    """A change behind the cursor that could not be scored, since a source was away."""

    __tablename__ = "waiting_change"
    __table_args__ = (
        UniqueConstraint(
            "source",
            "table_name",
            "operation",
            "user_ref",
            "waits_for",
            name="waiting_change_once",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source: Mapped[str]
    table_name: Mapped[str]
    operation: Mapped[str]
    user_ref: Mapped[uuid.UUID]
    waits_for: Mapped[str]
    since: Mapped[datetime]


class Leader(Base):
    """Which scheduler works now; whoever wrote under a lower fence does no more."""

    __tablename__ = "leader"

    singleton: Mapped[bool] = mapped_column(
        CheckConstraint("singleton", name="leader_one_row"),
        primary_key=True,
        server_default=text("true"),
    )
    instance: Mapped[str]
    fence: Mapped[int] = mapped_column(BigInteger)
    since: Mapped[datetime]


class TrendPoint(Base):
    """Averages and levels of everyone at a moment."""

    __tablename__ = "trend_point"

    at: Mapped[datetime] = mapped_column(primary_key=True)
    people: Mapped[int] = mapped_column(BigInteger)
    averages: Mapped[dict[str, Any]]
    distribution: Mapped[dict[str, Any]]


class KpiSample(Base):
    """Raw KPIs of a person as a run found them; NULL where nothing was observed."""

    __tablename__ = "kpi_sample"
    __table_args__ = (Index("kpi_sample_run", "run_id"),)

    user_id_raiz: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("person.user_id_raiz", ondelete="CASCADE"), primary_key=True
    )
    run_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pipeline_run.id"), primary_key=True)
    reciprocity_ratio: Mapped[float | None] = mapped_column(REAL)
    days_since_last_seen: Mapped[float | None] = mapped_column(REAL)
    ratio_night_messages: Mapped[float | None] = mapped_column(REAL)
    sentiment_negativity_index: Mapped[float | None] = mapped_column(REAL)
    num_community_categories: Mapped[float | None] = mapped_column(REAL)


class DailySnapshot(Base):
    """How many people of a cohort were on a level at the end of a day, and their ASI."""

    __tablename__ = "daily_snapshot"

    day: Mapped[date] = mapped_column(primary_key=True)
    cohort_kind: Mapped[str] = mapped_column(primary_key=True)
    cohort: Mapped[str] = mapped_column(primary_key=True)
    cluster_label: Mapped[str] = mapped_column(primary_key=True)
    people: Mapped[int] = mapped_column(BigInteger)
    severity_bins: Mapped[list[int]] = mapped_column(_NUMBERS)
