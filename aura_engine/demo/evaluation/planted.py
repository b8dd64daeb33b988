"""A planted population in memory: what a run would see of it, and what is true of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd

from aura_engine.demo.evaluation.tables import SourceTables
from aura_engine.demo.plan import HISTORY_DAYS
from aura_engine.demo.population import Population
from aura_engine.demo.texts import TextPool
from aura_engine.nlp import TextScorer
from aura_engine.pipeline.nightly import NIGHTLY_AT
from aura_engine.pipeline.scoring import TEXT_COLUMNS
from aura_engine.sources.activity import Extraction, assemble

EPOCH: Final = date(2026, 3, 2)
"""First day of every evaluated history: figures must not move with the calendar."""
LAST_NIGHT: Final = HISTORY_DAYS
"""Day of the history on which a population is judged."""


class PlantedPopulation:
    """People of the demo's kind whose risk is known, living on as far as they are asked.

    Parameters
    ----------
    seed : int
        Not negative.
    users : int
        How many are scored.
    scorer : TextScorer
        Reads their texts.
    zone : ZoneInfo
        In which they live.
    window_days : int
        Days of KPIs 3 and 5.
    """

    def __init__(
        self, seed: int, users: int, scorer: TextScorer, *, zone: ZoneInfo, window_days: int
    ) -> None:
        pool = TextPool(seed, users)
        scores = scorer.score(pool.texts)
        self._population = Population(seed, users, EPOCH, zone, pool=pool)
        self._tables = SourceTables(dict(zip(pool.texts, scores.tolist(), strict=True)), zone)
        self._lived: datetime | None = None
        self._window = timedelta(days=window_days)
        self._zone = zone

    def night(self, day: int) -> datetime:
        """Return the moment of the nightly run on a day of the history."""
        return datetime.combine(EPOCH + timedelta(days=day), NIGHTLY_AT, self._zone)

    def extraction(self, as_of: datetime) -> Extraction:
        """Return what a run at this moment extracts, with the sums of the texts' negativity.

        Parameters
        ----------
        as_of : datetime
            Zone-aware, not before the last moment that was asked for.
        """
        if self._lived is None or as_of > self._lived:
            self._tables.apply(self._population.rows(self._lived, as_of))
            self._lived = as_of
        found = assemble(self._tables.aggregates(since=as_of - self._window))
        sums = self._tables.negativity(since=as_of - self._window)
        people = found.identity.resolve(sums["user_ref"])
        sums = sums.drop(columns="user_ref").groupby(people).sum()
        activity = found.activity.join(sums)
        activity[TEXT_COLUMNS] = activity[TEXT_COLUMNS].fillna(0)
        return Extraction(activity, found.memberships, found.identity, found.unresolved)

    def truth(self, as_of: datetime) -> pd.DataFrame:
        """Return the planted truth at a moment; see `Population.truth`."""
        return self._population.truth(as_of)
