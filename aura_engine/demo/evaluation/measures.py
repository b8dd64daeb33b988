"""How well a ranking finds those who are at risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from aura_engine.demo.evaluation.rankers import Ranking
from aura_engine.demo.personas import Persona

TOP_SHARES: Final = (0.01, 0.05, 0.10)


@dataclass(frozen=True)
class Measures:
    """Figures of one ranking on one population; all 0-1, NaN for what a mere ranker lacks.

    Attributes
    ----------
    recall_top1, recall_top5, recall_top10 : float
        Share of those at risk who stand in the first 1, 5 and 10 % of the ranking.
    average_precision : float
    recall, precision, f1 : float
        Of the flagged.
    flagged : float
        Share of all people.
    healthy_outliers_flagged : float
        Share of the hyper-social, who are unusual and well.
    """

    recall_top1: float
    recall_top5: float
    recall_top10: float
    average_precision: float
    recall: float
    precision: float
    f1: float
    flagged: float
    healthy_outliers_flagged: float


def measure(ranking: Ranking, truth: pd.DataFrame) -> Measures:
    """Compare a ranking with the truth of the same people in the same order.

    Parameters
    ----------
    ranking : Ranking
        Of n people.
    truth : DataFrame
        ``persona`` and ``at_risk`` of `Population.truth`.
    """
    at_risk = truth["at_risk"].to_numpy(dtype=bool)
    top1, top5, top10 = (recall_in_top(ranking.severity, at_risk, share) for share in TOP_SHARES)
    healthy = (truth["persona"] == Persona.HYPER_SOCIAL).to_numpy()
    recall, precision, f1, flagged, well = _flags(ranking.flagged, at_risk, healthy)
    return Measures(
        recall_top1=top1,
        recall_top5=top5,
        recall_top10=top10,
        average_precision=float(average_precision_score(at_risk, ranking.severity)),
        recall=recall,
        precision=precision,
        f1=f1,
        flagged=flagged,
        healthy_outliers_flagged=well,
    )


def recall_in_top(severity: NDArray[np.float64], at_risk: NDArray[np.bool_], share: float) -> float:
    """Return the share of those at risk within the first `share` of the ranking.

    Parameters
    ----------
    severity : ndarray of shape (n,)
        Equal values keep the order of the people.
    at_risk : ndarray of shape (n,), bool
        Of at least one person.
    share : float
        0-1, of the n people; rounded to whole people.
    """
    first = np.argsort(-severity, kind="stable")[: round(share * len(severity))]
    return float(at_risk[first].sum() / at_risk.sum())


def _flags(
    flagged: NDArray[np.bool_] | None, at_risk: NDArray[np.bool_], healthy: NDArray[np.bool_]
) -> tuple[float, float, float, float, float]:
    if flagged is None:
        return np.nan, np.nan, np.nan, np.nan, np.nan
    hits = float((flagged & at_risk).sum())
    recall = hits / at_risk.sum()
    precision = hits / flagged.sum() if flagged.any() else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    well = float(flagged[healthy].mean()) if healthy.any() else np.nan
    return recall, precision, f1, float(flagged.mean()), well
