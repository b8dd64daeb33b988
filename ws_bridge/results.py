"""What a run found, as v1 tells it; frozen with the run, here only rounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aura_engine.domain import KPI_COLUMNS
from aura_engine.i18n import t
from aura_engine.store.reads import DataVersion
from ws_bridge.models.v1 import (
    ClusteringDone,
    ClusteringResults,
    ClusterProfile,
    ClusterQuality,
    EtlDone,
    Metrics,
    RunState,
)

_PREFIX = "cluster_"


def results(version: DataVersion) -> ClusteringResults:
    """Return the totals of the run in view."""
    found = version.results
    metrics = found["metrics"]
    people = found["risk_distribution"]
    return ClusteringResults(
        execution_date=version.results_finished_at,
        metrics=Metrics(
            silhouette_score=_rounded(metrics["silhouette_score"]),
            calinski_harabasz=_rounded(metrics["calinski_harabasz"]),
            high_risk_percentage=round(metrics["high_risk_percentage"], 2),
            risk_distribution=people,
            total_users=found["total_users"],
        ),
        risk_distribution=people,
        cluster_centers=_centers(found),
        risk_cluster_id=found["risk_cluster_id"],
        as_of=version.results_as_of,
    )


def run_state(row: Mapping[str, Any]) -> RunState:
    """Return how far a run is."""
    return RunState(
        run_id=row["id"],
        kind=row["kind"],
        status=row["status"],
        stage=row["stage"],
        done=row["stage_done"],
        total=row["stage_total"],
        error=row["error"],
    )


def etl_done(row: Mapping[str, Any]) -> EtlDone:
    """Return what a full run did."""
    people = row["results"]["total_users"]
    return EtlDone(
        status="success",
        message=t("bridge.run_done", run_id=row["id"], people=people),
        records_processed=people,
        extraction_date=row["as_of"],
        next_step="/api/v1/clustering/results",
        run_id=row["id"],
    )


def clustering_done(row: Mapping[str, Any]) -> ClusteringDone:
    """Return what a reclustering found."""
    found = row["results"]
    metrics = found["metrics"]
    return ClusteringDone(
        status="success",
        message=t("bridge.run_done", run_id=row["id"], people=found["total_users"]),
        execution_date=row["finished_at"],
        total_users=found["total_users"],
        risk_distribution=found["risk_distribution"],
        metrics=ClusterQuality(
            silhouette_score=_rounded(metrics["silhouette_score"]),
            calinski_harabasz=_rounded(metrics["calinski_harabasz"]),
            high_risk_percentage=round(metrics["high_risk_percentage"], 2),
        ),
        run_id=row["id"],
    )


def profiles(version: DataVersion) -> dict[str, ClusterProfile]:
    """Return the mean person of each cluster, in the order of their numbers."""
    found = version.results["profiles"]
    return {
        name: ClusterProfile(
            **{column: round(found[name][column], 4) for column in KPI_COLUMNS},
            count=found[name]["count"],
            is_risk_cluster=found[name]["is_risk_cluster"],
        )
        for name in sorted(found, key=_number)
    }


def _centers(found: dict[str, Any]) -> list[list[float]]:
    """Return centres at their clusters' numbers; an empty one where a cluster has nobody."""
    by_number = {_number(name): profile for name, profile in found["profiles"].items()}
    return [
        [round(by_number[n][column], 4) for column in KPI_COLUMNS] if n in by_number else []
        for n in range(max([found["risk_cluster_id"], *by_number]) + 1)
    ]


def _number(name: str) -> int:
    return int(name.removeprefix(_PREFIX))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
