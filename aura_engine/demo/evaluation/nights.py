"""Nights relived: what a counselor would have had to work with, day after day.

Every night scores everyone and goes through the product's own steps after it: kept verdicts,
hysteresis, transitions. Beside the steadied list stands the bare one, which follows the levels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aura_engine.demo.evaluation.evaluate import fit
from aura_engine.demo.evaluation.planted import LAST_NIGHT, PlantedPopulation
from aura_engine.domain import KPI_COLUMNS
from aura_engine.nlp import TextScorer
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.pipeline.steadiness import is_high, steady
from aura_engine.pipeline.verdicts import keep_verdicts

REFIT_EVERY: Final = 30
"""Nights that a model version lives, as `AURA_REFIT_DAYS` has it by default."""
JITTER: Final = 0.05
JITTERED_NIGHTS: Final = 2
"""Noise that stays for a second night is confirmed by it: hysteresis hides nothing."""
JITTERS: Final = 5
_BEFORE_THE_FIRST: Final = {
    "cluster_label": "str", "severity_index": "float64", "vote_kmeans": "object",
    "vote_dbscan": "object", "vote_forest": "object", "verdict_as_of": "datetime64[us, UTC]",
    "model_version_id": "float64", "had_messages": "object", "had_texts": "object",
    "had_evidence": "object", "needs_attention": "object",
    "high_changed_at": "datetime64[us, UTC]",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Relived:
    """Lists of consecutive nights.

    Attributes
    ----------
    listed : ndarray of shape (nights, people), bool
        Who needs attention, night by night.
    bare : ndarray of shape (nights, people), bool
        Who is in ALTO with enough evidence, without hysteresis.
    onset : ndarray of shape (people,)
        Night on which somebody's planted risk begins; NaN for those who always were at risk, turn
        later, or never do.
    at_risk : ndarray of shape (people,), bool
        On the last night.
    jitter_renewal, jitter_renewal_bare : float
        Share of the list that consists of other people when 5 % noise comes upon the last night's
        input and stays, compared with the same nights without noise; mean of five draws.
    """

    listed: NDArray[np.bool_]
    bare: NDArray[np.bool_]
    onset: NDArray[np.float64]
    at_risk: NDArray[np.bool_]
    jitter_renewal: float
    jitter_renewal_bare: float


def relive(
    seed: int,
    users: int,
    scorer: TextScorer,
    *,
    days: int,
    zone: ZoneInfo,
    window_days: int,
    on_night: Callable[[int, int], None],
) -> Relived:
    """Live through the last nights of one planted history.

    Parameters
    ----------
    seed, users : int
        Of the population.
    scorer : TextScorer
        Reads the texts.
    days : int
        Nights after the first run.
    zone : ZoneInfo
        Of the population.
    window_days : int
        Days of KPIs 3 and 5.
    on_night : callable
        Told how many nights are done, of how many.
    """
    population = PlantedPopulation(seed, users, scorer, zone=zone, window_days=window_days)
    first = LAST_NIGHT - days
    night = _Night(
        pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in _BEFORE_THE_FIRST.items()})
    )
    listed, bare = [], []
    for number in range(days + 1):
        on_night(number, days + 1)
        as_of = population.night(first + number)
        activity = population.extraction(as_of).activity
        is_new = number % REFIT_EVERY == 0
        if is_new:
            model = fit(activity, as_of)
        raw = model.kpis(activity, as_of=as_of)
        night = night.following(model, raw, as_of=as_of, waits=not is_new)
        listed.append(night.verdicts["needs_attention"])
        bare.append(is_high(night.verdicts))
    on_night(days + 1, days + 1)
    people = listed[-1].index
    truth = population.truth(as_of).reindex(people)
    quiet = _linger(night, model, raw, as_of=as_of)
    noisy = [
        _linger(
            night, model, _jittered(raw, model, np.random.default_rng([seed, draw])), as_of=as_of
        )
        for draw in range(JITTERS)
    ]
    return Relived(
        listed=_matrix(listed, people),
        bare=_matrix(bare, people),
        onset=np.where(truth["at_risk"], truth["onset_day"].astype(float) - first, np.nan),
        at_risk=truth["at_risk"].to_numpy(dtype=bool),
        jitter_renewal=_renewal(quiet, noisy, lambda lived: lived["needs_attention"]),
        jitter_renewal_bare=_renewal(quiet, noisy, is_high),
    )


@dataclass(frozen=True, eq=False)
class _Night:
    verdicts: pd.DataFrame

    def following(
        self, model: ScoringModel, raw: pd.DataFrame, *, as_of: datetime, waits: bool
    ) -> _Night:
        scored = model.score(raw).assign(verdict_as_of=pd.Timestamp(as_of), model_version_id=1)
        kept = keep_verdicts(
            scored, self.verdicts, texts_are_read=model.negativity_prior is not None
        )
        # Whoever needs attention is taken to be still cared for.
        before = self.verdicts.assign(has_open_case=self.verdicts["needs_attention"])
        return _Night(steady(kept, before, as_of=as_of, waits=waits))


def _jittered(raw: pd.DataFrame, model: ScoringModel, rng: np.random.Generator) -> pd.DataFrame:
    """Move every measured KPI by up to 5 % of its place on the model's scale."""
    low, high = model.scaler.clip_low_, model.scaler.clip_high_
    measured = np.array([column != "is_profile_incomplete" for column in KPI_COLUMNS])
    place = np.clip(raw.to_numpy(dtype=np.float64), low, high) - low
    noise = np.where(measured, rng.uniform(1 - JITTER, 1 + JITTER, raw.shape), 1.0)
    return pd.DataFrame(low + place * noise, index=raw.index, columns=raw.columns)


def _linger(
    night: _Night, model: ScoringModel, raw: pd.DataFrame, *, as_of: datetime
) -> pd.DataFrame:
    """Let nights pass in which nothing changes any more; return the verdicts."""
    for number in range(1, JITTERED_NIGHTS + 1):
        night = night.following(model, raw, as_of=as_of + timedelta(days=number), waits=True)
    return night.verdicts


def _renewal(
    quiet: pd.DataFrame,
    noisy: list[pd.DataFrame],
    listed: Callable[[pd.DataFrame], pd.Series],
) -> float:
    without = listed(quiet)
    others = [(listed(after) & ~without).sum() / max(int(without.sum()), 1) for after in noisy]
    return float(np.mean(others))


def _matrix(nights: list[pd.Series], people: pd.Index) -> NDArray[np.bool_]:
    rows = [night.reindex(people).eq(True).to_numpy(dtype=bool) for night in nights]
    return np.array(rows)
