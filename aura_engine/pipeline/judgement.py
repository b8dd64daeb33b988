"""From raw KPIs to a generation and what it changes, compared with what readers see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import Engine

from aura_engine.pipeline.choice import ChosenModel
from aura_engine.pipeline.transitions import (
    ALERT_EVERY,
    REOPEN_WITHIN,
    Circumstances,
    Transitions,
    compare,
    recorded,
)
from aura_engine.pipeline.verdicts import keep_verdicts
from aura_engine.store.cases import open_cases, recently_closed
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


def judge(store: Engine, chosen: ChosenModel, raw: pd.DataFrame, *, as_of: datetime) -> Judgement:
    """Score raw KPIs with the chosen model and compare with the generation in view.

    Parameters
    ----------
    store : Engine
        The analytics database.
    chosen : ChosenModel
        The model of this run, and the one it replaces, if any.
    raw : DataFrame, shape (n, 6)
        Raw KPIs indexed by root id.
    as_of : datetime
        Moment of the verdicts.
    """
    previous = previous_generation(store)
    texts_are_read = chosen.model.negativity_prior is not None
    scored = chosen.model.score(raw).assign(
        extraction_date=pd.Timestamp(as_of),
        verdict_as_of=pd.Timestamp(as_of),
        model_version_id=chosen.id,
    )
    generation = keep_verdicts(scored, previous, texts_are_read=texts_are_read)
    under_previous = None
    if chosen.previous is not None:
        under_previous = keep_verdicts(
            chosen.previous.score(raw).assign(
                verdict_as_of=pd.Timestamp(as_of), model_version_id=0
            ),
            previous,
            texts_are_read=texts_are_read,
        )
    transitions = compare(
        generation,
        previous,
        Circumstances(
            as_of=as_of,
            first_run=previous.empty,
            open_cases=open_cases(store),
            recently_closed=recently_closed(store, since=as_of - REOPEN_WITHIN),
            recent_alerts=recent_alerts(store, since=as_of - ALERT_EVERY),
        ),
        under_previous,
    )
    history = recorded(generation, previous, transitions.changed.index)
    return Judgement(generation.join(history), transitions)
