"""What a run found, in totals: frozen on its row, read by pages and clients."""

from __future__ import annotations

from typing import Any

import pandas as pd

from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.ensemble import cluster_quality
from aura_engine.pipeline.scoring import ScoringModel


def distribution(generation: pd.DataFrame) -> dict[str, int]:
    """Count people by level, all three levels always there."""
    counts = generation["cluster_label"].value_counts()
    return {level.value: int(counts.get(level, 0)) for level in RiskLevel}


def with_totals(results: dict[str, Any], generation: pd.DataFrame) -> dict[str, Any]:
    """Return results whose counts of people are those of a generation.

    Parameters
    ----------
    results : dict
        Of `run_results`, made before the last changes were taken over.
    generation : DataFrame
        Rows as they are shown.
    """
    high = int((generation["cluster_label"] == RiskLevel.ALTO).sum())
    share = {"high_risk_percentage": 100 * high / len(generation)}
    return {
        **results,
        "total_users": len(generation),
        "risk_distribution": distribution(generation),
        "insufficient": int((~generation["is_sufficient"]).sum()),
        "stopped_showing": int(generation["stopped_showing"].sum()),
        "metrics": {**results["metrics"], **share},
    }


def run_results(generation: pd.DataFrame, model: ScoringModel) -> dict[str, Any]:
    """Summarise a generation.

    Profiles, whose means are the centres that clients get, and averages speak of the plain KPIs
    of the rows that readers see; the cluster metrics of where the clusters were made.

    Parameters
    ----------
    generation : DataFrame
        Rows of ``feature``.
    model : ScoringModel
        Which scored them.
    """
    columns = list(KPI_COLUMNS)
    quality = cluster_quality(model.ensemble, generation[columns].to_numpy())
    risk_cluster = int(model.ensemble.risk_cluster_)
    profiles = {
        f"cluster_{cluster}": {
            **{column: float(members[column].mean()) for column in columns},
            "count": len(members),
            "is_risk_cluster": int(str(cluster)) == risk_cluster,
        }
        for cluster, members in generation.groupby("kmeans_cluster")
    }
    averages = generation[[f"raw_{column}" for column in columns]].mean()
    found = {
        "metrics": {
            "silhouette_score": quality.silhouette,
            "silhouette_people": quality.silhouette_people,
            "calinski_harabasz": quality.calinski_harabasz,
        },
        "risk_cluster_id": risk_cluster,
        "profiles": profiles,
        "averages": {
            column: None if pd.isna(averages[f"raw_{column}"]) else averages[f"raw_{column}"]
            for column in columns
        },
        "without_contrast": model.summary()["without_contrast"],
    }
    return with_totals(found, generation)
