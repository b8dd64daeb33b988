"""The most severe people, as v2 tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ws_bridge.listing import known_as
from ws_bridge.models.v2 import Factors, HighRiskMeta, HighRiskUser, HighRiskUsers

FACTORS: Final = {
    "inactivity": "days_since_last_seen",
    "night_activity": "ratio_night_messages",
    "negativity": "sentiment_negativity_index",
    "community_engagement": "num_community_categories",
}
"""Names of factors, and the scaled KPI columns behind them."""


def high_risk_users(
    listed: Sequence[Mapping[str, Any]],
    kpis: Sequence[Mapping[str, Any]],
    *,
    total: int,
    limit: int,
    generated_at: datetime,
) -> HighRiskUsers:
    """Join a page of the list with its KPIs.

    Parameters
    ----------
    listed : sequence of mapping
        Rows of `aura_engine.store.reads.risk_list`, in the order of the answer.
    kpis : sequence of mapping
        Rows of `aura_engine.store.reads.kpis_of`, of the same people.
    total : int
        How many there are beyond the page.
    limit : int
        As it was asked for.
    generated_at : datetime
        Moment of the answer.
    """
    of_person = {row["pseudonym"]: row for row in kpis}
    return HighRiskUsers(
        users=[_user(row, of_person[row["pseudonym"]]) for row in listed],
        total_high_risk=total,
        meta=HighRiskMeta(query_limit=limit, generated_at=generated_at),
    )


def _user(row: Mapping[str, Any], kpis: Mapping[str, Any]) -> HighRiskUser:
    factors = {name: round(100 * kpis[column], 2) for name, column in FACTORS.items()}
    return HighRiskUser(
        user_id=known_as(row),
        risk_level=row["cluster_label"],
        severity_index=round(row["severity_index"], 2),
        factors=Factors(**factors),
        last_updated=kpis["verdict_as_of"],
        sufficient_data=row["is_sufficient"],
        stopped_showing=row["stopped_showing"],
    )
