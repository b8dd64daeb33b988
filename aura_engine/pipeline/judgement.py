"""From activity to a generation and what it changes, compared with what readers see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Engine

from aura_engine.pipeline.choice import ChosenModel
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.pipeline.steadiness import steady
from aura_engine.pipeline.transitions import ALERT_EVERY, Transitions, compare, recorded, worsened
from aura_engine.pipeline.verdicts import keep_verdicts
from aura_engine.store.events import recent_alerts
from aura_engine.store.generation import previous_generation


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


def judge(
    store: Engine,
    chosen: ChosenModel,
    activity: pd.DataFrame,
    former_activity: pd.DataFrame,
    *,
    as_of: datetime,
) -> Judgement:
    """Score what people did with the chosen model and compare with the generation in view.

    Parameters
    ----------
    store : Engine
        The analytics database.
    chosen : ChosenModel
        The model of this run, and the one it replaces, if any.
    activity : DataFrame
        What the population did, indexed by root id.
    former_activity : DataFrame
        The same as the former model's language model reads the texts.
    as_of : datetime
        Moment of the verdicts.
    """
    previous = previous_generation(store)
    generation = _score(chosen.model, activity, previous, model_id=chosen.id, as_of=as_of)
    under_previous = None
    if chosen.former is not None:
        # A former model that cannot be read is taken to say what it said last: then every
        # difference is the new model's, and nobody is alerted about it.
        under_previous = previous
        if chosen.former.model is not None:
            under_previous = _score(
                chosen.former.model, former_activity, previous, model_id=0, as_of=as_of
            )
    waits: bool | npt.NDArray[np.bool_] = not previous.empty
    if under_previous is not None and waits:
        before, between = (rows.reindex(generation.index) for rows in (previous, under_previous))
        waits = worsened(before, between).to_numpy(dtype=bool)
    generation = steady(generation, previous, as_of=as_of, waits=waits)
    alerts = recent_alerts(store, since=as_of - ALERT_EVERY)
    transitions = compare(generation, previous, alerts, under_previous)
    history = recorded(generation, previous, transitions.changed.index)
    return Judgement(generation.join(history), transitions)


def _score(
    model: ScoringModel,
    activity: pd.DataFrame,
    previous: pd.DataFrame,
    *,
    model_id: int,
    as_of: datetime,
) -> pd.DataFrame:
    moment = pd.Timestamp(as_of)
    scored = model.score(model.kpis(activity, as_of=as_of)).assign(
        extraction_date=moment, verdict_as_of=moment, model_version_id=model_id
    )
    return keep_verdicts(scored, previous, texts_are_read=model.negativity_prior is not None)
