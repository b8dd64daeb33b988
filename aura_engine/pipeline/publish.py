"""Make a judgement what everybody reads: load aside in batches, then one short flip."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine

from aura_engine.pipeline.choice import ChosenModel
from aura_engine.pipeline.judgement import Judgement
from aura_engine.pipeline.messages import run_events
from aura_engine.pipeline.reading import Reading
from aura_engine.pipeline.replay import Replay, history_rows
from aura_engine.pipeline.results import with_totals
from aura_engine.store.cases import erase_cases, open_cases
from aura_engine.store.events import lock_writers, write_events
from aura_engine.store.generation import (
    ensure_history_month,
    flip,
    load_generation,
    stage_history,
)
from aura_engine.store.model_versions import activate_model
from aura_engine.store.people import remove_people
from aura_engine.store.rescored import forget_rescored
from aura_engine.store.runs import RunRecorder
from aura_engine.store.samples import is_sample_due, stage_samples


def load(
    store: Engine,
    recorder: RunRecorder,
    judgement: Judgement,
    *,
    as_of: datetime,
    is_fresh: bool = False,
) -> None:
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
    is_fresh : bool
        As of `Publication`.
    """
    generation = judgement.generation
    load_generation(store, recorder.run_id, generation.reset_index(), loaded=recorder.advance)
    ensure_history_month(store, as_of)
    history = history_rows(judgement.transitions.changed, generation)
    stage_history(store, recorder.run_id, history.assign(as_of=as_of))
    if not is_fresh:
        return
    with store.connect() as connection:
        is_due = is_sample_due(connection, as_of)
    if is_due:
        go_on = partial(recorder.advance, len(generation))
        stage_samples(store, recorder.run_id, generation, staged=go_on)


def _nothing_more(_connection: Connection) -> None:
    pass


@dataclass(frozen=True)
class Publication:
    """What a run shows with its flip.

    Parameters
    ----------
    chosen : ChosenModel
        The model of the run.
    as_of : datetime
        Moment of the verdicts.
    results : dict
        For the run's row.
    read : Reading
        With what the texts were read.
    started : float
        Of the run, by the monotonic clock.
    is_fresh : bool
        Whether every source was read for it, so that what it knows may be kept as a sample.
    announces : bool
        Whether CLUSTERING_COMPLETE is sent even if single messages say it all.
    with_flip : callable
        Called in the transaction of the flip.
    """

    chosen: ChosenModel
    as_of: datetime
    results: dict[str, Any]
    read: Reading
    started: float
    is_fresh: bool = False
    announces: bool = True
    with_flip: Callable[[Connection], None] = _nothing_more


def publish(recorder: RunRecorder, replay: Replay, publication: Publication) -> None:
    """Load a run's rows, take over what was rescored meanwhile, and show it all.

    Parameters
    ----------
    recorder : RunRecorder
        Of the run.
    replay : Replay
        With the judgement to load.
    publication : Publication
        What is shown besides.
    """
    with recorder.stage("load", len(replay.judgement.generation)):
        load(
            replay.context.store,
            recorder,
            replay.judgement,
            as_of=publication.as_of,
            is_fresh=publication.is_fresh,
        )
        replay.go_on()
    with recorder.stage("flip"):
        flip_run(recorder, replay, publication)


def flip_run(recorder: RunRecorder, replay: Replay, publication: Publication) -> None:
    """Show a loaded run to everyone, in one transaction with all that follows from it.

    The transaction is made again if somebody holds a row of it for too long.

    Parameters
    ----------
    recorder : RunRecorder
        Of the run; it succeeds with the flip or not at all.
    replay : Replay
        Takes over what was rescored meanwhile.
    publication : Publication
        What is shown.
    """
    run_id, as_of, chosen = recorder.run_id, publication.as_of, publication.chosen

    def show(connection: Connection) -> None:
        lock_writers(connection)
        judgement, gone = replay.last(connection)
        if gone:
            remove_people(connection, gone, as_of=as_of)
        transitions = judgement.transitions
        results = with_totals(publication.results, judgement.generation)
        erase_cases(connection, as_of=as_of)
        activate_model(connection, chosen.id, as_of=as_of)
        cases = open_cases(connection, transitions.entering, run_id=run_id, as_of=as_of)
        events = run_events(
            judgement.generation,
            transitions,
            chosen.model,
            run_id=run_id,
            results=results,
            new_cases=cases.opened,
            seconds=time.monotonic() - publication.started,
            announces=publication.announces,
        )
        write_events(connection, events, run_id=run_id, as_of=as_of)
        flip(connection, run_id)
        forget_rescored(connection)
        publication.with_flip(connection)
        recorder.count(
            removed=len(gone),
            replayed=len(replay.people),
            transitions=transitions.people,
            alerts=len(transitions.alerted),
            fitted_because=chosen.fitted_because,
            **asdict(cases),
        )
        recorder.finish(
            connection,
            results=json.dumps(results),
            model_version_id=chosen.id,
            text_model=publication.read.model,
            text_revision=publication.read.revision,
            texts_read_through=publication.read.through,
        )

    recorder.flip(show)
