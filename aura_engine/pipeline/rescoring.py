"""The transaction of an incremental run: rows, history, cases and events of whoever changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from aura_engine.logs import get_logger
from aura_engine.pipeline.affected import Affected
from aura_engine.pipeline.behaviour import stored_behaviour
from aura_engine.pipeline.choice import ChosenModel
from aura_engine.pipeline.judgement import Judgement, RawKpis, judge
from aura_engine.pipeline.messages import MAX_SINGLE_MESSAGES, complete_event, single_events
from aura_engine.pipeline.population import MAX_LEAVING, MAX_LEAVING_SHARE
from aura_engine.pipeline.replay import history_rows
from aura_engine.sources import Source
from aura_engine.sources.people import PeopleRead
from aura_engine.store.activity import save_activity, save_references, settle_people
from aura_engine.store.cases import open_cases
from aura_engine.store.events import Event, write_events
from aura_engine.store.generation import active_distribution, add_history, replace_active_rows
from aura_engine.store.people import remove_people, save_memberships
from aura_engine.store.rescored import (
    BatchCounts,
    advance_incremental_run,
    count_people,
    existing_people,
    incremental_run,
    note_rescored,
    removed_today,
)

log = get_logger(__name__)


@dataclass(frozen=True)
class Batch:
    """What a batch of changes comes to.

    Parameters
    ----------
    told : Affected
        Whom it concerns.
    read : PeopleRead
        What the sources say of them.
    as_of : datetime
        Moment of the verdicts.
    window_days : int
        Days of KPIs 3 and 5.
    """

    told: Affected
    read: PeopleRead
    as_of: datetime
    window_days: int


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What a batch did.

    Attributes
    ----------
    as_of : datetime
        Moment of its verdicts.
    counts : BatchCounts
        How many people, transitions, alerts.
    moved_levels : bool
        Whether the totals by level may be others now.
    more_waits : bool
        Whether there is more that waited for a source.
    """

    as_of: datetime
    counts: BatchCounts
    moved_levels: bool
    more_waits: bool = False


def write_batch(
    connection: Connection, batch: Batch, model: ChosenModel, revision: str | None
) -> BatchOutcome:
    """Score a batch and show it, in the caller's transaction, which holds the writer lock.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    batch : Batch
        Whom changes concern, and what the sources say of them.
    model : ChosenModel
        The active version.
    revision : str or None
        Of the language model behind its KPI 5, whose scores are stored.
    """
    told, read, as_of = batch.told, batch.read, batch.as_of
    run_id = incremental_run(connection, as_of=as_of)
    going, postponed = _going(connection, told.left, run_id)
    if going:
        remove_people(connection, going, as_of=as_of)
    # A run may have removed somebody since the batch was read.
    people = existing_people(connection, told.people)
    keep_read(connection, told, read, set(people), as_of)
    counts = BatchCounts(len(people), removed=len(going), postponed=postponed)
    moved = bool(going)
    if people:
        judgement = _judge(connection, batch, model, revision, people)
        transitions = judgement.transitions
        new_cases = _show(connection, judgement, people, run_id=run_id, as_of=as_of)
        if transitions.people <= MAX_SINGLE_MESSAGES:
            generation = judgement.generation
            events = single_events(generation, transitions, model.model, told.factors)
        else:
            events = [_totals_instead(connection, judgement, run_id=run_id, new_cases=new_cases)]
        write_events(connection, events, run_id=run_id, as_of=as_of)
        counts = replace(counts, transitions=transitions.people, alerts=len(transitions.alerted))
        levels = transitions.changed[["cluster_label", "previous_label"]]
        moved |= bool((levels["cluster_label"] != levels["previous_label"]).any())
    if people or going:
        note_rescored(connection, {*people, *going})
    if people or going or postponed:
        advance_incremental_run(connection, run_id, counts, as_of=as_of, model_id=model.id)
    return BatchOutcome(as_of, counts, moved)


def keep_read(
    connection: Connection,
    told: Affected,
    read: PeopleRead,
    people: set[str],
    as_of: datetime,
) -> None:
    """Keep what the sources said of each person, in the caller's transaction.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    told : Affected
        Whom it is about, and of whom each source was read.
    read : PeopleRead
        What they said.
    people : set of str
        Root ids of those whom we hold.
    as_of : datetime
        Moment of the reading.
    """
    social, messaging = (
        sorted(people & told.to_read[source]) for source in (Source.SOCIAL, Source.MESSAGING)
    )
    known = sorted(set(social) - told.reidentified)
    if known:
        save_memberships(connection, known, read.memberships)
    for source, who in ((Source.SOCIAL, social), (Source.MESSAGING, messaging)):
        if who:
            save_activity(connection, source.value, read.activity.loc[who], read_at=as_of)
    if looked_up := people & told.reidentified:
        theirs = told.pairs[told.pairs["user_id_raiz"].isin(looked_up)]
        save_references(connection, looked_up, theirs)
    settle_people(connection, sorted(people))


def _judge(
    connection: Connection,
    batch: Batch,
    model: ChosenModel,
    revision: str | None,
    people: list[str],
) -> Judgement:
    activity = stored_behaviour(
        connection,
        revision,
        as_of=batch.as_of,
        window_days=batch.window_days,
        people=people,
    )
    kpis = RawKpis.of(model, activity, activity, as_of=batch.as_of)
    return judge(connection, model, kpis, as_of=batch.as_of, people=people)


def _show(
    connection: Connection,
    judgement: Judgement,
    people: list[str],
    *,
    run_id: int,
    as_of: datetime,
) -> int:
    """Write rows, history and cases; return how many cases were opened."""
    replace_active_rows(connection, people, judgement.generation.reset_index())
    changed = judgement.transitions.changed
    add_history(connection, run_id, history_rows(changed, judgement.generation))
    entering = judgement.transitions.entering
    return open_cases(connection, entering, run_id=run_id, as_of=as_of).opened


def _totals_instead(
    connection: Connection, judgement: Judgement, *, run_id: int, new_cases: int
) -> Event:
    """Return what stands for messages of single people where these are too many to be read."""
    people = active_distribution(connection)
    return complete_event(
        run_id=run_id,
        distribution=people,
        transitions=judgement.transitions,
        new_cases=new_cases,
        seconds=0.0,
    )


def _going(connection: Connection, left: list[str], run_id: int) -> tuple[list[str], int]:
    """Return who may be removed unasked, and how many have to wait for the nightly run."""
    if not left:
        return [], 0
    allowed = max(MAX_LEAVING, MAX_LEAVING_SHARE * count_people(connection))
    room = int(allowed) - removed_today(connection, run_id)
    if len(left) <= room:
        return left, 0
    log.warning("leaving_postponed", people=len(left))
    return [], len(left)
