"""Make a judgement what everybody reads: load aside in batches, then one short flip."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine

from aura_engine.pipeline.choice import ChosenModel
from aura_engine.pipeline.judgement import Judgement
from aura_engine.pipeline.messages import run_events
from aura_engine.pipeline.reading import Reading
from aura_engine.store.cases import erase_cases, open_cases
from aura_engine.store.events import write_events
from aura_engine.store.generation import (
    ensure_history_month,
    flip,
    load_generation,
    stage_history,
)
from aura_engine.store.model_versions import activate_model
from aura_engine.store.people import remove_people
from aura_engine.store.runs import RunRecorder


def load(store: Engine, recorder: RunRecorder, judgement: Judgement, *, as_of: datetime) -> None:
    """Load rows and history of a run in committed batches; nobody sees them yet.

    Parameters
    ----------
    store : Engine
        The analytics database.
    recorder : RunRecorder
        Of the run; told of the progress.
    judgement : Judgement
        Everyone's rows and transitions.
    as_of : datetime
        Moment of the run.
    """
    load_generation(
        store, recorder.run_id, judgement.generation.reset_index(), loaded=recorder.advance
    )
    ensure_history_month(store, as_of)
    changed = judgement.transitions.changed
    history = changed.assign(
        as_of=pd.Timestamp(as_of),
        model_version_id=judgement.generation["model_version_id"].reindex(changed.index),
    )
    stage_history(store, recorder.run_id, history.reset_index())


def flip_run(
    recorder: RunRecorder,
    judgement: Judgement,
    chosen: ChosenModel,
    *,
    as_of: datetime,
    gone: Sequence[str],
    results: dict[str, Any],
    read: Reading,
    started: float,
) -> None:
    """Show a loaded run to everyone, in one transaction with all that follows from it.

    The transaction is made again if somebody holds a row of it for too long.

    Parameters
    ----------
    recorder : RunRecorder
        Of the run; it succeeds with the flip or not at all.
    judgement, chosen
        What was loaded, and the model behind it.
    as_of : datetime
        Moment of the verdicts.
    gone : sequence of str
        Root ids of people to forget.
    results : dict
        For the run's row.
    read : Reading
        With what the texts were read.
    started : float
        Of the run, by the monotonic clock.
    """
    transitions = judgement.transitions

    def show(connection: Connection) -> None:
        if gone:
            remove_people(connection, gone, as_of=as_of)
        erase_cases(connection, as_of=as_of)
        activate_model(connection, chosen.id, as_of=as_of)
        cases = open_cases(connection, transitions.entering, run_id=recorder.run_id, as_of=as_of)
        events = run_events(
            judgement.generation,
            transitions,
            chosen.model,
            run_id=recorder.run_id,
            results=results,
            new_cases=cases.opened,
            seconds=time.monotonic() - started,
        )
        write_events(connection, events, run_id=recorder.run_id, as_of=as_of)
        flip(connection, recorder.run_id)
        recorder.count(
            removed=len(gone),
            transitions=transitions.people,
            alerts=len(transitions.alerted),
            fitted_because=chosen.fitted_because,
            **asdict(cases),
        )
        recorder.finish(
            connection,
            results=json.dumps(results),
            model_version_id=chosen.id,
            text_model=read.model,
            text_revision=read.revision,
            texts_read_through=read.through,
        )

    recorder.flip(show)
