"""From activity to a generation and what it changes, compared with what readers see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection

from aura_engine.pipeline.choice import ChosenModel
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.pipeline.steadiness import steady
from aura_engine.pipeline.transitions import ALERT_EVERY, Transitions, compare, recorded, worsened
from aura_engine.pipeline.verdicts import keep_verdicts
from aura_engine.store.events import recent_alerts
from aura_engine.store.generation import active_generation, previous_generation


@dataclass(frozen=True, slots=True)
class Judgement:
    """New verdicts and what follows from them.

    Parameters
    ----------
    generation : DataFrame
        Rows of ``feature`` without ``id`` and ``run_id``, indexed by root id.
    transitions : Transitions
        History, cases and alerts.
    """

    generation: pd.DataFrame
    transitions: Transitions


@dataclass(frozen=True, slots=True)
class RawKpis:
    """What a run judges people by.

    Parameters
    ----------
    current : DataFrame
        Raw KPIs under the run's model, indexed by root id.
    former : DataFrame
        The same under the model that it replaces, where there is one that can be read.
    extracted_at : datetime or Series of datetime
        When the sources said so; by root id where that differs.
    """

    current: pd.DataFrame
    former: pd.DataFrame
    extracted_at: datetime | pd.Series

    @classmethod
    def of(
        cls,
        chosen: ChosenModel,
        activity: pd.DataFrame,
        former_activity: pd.DataFrame,
        *,
        as_of: datetime,
    ) -> Self:
        """Compute them from what people did.

        Parameters
        ----------
        chosen : ChosenModel
            The model of the run, and the one it replaces, if any.
        activity : DataFrame
            What the population, or some of it, did, indexed by root id.
        former_activity : DataFrame
            The same as the former model's language model reads the texts.
        as_of : datetime
            Moment of the run.
        """
        current = former = chosen.model.kpis(activity, as_of=as_of)
        if chosen.former is not None and chosen.former.model is not None:
            former = chosen.former.model.kpis(former_activity, as_of=as_of)
        return cls(current, former, as_of)


def judge(
    connection: Connection,
    chosen: ChosenModel,
    kpis: RawKpis,
    *,
    as_of: datetime,
    people: Sequence[str] | None = None,
) -> Judgement:
    """Score KPIs with the chosen model and compare with the generation in view.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    chosen : ChosenModel
        The model of this run, and the one it replaces, if any.
    kpis : RawKpis
        Of everyone, or of `people`.
    as_of : datetime
        Moment of the verdicts.
    people : sequence of str, optional
        Who is judged, where that is not everyone.
    """
    is_first = active_generation(connection) is None
    previous = previous_generation(connection, people)
    generation = _score(chosen.model, kpis.current, previous, model_id=chosen.id, as_of=as_of)
    under_previous = None
    if chosen.former is not None:
        # A former model that cannot be read is taken to say what it said last: then every
        # difference is the new model's, and nobody is alerted about it.
        under_previous = previous
        if chosen.former.model is not None:
            under_previous = _score(
                chosen.former.model, kpis.former, previous, model_id=0, as_of=as_of
            )
    waits: bool | npt.NDArray[np.bool_] = not is_first
    if under_previous is not None and waits:
        before, between = (rows.reindex(generation.index) for rows in (previous, under_previous))
        waits = worsened(before, between).to_numpy(dtype=bool)
    generation = steady(generation, previous, as_of=as_of, waits=waits)
    alerts = recent_alerts(connection, since=as_of - ALERT_EVERY, people=people)
    transitions = compare(generation, previous, alerts, under_previous, is_first=is_first)
    history = recorded(generation, previous, transitions.changed.index)
    extracted_at = pd.to_datetime(pd.Series(kpis.extracted_at, index=generation.index), utc=True)
    return Judgement(generation.join(history).assign(extraction_date=extracted_at), transitions)


def _score(
    model: ScoringModel,
    raw: pd.DataFrame,
    previous: pd.DataFrame,
    *,
    model_id: int,
    as_of: datetime,
) -> pd.DataFrame:
    scored = model.score(raw).assign(verdict_as_of=pd.Timestamp(as_of), model_version_id=model_id)
    return keep_verdicts(scored, previous, texts_are_read=model.negativity_prior is not None)
