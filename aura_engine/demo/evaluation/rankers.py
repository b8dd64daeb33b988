"""What is compared: our model, plain votes as one would write them first, and two of PyOD."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN, KMeans
from sklearn.ensemble import IsolationForest
from sklearn.preprocessing import MinMaxScaler
from threadpoolctl import threadpool_limits

from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.ensemble.severity import SeverityScale
from aura_engine.errors import DemoError
from aura_engine.i18n import t
from aura_engine.pipeline.scoring import ScoringModel

_SEED: Final = 42
_INACTIVITY: Final = KPI_COLUMNS.index("days_since_last_seen")
_COMMUNITIES: Final = KPI_COLUMNS.index("num_community_categories")


@dataclass(frozen=True, eq=False)
class Ranking:
    """What one system says of n people.

    Attributes
    ----------
    severity : ndarray of shape (n,)
        Higher = to be looked at earlier.
    flagged : ndarray of shape (n,), bool, or None
        Whom it calls high risk; None for a mere ranker.
    """

    severity: NDArray[np.float64]
    flagged: NDArray[np.bool_] | None = None


def ours(model: ScoringModel, raw: pd.DataFrame) -> Ranking:
    """Rank by the ASI and flag ALTO, everyone included, as levels are counted."""
    scored = model.score(raw)
    return Ranking(
        scored["severity_index"].to_numpy(np.float64),
        (scored["cluster_label"] == RiskLevel.ALTO).to_numpy(),
    )


def work_list(model: ScoringModel, raw: pd.DataFrame) -> Ranking:
    """Rank as counselors' lists do: whoever shows too little stands apart, here behind all."""
    scored = model.score(raw)
    enough = scored["is_sufficient"].to_numpy()
    told = ours(model, raw)
    return Ranking(np.where(enough, told.severity, told.severity - 101.0), told.flagged & enough)


def plain(raw: pd.DataFrame) -> Ranking:
    """Vote on min-max scaled KPIs, in both directions, with textbook settings.

    Medians where a KPI is missing; the risk cluster is the one of most inactivity minus
    communities; DBSCAN with eps 0.5 and min_samples 5; two votes flag. Ranked by the ASI's formula.
    """
    X = minmax(raw)
    with threadpool_limits(limits=1):
        clusters = KMeans(4, n_init=10, random_state=_SEED).fit(X)
        centers = clusters.cluster_centers_
        risk = int(np.argmax(centers[:, _INACTIVITY] - centers[:, _COMMUNITIES]))
        noise = DBSCAN(eps=0.5, min_samples=5).fit(X).labels_ == -1
        forest = IsolationForest(contamination=0.1, random_state=_SEED).fit(X)
        scores = forest.score_samples(X)
        anomalies = forest.predict(X) == -1
    to_others = clusters.transform(X)[:, np.arange(len(centers)) != risk].min(axis=1)
    severity = SeverityScale.fit(scores, to_others).severity(scores, noise, to_others)
    votes = np.column_stack([clusters.labels_ == risk, noise, anomalies])
    return Ranking(severity, votes.sum(axis=1) >= 2)


def minmax(raw: pd.DataFrame) -> NDArray[np.float64]:
    """Return KPIs scaled to [0, 1] by their extremes, medians where they are missing."""
    scaled: NDArray[np.float64] = MinMaxScaler().fit_transform(raw.fillna(raw.median()).fillna(0.0))
    return scaled


def peers() -> dict[str, Callable[[pd.DataFrame], Ranking]]:
    """Return the rankers of PyOD by name.

    Raises
    ------
    DemoError
        If PyOD is not installed; it is only needed here.
    """
    try:
        from pyod.models.ecod import ECOD
        from pyod.models.iforest import IForest
    except ImportError as error:
        raise DemoError(t("evaluate.no_peers")) from error

    def rank(detector: Callable[[], object]) -> Callable[[pd.DataFrame], Ranking]:
        def ranked(raw: pd.DataFrame) -> Ranking:
            with threadpool_limits(limits=1):
                fitted = detector().fit(minmax(raw))  # type: ignore[attr-defined]
            return Ranking(np.asarray(fitted.decision_scores_, dtype=np.float64))

        return ranked

    return {"ECOD": rank(ECOD), "IForest": rank(lambda: IForest(random_state=_SEED))}
