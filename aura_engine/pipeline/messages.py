"""Events of a run, in the words and shapes that clients know."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from aura_engine.domain import KPI_COLUMNS
from aura_engine.i18n import t
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.pipeline.transitions import Transitions
from aura_engine.store.events import Event, EventType

URGENT_ASI: Final = 80.0
"""Above this an alert is URGENT, else HIGH."""
MAX_FACTORS: Final = 3
"""KPIs that an alert names."""


def run_events(
    generation: pd.DataFrame,
    transitions: Transitions,
    model: ScoringModel,
    *,
    run_id: int,
    results: dict[str, Any],
    seconds: float,
) -> list[Event]:
    """Return the events of a run: single messages while they are few, then the totals.

    Parameters
    ----------
    generation : DataFrame
        The run's rows, indexed by root id.
    transitions : Transitions
        What changed for whom.
    model : ScoringModel
        Explains the alerts.
    run_id, results, seconds
        Of the run, for CLUSTERING_COMPLETE.
    """
    events: list[Event] = []
    if transitions.sends_single_messages:
        events += _updates(transitions.changed)
        events += _alerts(generation.loc[transitions.alerted], model)
    total = results["total_users"]
    events.append(
        Event(
            EventType.DISTRIBUTION_UPDATE,
            {
                "distribution": results["risk_distribution"],
                "total_users": total,
                "percentages": {
                    level: round(100 * count / total, 1)
                    for level, count in results["risk_distribution"].items()
                },
            },
        )
    )
    events.append(
        Event(
            EventType.CLUSTERING_COMPLETE,
            {
                "run_id": run_id,
                "total_users": total,
                "risk_distribution": results["risk_distribution"],
                "transitions": len(transitions.changed),
                "new_cases": len(transitions.new_cases),
                "duration_seconds": round(seconds, 3),
            },
        )
    )
    return events


def _updates(changed: pd.DataFrame) -> list[Event]:
    return [
        Event(
            EventType.USER_RISK_UPDATE,
            {
                "user_id": user_id,
                "risk_level": row.cluster_label,
                "severity_index": round(row.severity_index, 2),
                "previous_risk": None if pd.isna(row.previous_label) else row.previous_label,
                "risk_changed": row.cluster_label != row.previous_label,
                "triggering_factors": [{"source": "user_feature_vector", "action": "full"}],
            },
            user_id,
        )
        for user_id, row in zip(changed.index, changed.itertuples(), strict=True)
    ]


def _alerts(alerted: pd.DataFrame, model: ScoringModel) -> list[Event]:
    if alerted.empty:
        return []
    told = model.ensemble.explain(alerted[list(KPI_COLUMNS)].to_numpy())
    return [
        Event(
            EventType.CRITICAL_ALERT,
            {
                "priority": "URGENT" if severity > URGENT_ASI else "HIGH",
                "user_id": user_id,
                "severity_index": round(severity, 2),
                "factors": _factors(alerted.loc[user_id], drops),
                "suggested_action": t("alerts.suggested_action"),
                "context": t("alerts.context"),
            },
            user_id,
        )
        for user_id, severity, drops in zip(
            alerted.index, alerted["severity_index"], told.asi_drop, strict=True
        )
    ]


def _factors(person: pd.Series, drops: np.ndarray) -> list[str]:
    """Say in words, with their numbers, the KPIs that add most to the ASI."""
    ranked = [j for j in np.argsort(-drops) if drops[j] > 0]
    return [
        t(f"alerts.{column}", value=person[f"raw_{column}"])
        for column in (KPI_COLUMNS[j] for j in ranked)
        if not pd.isna(person[f"raw_{column}"])
    ][:MAX_FACTORS]
