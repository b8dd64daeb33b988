"""One person, as v1 tells whoever talks with them; in careful words."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any, Final
from uuid import UUID

from aura_engine.i18n import t
from aura_engine.pipeline.explanation import PersonKpis
from ws_bridge.models.v1 import UserProfile

KPI_KEYS: Final = {
    "reciprocity_ratio": "reciprocidad_social",
    "days_since_last_seen": "dias_inactivo",
    "ratio_night_messages": "mensajes_nocturnos",
    "is_profile_incomplete": "apatia_perfil",
    "sentiment_negativity_index": "negatividad",
    "num_community_categories": "participacion_comunitaria",
}
"""KPI columns under the names that clients know."""


def profile(known: PersonKpis, *, zone: tzinfo) -> UserProfile:
    """Return a person's verdict with raw KPIs, and what it asks of whoever reads it."""
    row = known.person
    return UserProfile(
        user_id=row["user_id_raiz"],
        risk_level=row["cluster_label"],
        severity_index=round(row["severity_index"], 2),
        kpis={key: round(known.values[column], 4) for column, key in KPI_KEYS.items()},
        observed={key: known.observed[column] for column, key in KPI_KEYS.items()},
        has_data=True,
        recommendation_context=" ".join(_advice(row, zone)),
    )


def unknown_profile(user_id: UUID) -> UserProfile:
    """Return the profile of someone of whom nothing is known, which is not that all is well."""
    return UserProfile(
        user_id=str(user_id),
        risk_level=None,
        severity_index=None,
        kpis=dict.fromkeys(KPI_KEYS.values()),
        observed=dict.fromkeys(KPI_KEYS.values(), False),
        has_data=False,
        recommendation_context=t("bridge.advice_unknown"),
    )


def _advice(row: dict[str, Any], zone: tzinfo) -> list[str]:
    said = [t(f"bridge.advice_{row['cluster_label']}")]
    if row["stopped_showing"] and row["verdict_as_of"] >= row["extraction_date"]:
        said.append(t("bridge.advice_stopped_worse"))
    elif row["stopped_showing"]:
        day = row["verdict_as_of"].astimezone(zone).strftime("%d/%m/%Y")
        said.append(t("bridge.advice_stopped_showing", day=day))
    elif not row["is_sufficient"]:
        said.append(t("bridge.advice_insufficient"))
    return said
