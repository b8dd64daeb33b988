"""Events of a run, in the words and shapes that clients know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from aura_engine.domain import KPI_COLUMNS, URGENT_ASI
from aura_engine.i18n import t
from aura_engine.pipeline.leading import leading_kpis
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.pipeline.transitions import Transitions
from aura_engine.store.events import Event, EventType

MAX_FACTORS: Final = 3
"""KPIs that an alert names."""
_EVERYONE_READ: Final = [{"source": "user_feature_vector", "action": "full"}]
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
    announces: bool = True,
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
    announces : bool
        Whether CLUSTERING_COMPLETE is sent even where single messages say it all.
    """
    few = transitions.people <= MAX_SINGLE_MESSAGES
    events: list[Event] = []
    if few:
        events += single_events(generation, transitions, model)
    events.append(distribution_event(results["risk_distribution"]))
    if few and not announces:
        return events
    events.append(
        complete_event(
            run_id=run_id,
            distribution=results["risk_distribution"],
            transitions=transitions,
            new_cases=new_cases,
            seconds=seconds,
        )
    )
    return events


def single_events(
    generation: pd.DataFrame,
    transitions: Transitions,
    model: ScoringModel,
    factors: Mapping[str, list[dict[str, str]]] | None = None,
) -> list[Event]:
    """Return a message for each person with something to tell, and the alerts.

    Parameters
    ----------
    generation, transitions, model
        As of `run_events`.
    factors : mapping of str to list of dict, optional
        By root id, which changes in the sources brought the new verdict: ``source`` (a table) and
        ``action``. A run that looked at everyone has none.
    """
    updates = _updates(transitions.changed, factors or {})
    return updates + _alerts(generation.loc[transitions.alerted], model)


def distribution_event(distribution: Mapping[str, int]) -> Event:
    """Return the message that says how many people are on each level.

    Parameters
    ----------
    distribution : mapping of str to int
        People by level, all levels there.
    """
    total = sum(distribution.values())
    percentages = {
        level: round(100 * count / max(total, 1), 1) for level, count in distribution.items()
    }
    return Event(
        EventType.DISTRIBUTION_UPDATE,
        {"distribution": dict(distribution), "total_users": total, "percentages": percentages},
    )


def complete_event(
    *,
    run_id: int,
    distribution: Mapping[str, int],
    transitions: Transitions,
    new_cases: int,
    seconds: float,
) -> Event:
    """Return the message that a run has ended, with its totals.

    Parameters
    ----------
    run_id : int
        The run.
    distribution : mapping of str to int
        People by level, all levels there.
    transitions : Transitions
        What changed.
    new_cases : int
        Opened by it.
    seconds : float
        What it took.
    """
    return Event(
        EventType.CLUSTERING_COMPLETE,
        {
            "run_id": run_id,
            "total_users": sum(distribution.values()),
            "risk_distribution": dict(distribution),
            "transitions": transitions.people,
            "new_cases": new_cases,
            "alerts": len(transitions.alerted),
            "duration_seconds": round(seconds, 3),
        },
    )


def _updates(changed: pd.DataFrame, factors: Mapping[str, list[dict[str, str]]]) -> list[Event]:
    return [
        Event(
            EventType.USER_RISK_UPDATE,
            {
                "user_id": user_id,
                "risk_level": row.cluster_label,
                "severity_index": round(row.severity_index, 2),
                "previous_risk": None if pd.isna(row.previous_label) else row.previous_label,
                "risk_changed": row.cluster_label != row.previous_label,
                "triggering_factors": factors.get(user_id, _EVERYONE_READ),
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
