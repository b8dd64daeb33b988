"""What was rescored while a run went on: the run takes it over before it shows itself.

Without this a run would show, for whoever changed meanwhile, what it had read before the change,
and the change would be lost until the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection

from aura_engine.logs import get_logger
from aura_engine.pipeline.behaviour import stored_behaviour
from aura_engine.pipeline.choice import ChosenModel
from aura_engine.pipeline.context import PipelineContext
from aura_engine.pipeline.judgement import Judgement, RawKpis, judge
from aura_engine.pipeline.outcome import not_before
from aura_engine.pipeline.transitions import Transitions
from aura_engine.store.change_cursors import store_clock
from aura_engine.store.events import lock_writers
from aura_engine.store.generation import replace_rows, replace_staged_history
from aura_engine.store.rescored import (
    existing_people,
    last_rescored,
    latest_as_of,
    rescored_since,
)
from aura_engine.store.runs import RunRecorder

log = get_logger(__name__)

FEW: Final = 50
"""So many people may be left for the flip itself, which readers and writers wait for."""
AT_ONCE: Final = 2_000
_ROUNDS: Final = 20
"""More than enough unless changes come faster than they can be taken over."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What was so when a run began to read.

    Attributes
    ----------
    as_of : datetime
        Moment to judge for: not before anybody was judged already.
    after : int
        Number of the last note of who was rescored.
    at : datetime
        By the analytics server's clock.
    """

    as_of: datetime
    after: int
    at: datetime


def begin(context: PipelineContext, recorder: RunRecorder, as_of: datetime) -> Beginning:
    """Note where a run begins; whoever is rescored later is taken over before it shows itself.

    Parameters
    ----------
    context : PipelineContext
        Databases.
    recorder : RunRecorder
        Of the run.
    as_of : datetime
        When it was taken.
    """
    with context.store.connect() as connection:
        after, at = last_rescored(connection), store_clock(connection)
        latest = latest_as_of(connection)
    moment = not_before(as_of, latest)
    if moment != as_of:
        recorder.move(moment)
    return Beginning(moment, after, at)


def _nothing(_people: Sequence[str]) -> None:
    pass


@dataclass
class Replay:
    """Takes over, round by round, what was rescored since a run began to read.

    Parameters
    ----------
    context : PipelineContext
        Databases and window.
    run_id : int
        The run, whose generation is loaded.
    chosen : ChosenModel
        Its model, and the former one.
    revision : str or None
        Of the language model behind its KPI 5.
    as_of : datetime
        Its moment.
    judgement : Judgement
        What was loaded; kept up to date.
    after : int
        Number of the last note (`aura_engine.store.rescored`) before the run began to read.
    before_first : callable
        Called once with each person before their first round: what the run itself may have
        written over is mended there, and `gone` corrected.
    """

    context: PipelineContext
    run_id: int
    chosen: ChosenModel
    revision: str | None
    as_of: datetime
    judgement: Judgement
    after: int
    before_first: Callable[[Sequence[str]], None] = _nothing
    gone: set[str] = field(default_factory=set)
    """Who had no account when the run read them, and has none still."""
    people: set[str] = field(default_factory=set)
    """Everyone taken over so far."""

    def go_on(self) -> None:
        """Take over what there is, until so little is left that the flip can do it."""
        for _ in range(_ROUNDS):
            with self.context.store.connect() as connection:
                people, through = rescored_since(connection, self.after)
            if not people:
                return
            fresh = [person for person in people if person not in self.people]
            if fresh:
                self.before_first(fresh)
            elif len(people) <= FEW:
                return
            for start in range(0, len(people), AT_ONCE):
                part = people[start : start + AT_ONCE]
                with self.context.store.begin() as connection:
                    lock_writers(connection)
                    self.judgement = self._taken_over(connection, part, self.gone)
            self.people.update(people)
            self.after = through
        log.warning("replay_does_not_catch_up", run_id=self.run_id, people=len(self.people))

    def last(self, connection: Connection) -> tuple[Judgement, list[str]]:
        """Take over the rest in the transaction of the flip, which holds the writer lock.

        Nothing is kept here, so that it can be made again after a rollback.

        Returns
        -------
        tuple of Judgement and list of str
            The whole judgement, and whom to forget: nobody who was rescored at the last moment.
        """
        people, _ = rescored_since(connection, self.after)
        gone = self.gone - set(people)
        judgement = self.judgement
        if people:
            judgement = self._taken_over(connection, people, gone)
        return judgement, sorted(gone)

    def _taken_over(
        self, connection: Connection, people: Sequence[str], gone: set[str]
    ) -> Judgement:
        present = [who for who in existing_people(connection, people) if who not in gone]
        new = self._judge(connection, present) if present else None
        merged = _merged(self.judgement, people, new)
        rows = merged.generation.loc[merged.generation.index.isin(present)]
        replace_rows(connection, self.run_id, people, rows.reset_index())
        changed = merged.transitions.changed
        changed = changed[changed.index.isin(present)]
        history = history_rows(changed, rows)
        replace_staged_history(connection, self.run_id, people, history)
        return merged

    def _judge(self, connection: Connection, people: Sequence[str]) -> Judgement:
        moment = max(self.as_of, latest_as_of(connection) or self.as_of)

        def behaviour(revision: str | None) -> pd.DataFrame:
            return stored_behaviour(
                connection,
                revision,
                as_of=moment,
                window_days=self.context.window_days,
                people=people,
            )

        activity = behaviour(self.revision)
        former = activity
        if self.chosen.former and self.chosen.former.text_revision != self.revision:
            former = behaviour(self.chosen.former.text_revision)
        kpis = RawKpis.of(self.chosen, activity, former, as_of=moment)
        return judge(connection, self.chosen, kpis, as_of=moment, people=people)


def history_rows(changed: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``risk_history`` that transitions make.

    Parameters
    ----------
    changed : DataFrame
        Of `Transitions`.
    rows : DataFrame
        The new rows of at least these people.
    """
    theirs = rows.reindex(changed.index)
    return changed.assign(
        as_of=theirs["extraction_date"], model_version_id=theirs["model_version_id"]
    ).reset_index(names="user_id_raiz")


def _merged(base: Judgement, people: Sequence[str], new: Judgement | None) -> Judgement:
    """Return a judgement in which these people's part is another."""
    stays = ~base.generation.index.isin(people)
    generation = base.generation[stays]
    before = base.transitions
    changed = before.changed[~before.changed.index.isin(people)]
    entering = before.entering[~before.entering["user_id_raiz"].isin(people)]
    alerted = [person for person in before.alerted if person not in set(people)]
    if new is not None:
        generation = pd.concat([generation, new.generation]).sort_index()
        changed = _joined(changed, new.transitions.changed)
        entering = _joined(entering, new.transitions.entering)
        alerted = alerted + new.transitions.alerted
    return Judgement(generation, Transitions(changed, entering, alerted))


def _joined(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    parts = [part for part in (first, second) if not part.empty]
    return pd.concat(parts) if parts else first
