"""The vocabulary that every room shares: levels, KPI columns, risk directions."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class RiskLevel(StrEnum):
    """Risk level of a person; the value is what clients and tables hold."""

    ALTO = "ALTO_RIESGO"
    MODERADO = "RIESGO_MODERADO"
    BAJO = "BAJO_RIESGO"


LEVEL_BY_VOTES: Final = (RiskLevel.BAJO, RiskLevel.MODERADO, RiskLevel.ALTO, RiskLevel.ALTO)
"""Level for 0, 1, 2 and 3 votes."""

LEVEL_RANK: Final = {RiskLevel.BAJO.value: 0, RiskLevel.MODERADO.value: 1, RiskLevel.ALTO.value: 2}
"""Levels in order, the worst highest."""

KPI_COLUMNS: Final = (
    "reciprocity_ratio",
    "days_since_last_seen",
    "ratio_night_messages",
    "is_profile_incomplete",
    "sentiment_negativity_index",
    "num_community_categories",
)
"""The six behavioural KPIs in the order of every matrix column."""

RISK_DIRECTION: Final = (1, 1, 1, 1, 1, -1)
"""+1 where a higher KPI means more risk, -1 where a lower one does."""

KPI_WEIGHTS: Final = (1.0, 1.0, 1.0, 0.5, 1.0, 1.0)
"""Weight of each KPI in the ensemble; the binary one would otherwise split K-Means by itself."""

SMALLEST_EXCESS: Final = 1e-9
"""Share of a KPI's range below which an excess over the median is rounding."""

MIN_EVIDENCE: Final = 3
"""Observed KPIs a person needs before the model is fitted on them or a case is opened."""

NIGHT_HOURS: Final = (1, 5)
"""First and last local hour that count as night, both included (01:00 to 05:59)."""
