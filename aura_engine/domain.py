"""The vocabulary that every room shares: levels, KPI columns, risk directions."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray


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

USUAL_SHARE: Final = 60.0
"""Per cent of the people whose value of a KPI counts as usual, from the healthy end on."""

SMALLEST_EXCESS: Final = 1e-9
"""Share of a KPI's range below which an excess over the usual is rounding."""

MIN_EVIDENCE: Final = 3
"""Observed KPIs a person needs before the model is fitted on them or a case is opened."""

NIGHT_HOURS: Final = (1, 5)
"""First and last local hour that count as night, both included (01:00 to 05:59)."""


URGENT_ASI: Final = 80.0
"""Above this an alert is URGENT, else HIGH; so is the priority of the case."""
REDUCED_LANGUAGE_MODEL: Final = "aura-es-mini"
"""The small language model that ships with the project; people read "modelo reducido"."""


def usual_values(scaled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return up to which value, from the healthy end on, `USUAL_SHARE` of the people stand.

    Where that is already the worst value that anyone has, it is the median: a KPI in which more
    than two in five stand at the worst still tells them from the others.

    Parameters
    ----------
    scaled : ndarray of shape (n, 6)
        Scaled KPIs of at least one person, in the order of `KPI_COLUMNS`.

    Returns
    -------
    ndarray of shape (6,)
    """
    usual = np.empty(len(RISK_DIRECTION))
    for j, sign in enumerate(RISK_DIRECTION):
        risk = scaled[:, j] * sign
        usual[j] = np.percentile(risk, USUAL_SHARE)
        if risk.max() - usual[j] <= SMALLEST_EXCESS:
            usual[j] = np.median(risk)
        usual[j] *= sign
    return usual
