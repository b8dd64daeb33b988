"""Answers of v1: the run of the data miner, and the clusters it found."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from ws_bridge.models.common import Answer

_DISTRIBUTION = {"ALTO_RIESGO": 215, "RIESGO_MODERADO": 94, "BAJO_RIESGO": 1691}
_PERSON = "7d3c0a52-6a0e-4f5e-9a53-0d1f4c1d2b11"


class MinerStatus(Answer):
    """Whether runs can be asked for now."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "status": "ok",
        "service": "aura-monitor",
        "ready_for_etl": True,
        "nlp_available": True,
    }

    status: Literal["ok"]
    service: str
    ready_for_etl: bool
    nlp_available: bool
    run: RunState | None = None


class RunState(Answer):
    """How far a run is."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "run_id": 41,
        "kind": "full",
        "status": "running",
        "stage": "texts",
        "done": 1200,
        "total": 4800,
        "error": None,
    }

    run_id: int
    kind: str
    status: str
    stage: str | None
    done: int | None
    total: int | None
    error: str | None


class EtlDone(Answer):
    """A full run that has ended."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "status": "success",
        "message": "La corrida 41 terminó: 2000 personas tienen resultados nuevos.",
        "records_processed": 2000,
        "extraction_date": "2026-03-01T09:30:00Z",
        "next_step": "/api/v1/clustering/results",
        "run_id": 41,
    }

    status: Literal["success"]
    message: str
    records_processed: int
    extraction_date: datetime
    next_step: str
    run_id: int


class EtlAccepted(Answer):
    """A full run that was asked for."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "status": "accepted",
        "message": "Se pidió la corrida 41.",
        "check_status_at": "/api/v1/data-miner/status?run_id=41",
        "run_id": 41,
    }

    status: Literal["accepted"]
    message: str
    check_status_at: str
    run_id: int


class RecordCount(Answer):
    """How many people have results."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "table": "user_feature_vector",
        "record_count": 2000,
    }

    table: str
    record_count: int


class Metrics(Answer):
    """How well the clusters are separated, and who is where."""

    silhouette_score: float | None
    calinski_harabasz: float | None
    high_risk_percentage: float
    risk_distribution: dict[str, int]
    total_users: int


class ClusteringResults(Answer):
    """What the last run found, in totals."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "execution_date": "2026-03-01T09:30:02Z",
        "metrics": {
            "silhouette_score": 0.4127,
            "calinski_harabasz": 1204.5,
            "high_risk_percentage": 10.75,
            "risk_distribution": _DISTRIBUTION,
            "total_users": 2000,
        },
        "risk_distribution": _DISTRIBUTION,
        "cluster_centers": [[0.31, 0.02, 0.05, 0.1, 0.28, 0.4], [0.7, 0.5, 0.4, 0.9, 0.6, 0.1]],
        "risk_cluster_id": 1,
        "as_of": "2026-03-01T09:30:00Z",
    }

    execution_date: datetime
    metrics: Metrics
    risk_distribution: dict[str, int]
    cluster_centers: list[list[float]]
    risk_cluster_id: int
    as_of: datetime


class ClusterQuality(Answer):
    """How well the clusters are separated."""

    silhouette_score: float | None
    calinski_harabasz: float | None
    high_risk_percentage: float


class ClusteringDone(Answer):
    """A reclustering that has ended."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "status": "success",
        "message": "La corrida 42 terminó: 2000 personas tienen resultados nuevos.",
        "execution_date": "2026-03-01T10:02:11Z",
        "total_users": 2000,
        "risk_distribution": _DISTRIBUTION,
        "metrics": {
            "silhouette_score": 0.4127,
            "calinski_harabasz": 1204.5,
            "high_risk_percentage": 10.75,
        },
        "run_id": 42,
    }

    status: Literal["success"]
    message: str
    execution_date: datetime
    total_users: int
    risk_distribution: dict[str, int]
    metrics: ClusterQuality
    run_id: int


class RiskEntry(Answer):
    """One person of a level."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "user_id_raiz": _PERSON,
        "risk_level": "ALTO_RIESGO",
        "severity_index": 87.31,
        "total_votes": 3,
        "sufficient_data": True,
        "stopped_showing": False,
    }

    user_id_raiz: str
    risk_level: str
    severity_index: float
    total_votes: int
    sufficient_data: bool
    stopped_showing: bool


class ClusterProfile(Answer):
    """Mean of each scaled KPI of one cluster, from 0 to 1."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "reciprocity_ratio": 0.7012,
        "days_since_last_seen": 0.5108,
        "ratio_night_messages": 0.4411,
        "is_profile_incomplete": 0.92,
        "sentiment_negativity_index": 0.6125,
        "num_community_categories": 0.1034,
        "count": 118,
        "is_risk_cluster": True,
    }

    reciprocity_ratio: float
    days_since_last_seen: float
    ratio_night_messages: float
    is_profile_incomplete: float
    sentiment_negativity_index: float
    num_community_categories: float
    count: int
    is_risk_cluster: bool


class UserProfile(Answer):
    """What is known of one person, for whoever talks with them."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "user_id": _PERSON,
        "risk_level": "ALTO_RIESGO",
        "severity_index": 87.31,
        "kpis": {
            "reciprocidad_social": 2.4,
            "dias_inactivo": 23.1,
            "mensajes_nocturnos": 0.41,
            "apatia_perfil": 1.0,
            "negatividad": 0.38,
            "participacion_comunitaria": 0.0,
        },
        "observed": {
            "reciprocidad_social": True,
            "dias_inactivo": True,
            "mensajes_nocturnos": True,
            "apatia_perfil": True,
            "negatividad": False,
            "participacion_comunitaria": True,
        },
        "has_data": True,
        "recommendation_context": "Varias señales de su conducta se apartan de lo habitual.",
    }

    user_id: str
    risk_level: str | None
    severity_index: float | None
    kpis: dict[str, float | None]
    observed: dict[str, bool]
    has_data: bool
    recommendation_context: str
