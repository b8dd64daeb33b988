"""Events of a run, in the words and shapes that clients know."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from aura_engine.domain import KPI_COLUMNS
from aura_engine.i18n import t
from aura_engine.pipeline.leading import leading_kpis
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.pipeline.transitions import Transitions
from aura_engine.store.events import Event, EventType

URGENT_ASI: Final = 80.0
"""Above this an alert is URGENT, else HIGH."""
MAX_FACTORS: Final = 3
"""KPIs that an alert names."""
MAX_SINGLE_MESSAGES: Final = 200
"""With transitions of more people in one transaction only totals are sent."""


def run_events(
    generation: pd.DataFrame,
    transitions: Transitions,
    model: ScoringModel,
    *,
    run_id: int,
    results: dict[str, Any],
    new_cases: int,
    seconds: float,
) -> list[Event]:
    """Return the events of a run: single messages while they are few, then the totals.

    Where single messages are too many to be read, CLUSTERING_COMPLETE says how many people needed
    an alert; their cases are open all the same.

    Parameters
    ----------
    generation : DataFrame
        The run's rows, indexed by root id.
    transitions : Transitions
        What changed for whom.
    model : ScoringModel
        Explains the alerts.
    run_id, results, new_cases, seconds
        Of the run, for CLUSTERING_COMPLETE.
    """
    events: list[Event] = []
    if transitions.people <= MAX_SINGLE_MESSAGES:
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
                "transitions": transitions.people,
                "new_cases": new_cases,
                "alerts": len(transitions.alerted),
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
    raw = alerted[[f"raw_{column}" for column in KPI_COLUMNS]]
    leading = leading_kpis(
        model, alerted[list(KPI_COLUMNS)].to_numpy(float), raw.notna().to_numpy()
    )
    return [
        Event(
            EventType.CRITICAL_ALERT,
            {
                "priority": "URGENT" if severity > URGENT_ASI else "HIGH",
                "user_id": user_id,
                "severity_index": round(severity, 2),
                "factors": [
                    t(f"alerts.{column}", value=alerted.loc[user_id, f"raw_{column}"])
                    for column in columns[:MAX_FACTORS]
                ],
                "suggested_action": t("alerts.suggested_action"),
                "context": t("alerts.context"),
            },
            user_id,
        )
        for columns, (user_id, severity) in zip(
            leading, alerted["severity_index"].items(), strict=True
        )
    ]
