"""Make a judgement what everybody reads: load aside in batches, then one short flip."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from aura_engine.pipeline.choice import ChosenModel
from aura_engine.pipeline.judgement import Judgement
from aura_engine.store.cases import create_cases, reopen_cases
from aura_engine.store.events import Event, write_events
from aura_engine.store.generation import (
    ensure_history_month,
    flip,
    load_generation,
    stage_history,
)
from aura_engine.store.model_versions import activate_model
from aura_engine.store.people import remove_people
from aura_engine.store.runs import RunRecorder


def load(store: Engine, run_id: int, judgement: Judgement, *, as_of: datetime) -> None:
    """Load rows and history of a run in committed batches; nobody sees them yet."""
    load_generation(store, run_id, judgement.generation.reset_index())
    ensure_history_month(store, as_of)
    changed = judgement.transitions.changed
    history = changed.assign(
        as_of=pd.Timestamp(as_of),
        model_version_id=judgement.generation["model_version_id"].reindex(changed.index),
    )
    stage_history(store, run_id, history.reset_index())


def flip_run(
    store: Engine,
    recorder: RunRecorder,
    judgement: Judgement,
    chosen: ChosenModel,
    *,
    as_of: datetime,
    gone: Sequence[str],
    events: Sequence[Event],
    results: dict[str, Any],
    text_outcome: dict[str, Any],
) -> None:
    """Show a loaded run to everyone, in one transaction with all that follows from it.

    Parameters
    ----------
    store : Engine
        The analytics database.
    recorder : RunRecorder
        Of the run; it succeeds with the flip or not at all.
    judgement, chosen
        What was loaded, and the model behind it.
    as_of : datetime
        Moment of the verdicts.
    gone : sequence of str
        Root ids of people to forget.
    events : sequence of Event
        To append.
    results, text_outcome : dict
        For the run's row.
    """
    transitions = judgement.transitions
    with store.begin() as connection:
        if gone:
            remove_people(connection, gone, as_of=as_of)
        activate_model(connection, chosen.id, as_of=as_of)
        create_cases(connection, transitions.new_cases, run_id=recorder.run_id, as_of=as_of)
        reopen_cases(connection, transitions.reopened, as_of=as_of)
        write_events(connection, events, run_id=recorder.run_id, as_of=as_of)
        flip(connection, recorder.run_id)
        recorder.finish(
            connection, results=json.dumps(results), model_version_id=chosen.id, **text_outcome
        )
