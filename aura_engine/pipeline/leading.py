"""Which KPIs lead a verdict: what lists and alerts name beside a person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aura_engine.domain import KPI_COLUMNS, RISK_DIRECTION
from aura_engine.pipeline.scoring import ScoringModel


def leading_kpis(
    model: ScoringModel, scaled: NDArray[np.float64], observed: NDArray[np.bool_]
) -> list[list[str]]:
    """Return, for each person, the observed KPIs on the risk side, what weighs most first.

    Where several are far off, none alone may lower the ASI; the order still tells them apart.

    Parameters
    ----------
    model : ScoringModel
        Which gave the verdicts.
    scaled : ndarray of shape (n, 6)
        Scaled KPIs in the order of ``KPI_COLUMNS``.
    observed : ndarray of shape (n, 6), bool
        Which of them were observed; the others say nothing of a person.
    """
    if not len(scaled):
        return []
    drops = model.ensemble.explain(scaled).asi_drop
    worse = (scaled - model.ensemble.medians_) * RISK_DIRECTION > 0
    return [
        [KPI_COLUMNS[j] for j in np.argsort(-drops[i], kind="stable") if leads[j]]
        for i, leads in enumerate(worse & observed)
    ]
