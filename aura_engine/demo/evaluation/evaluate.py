"""Planted populations through the engine and its peers, seed by seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from aura_engine.demo.evaluation.measures import measure
from aura_engine.demo.evaluation.planted import LAST_NIGHT, PlantedPopulation
from aura_engine.demo.evaluation.rankers import Ranking, ours, peers, plain, work_list
from aura_engine.domain import RiskLevel
from aura_engine.nlp import TextScorer
from aura_engine.pipeline.choice import DEFAULT_PARAMETERS
from aura_engine.pipeline.scoring import ScoringModel

OURS: Final = "ours"
WORK_LIST: Final = "work_list"
PLAIN: Final = "plain"
SEEDS: Final = 10
_RESAMPLES: Final = 3


def evaluate(
    seeds: Sequence[int],
    users: int,
    scorer: TextScorer,
    *,
    zone: ZoneInfo,
    window_days: int,
    on_seed: Callable[[int, int], None],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure our model, plain votes and PyOD's rankers on populations in memory.

    Parameters
    ----------
    seeds : sequence of int
        One population each.
    users : int
        People a population.
    scorer : TextScorer
        Reads the texts.
    zone : ZoneInfo
        Of the population.
    window_days : int
        Days of KPIs 3 and 5.
    on_seed : callable
        Told how many populations are done, of how many.

    Returns
    -------
    measures : DataFrame
        Index (seed, system), columns of `Measures`.
    stability : DataFrame
        Index seed; ``overlap`` and ``rank_correlation`` of `bootstrap`.
    """
    rows, stable = {}, {}
    for done, seed in enumerate(seeds):
        on_seed(done, len(seeds))
        population = PlantedPopulation(seed, users, scorer, zone=zone, window_days=window_days)
        as_of = population.night(LAST_NIGHT)
        activity = population.extraction(as_of).activity
        truth = population.truth(as_of).reindex(activity.index)
        model = fit(activity, as_of)
        raw = model.kpis(activity, as_of=as_of)
        told = {OURS: ours(model, raw), WORK_LIST: work_list(model, raw), PLAIN: plain(raw)}
        told |= {name: rank(raw) for name, rank in peers().items()}
        for system, ranking in told.items():
            rows[seed, system] = asdict(measure(ranking, truth))
        stable[seed] = bootstrap(activity, raw, told[OURS], as_of=as_of, seed=seed)
    on_seed(len(seeds), len(seeds))
    measures = pd.DataFrame.from_dict(rows, orient="index")
    measures.index = pd.MultiIndex.from_tuples(measures.index, names=["seed", "system"])
    return measures, pd.DataFrame.from_dict(stable, orient="index")


def fit(activity: pd.DataFrame, as_of: datetime) -> ScoringModel:
    """Fit a version with the default parameters, as an installation's first run does."""
    return ScoringModel.fit(
        activity,
        as_of=as_of,
        n_clusters=int(DEFAULT_PARAMETERS["n_clusters"]),
        contamination=DEFAULT_PARAMETERS["contamination"],
    )


def bootstrap(
    activity: pd.DataFrame, raw: pd.DataFrame, told: Ranking, *, as_of: datetime, seed: int
) -> dict[str, float]:
    """Fit on people drawn with replacement, judge everyone, and compare.

    Parameters
    ----------
    activity, raw : DataFrame
        Of everyone.
    told : Ranking
        Of the model that was fitted on everyone.
    as_of : datetime
        Moment of the population.
    seed : int
        Of the drawing.

    Returns
    -------
    dict of str to float
        ``overlap``: common share of both lists of ALTO (Jaccard), ``rank_correlation``: Spearman's
        of the ASI; means over three drawings.
    """
    rng = np.random.default_rng(seed)
    overlaps, correlations = [], []
    for _ in range(_RESAMPLES):
        drawn = activity.iloc[rng.integers(0, len(activity), len(activity))]
        scored = fit(drawn.reset_index(drop=True), as_of).score(raw)
        high = (scored["cluster_label"] == RiskLevel.ALTO).to_numpy()
        overlaps.append((high & told.flagged).sum() / max((high | told.flagged).sum(), 1))
        now = pd.Series(scored["severity_index"].to_numpy())
        correlations.append(now.corr(pd.Series(told.severity), method="spearman"))
    return {
        "overlap": float(np.mean(overlaps)),
        "rank_correlation": float(np.mean(correlations)),
    }


def headline(measures: pd.DataFrame) -> dict[str, float]:
    """Return the medians over the populations that scripts read.

    Ours are ranked as the product ranks: people who show too little stand apart. Flagged is
    whoever is in ALTO, those people included.
    """
    median = measures.groupby(level="system").median()
    mine, ranked, theirs = median.loc[OURS], median.loc[WORK_LIST], median.loc[PLAIN]
    rankers = median.drop(index=[OURS, WORK_LIST, PLAIN])["average_precision"]
    return {
        "recall_top10": float(ranked["recall_top10"]),
        "recall_top10_plain": float(theirs["recall_top10"]),
        "recall_alto": float(mine["recall"]),
        "recall_alto_plain": float(theirs["recall"]),
        "f1_alto": float(mine["f1"]),
        "f1_alto_plain": float(theirs["f1"]),
        "average_precision": float(ranked["average_precision"]),
        "average_precision_plain": float(theirs["average_precision"]),
        "average_precision_best_peer": float(rankers.max()),
        "healthy_outliers_flagged": float(mine["healthy_outliers_flagged"]),
    }
