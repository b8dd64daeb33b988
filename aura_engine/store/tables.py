"""Tables of the analytics database; ``migrations/`` ends in exactly these.

``feature`` is partitioned by run: each full run loads its generation into a partition of its
own, and ``user_feature_vector`` is a view of the one that ``active_run`` names.
``risk_history`` is partitioned by month. Neither texts nor names of people are stored anywhere.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from aura_engine.domain import RiskLevel
from aura_engine.store import access_tables as access_tables
from aura_engine.store import case_tables as case_tables  # its tables are Base's too
from aura_engine.store import pulse_tables as pulse_tables
from aura_engine.store.table_base import Base, now

LEVELS_SQL = ", ".join(f"'{level}'" for level in RiskLevel)
VIEWS: Final = {
    "user_feature_vector": "SELECT * FROM feature WHERE run_id = (SELECT run_id FROM active_run)",
    "visible_history": (
        "SELECT h.* FROM risk_history h JOIN pipeline_run r ON r.id = h.run_id"
        " WHERE r.flipped_at IS NOT NULL"
    ),
}
"""What readers query instead of the tables behind: the active generation, what has flipped."""


class Installation(Base):
    """What this database is: the one row says demo or production, never both."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("kind IN ('demo', 'production')", name="installation_kind"),)

    singleton: Mapped[bool] = mapped_column(
        CheckConstraint("singleton", name="installation_one_row"),
        primary_key=True,
        server_default=text("true"),
    )
    install_id: Mapped[uuid.UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    kind: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(server_default=now())


class ModelVersion(Base):
    """One fitted model with every population statistic that it froze."""

    __tablename__ = "model_version"
    __table_args__ = (
        Index(
            "model_version_one_active",
            text("(true)"),
            unique=True,
            postgresql_where=text("activated_at IS NOT NULL AND retired_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    fitted_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    parameters: Mapped[dict[str, Any]]
    text_revision: Mapped[str | None]
    libraries: Mapped[dict[str, Any]]
    n_fitted: Mapped[int] = mapped_column(BigInteger)
    summary: Mapped[dict[str, Any]]
    artefact: Mapped[bytes]


class PipelineRun(Base):
    """A run: asked for, running or ended, with stages, counts and results."""

    __tablename__ = "pipeline_run"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('full', 'recluster', 'incremental', 'sweep')", name="pipeline_run_kind"
        ),
        CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')",
            name="pipeline_run_status",
        ),
        CheckConstraint(
            "status <> 'failed' OR error IS NOT NULL", name="pipeline_run_failure_explained"
        ),
        Index(
            "pipeline_run_one_running",
            text("(true)"),
            unique=True,
            postgresql_where=text("status = 'running' AND kind IN ('full', 'recluster', 'sweep')"),
        ),
        Index(
            "pipeline_run_flipped",
            "flipped_at",
            postgresql_where=text("kind IN ('full', 'recluster')"),
        ),
        Index("pipeline_run_as_of", "kind", "as_of"),
        Index("pipeline_run_queue", "id", postgresql_where=text("status = 'queued'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    status: Mapped[str]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime] = mapped_column(server_default=now())
    as_of: Mapped[datetime | None]
    parameters: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    flipped_at: Mapped[datetime | None]
    stage: Mapped[str | None]
    stage_done: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    stage_total: Mapped[int | None] = mapped_column(BigInteger)
    stage_started_at: Mapped[datetime | None]
    stages: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    counts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    results: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    error: Mapped[str | None]
    model_version_id: Mapped[int | None] = mapped_column(ForeignKey("model_version.id"))
    text_model: Mapped[str | None]
    text_revision: Mapped[str | None]
    texts_read_through: Mapped[datetime | None]
    claimed_by: Mapped[str | None]
    cancel_requested_at: Mapped[datetime | None]
    retry_of: Mapped[int | None] = mapped_column(ForeignKey("pipeline_run.id"))
    reason: Mapped[str | None]
    history_through: Mapped[int | None] = mapped_column(BigInteger)


class ServiceState(Base):
    """What the scheduler last said of itself or of a source that it watches."""

    __tablename__ = "service_state"

    part: Mapped[str] = mapped_column(primary_key=True)
    instance: Mapped[str]
    is_up: Mapped[bool]
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))


class ActiveRun(Base):
    """The generation that everyone reads, and the version of all data shown."""

    __tablename__ = "active_run"

    singleton: Mapped[bool] = mapped_column(
        CheckConstraint("singleton", name="active_run_one_row"),
        primary_key=True,
        server_default=text("true"),
    )
    run_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pipeline_run.id"))
    data_version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    changed_at: Mapped[datetime] = mapped_column(server_default=now())


class Person(Base):
    """Someone of the population: root id, pseudonym, and what cohorts need."""

    __tablename__ = "person"

    user_id_raiz: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    pseudonym: Mapped[str] = mapped_column(unique=True)
    age_band: Mapped[str | None]
    region: Mapped[str | None]
    is_active: Mapped[bool]
    account_created_at: Mapped[datetime | None]
    last_activity_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime]


class PersonCommunity(Base):
    """Membership of a person in an active community."""

    __tablename__ = "person_community"
    __table_args__ = (Index("person_community_community", "community_id"),)

    user_id_raiz: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("person.user_id_raiz", ondelete="CASCADE"), primary_key=True
    )
    community_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    category: Mapped[str]


class Feature(Base):
    """One person in one generation; read through the view ``user_feature_vector``."""

    __tablename__ = "feature"
    __table_args__ = (
        CheckConstraint(f"cluster_label IN ({LEVELS_SQL})", name="feature_level"),
        CheckConstraint("severity_index BETWEEN 0 AND 100", name="feature_severity"),
        CheckConstraint("evidence BETWEEN 0 AND 6", name="feature_evidence"),
        Index("feature_ranking", "run_id", "cluster_label", text("severity_index DESC")),
        {"postgresql_partition_by": "LIST (run_id)"},
    )

    id: Mapped[int] = mapped_column(
        BigInteger, server_default=text("nextval('feature_id_seq'::regclass)")
    )
    run_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    user_id_raiz: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    extraction_date: Mapped[datetime]
    reciprocity_ratio: Mapped[float]
    days_since_last_seen: Mapped[float]
    ratio_night_messages: Mapped[float]
    is_profile_incomplete: Mapped[float]
    sentiment_negativity_index: Mapped[float]
    num_community_categories: Mapped[float]
    cluster_label: Mapped[str]
    severity_index: Mapped[float]
    vote_kmeans: Mapped[bool]
    vote_dbscan: Mapped[bool]
    vote_forest: Mapped[bool]
    kmeans_cluster: Mapped[int] = mapped_column(SmallInteger)
    pca_x: Mapped[float]
    pca_y: Mapped[float]
    raw_reciprocity_ratio: Mapped[float | None]
    raw_days_since_last_seen: Mapped[float | None]
    raw_ratio_night_messages: Mapped[float | None]
    raw_is_profile_incomplete: Mapped[float | None]
    raw_sentiment_negativity_index: Mapped[float | None]
    raw_num_community_categories: Mapped[float | None]
    evidence: Mapped[int] = mapped_column(SmallInteger)
    is_sufficient: Mapped[bool]
    had_messages: Mapped[bool]
    had_texts: Mapped[bool]
    stopped_showing: Mapped[bool]
    verdict_as_of: Mapped[datetime]
    recorded_level: Mapped[str]
    recorded_severity: Mapped[float]
    model_version_id: Mapped[int] = mapped_column(BigInteger)
    had_evidence: Mapped[bool]
    needs_attention: Mapped[bool]
    high_changed_at: Mapped[datetime]


class RiskHistory(Base):
    """A change of level, or of the ASI by a point or more; staged until its run flips."""

    __tablename__ = "risk_history"
    __table_args__ = (
        CheckConstraint(
            "reason IN ('first', 'behaviour', 'model', 'both')", name="risk_history_reason"
        ),
        Index("risk_history_person", "user_id_raiz", "as_of"),
        Index("risk_history_run", "run_id"),
        Index("risk_history_as_of", "as_of"),
        {"postgresql_partition_by": "RANGE (as_of)"},
    )

    id: Mapped[int] = mapped_column(
        BigInteger,
        server_default=text("nextval('risk_history_id_seq'::regclass)"),
        primary_key=True,
    )
    as_of: Mapped[datetime] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pipeline_run.id"))
    user_id_raiz: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("person.user_id_raiz", ondelete="CASCADE")
    )
    cluster_label: Mapped[str]
    previous_label: Mapped[str | None]
    severity_index: Mapped[float]
    previous_severity: Mapped[float | None]
    reason: Mapped[str]
    model_version_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("model_version.id"))


class TextScore(Base):
    """P(negative) of a text under one model revision; the text itself is never stored."""

    __tablename__ = "text_score"
    __table_args__ = (CheckConstraint("p_negative BETWEEN 0 AND 1", name="text_score_probability"),)

    hmac: Mapped[bytes] = mapped_column(primary_key=True)
    model_revision: Mapped[str] = mapped_column(primary_key=True)
    p_negative: Mapped[float | None]
    scored_at: Mapped[datetime] = mapped_column(server_default=now())


class TextRef(Base):
    """Which text of a source is whose, and when it was written."""

    __tablename__ = "text_ref"
    __table_args__ = (
        CheckConstraint("source IN ('post', 'comment', 'message')", name="text_ref_source"),
        Index("text_ref_person", "user_id_raiz"),
        Index("text_ref_hmac", "hmac"),
        Index("text_ref_written", "written_at", "text_id"),
    )

    source: Mapped[str] = mapped_column(primary_key=True)
    text_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id_raiz: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("person.user_id_raiz", ondelete="CASCADE")
    )
    hmac: Mapped[bytes]
    written_at: Mapped[datetime]


class Event(Base):
    """What happened, in commit order, for sockets to replay."""

    __tablename__ = "event"
    __table_args__ = (
        Index("event_person", "user_id_raiz"),
        Index("event_type_time", "type", "created_at"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    created_at: Mapped[datetime]
    type: Mapped[str]
    run_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("pipeline_run.id"))
    user_id_raiz: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("person.user_id_raiz", ondelete="CASCADE")
    )
    payload: Mapped[dict[str, Any]]
