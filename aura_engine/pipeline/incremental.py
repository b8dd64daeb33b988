"""Incremental runs: whoever changed is read, scored by the active version, and shown at once."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from aura_engine.errors import ModelError
from aura_engine.logs import get_logger
from aura_engine.pipeline.affected import Affected, affected
from aura_engine.pipeline.behaviour import stored_behaviour
from aura_engine.pipeline.choice import ChosenModel
from aura_engine.pipeline.context import PipelineContext
from aura_engine.pipeline.judgement import Judgement, RawKpis, judge
from aura_engine.pipeline.messages import MAX_SINGLE_MESSAGES, single_events
from aura_engine.pipeline.outcome import MOST_AHEAD
from aura_engine.pipeline.person_texts import reader_of, synchronise_texts
from aura_engine.pipeline.population import MAX_LEAVING, MAX_LEAVING_SHARE, save_some
from aura_engine.pipeline.reader import TextReader
from aura_engine.pipeline.replay import history_rows
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.sources import Source
from aura_engine.sources.changes import Change
from aura_engine.sources.feed import Taken
from aura_engine.sources.people import PeopleRead, read_people
from aura_engine.store.activity import save_activity, save_references, settle_people
from aura_engine.store.cases import open_cases
from aura_engine.store.change_cursors import (
    WaitingChange,
    demand_resync,
    let_wait,
    move_cursor,
    stop_waiting,
    waiting,
)
from aura_engine.store.events import lock_writers, write_events
from aura_engine.store.failures import store_errors
from aura_engine.store.generation import (
    add_history,
    ensure_history_month,
    replace_active_rows,
)
from aura_engine.store.model_versions import active_model_id, stored_model
from aura_engine.store.people import remove_people, save_memberships
from aura_engine.store.rescored import (
    BatchCounts,
    advance_incremental_run,
    count_people,
    existing_people,
    incremental_run,
    latest_as_of,
    note_rescored,
    removed_today,
)

log = get_logger(__name__)

LOOK_AGAIN_SECONDS: Final = 60.0
"""Between two tries to load a language model that could not be loaded."""
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class _AnotherReader(Exception):
    """A run changed the language model after the texts of this batch were read."""


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
    """

    as_of: datetime
    counts: BatchCounts
    moved_levels: bool


@dataclass
class IncrementalRuns:
    """Scores whoever changed, batch after batch, in one thread.

    Parameters
    ----------
    context : PipelineContext
        Databases, language model, settings.
    """

    context: PipelineContext
    _as_of: datetime = _LONG_AGO
    _model: ChosenModel | None = None
    _revision: str | None = None
    _reader: TextReader | None = None
    _month: tuple[int, int] | None = None
    _look_again_at: float = 0.0
    problem: str | None = None
    """Why new texts are not read now, if they are not."""

    def run(
        self, taken: Mapping[Source, Taken], *, away: Collection[Source] = ()
    ) -> BatchOutcome | None:
        """Bring everyone whom changes concern up to date, and move the cursors with it.

        Parameters
        ----------
        taken : mapping of Source to Taken
            Changes, and how far each source is read with them.
        away : collection of Source
            Sources that do not answer now; what has to wait for one is kept aside.

        Returns
        -------
        BatchOutcome or None
            None where there is no generation yet, which the first run makes; nothing moves then.

        Raises
        ------
        SourceError
            If a source does not answer; its name is on the error, and nothing has moved.
        StoreError, ModelError
            If the analytics database or the language model fails; nothing has moved.
        """
        with store_errors():
            while True:
                try:
                    return self._run(taken, away)
                except _AnotherReader:
                    log.info("batch_begins_again", reason="another language model reads now")

    def _run(self, taken: Mapping[Source, Taken], away: Collection[Source]) -> BatchOutcome | None:
        store = self.context.store
        with store.connect() as connection:
            if self._restore(connection) is None:
                return None
            waited = waiting(connection, away=sorted(s.value for s in away), most=500)
            latest = latest_as_of(connection)
        changes = [change for part in taken.values() for change in part.changes]
        changes += [_waited(change) for change in waited]
        as_of = self._moment(changes, latest)
        told = affected(
            store,
            self.context.sources,
            changes,
            away=away,
            as_of=as_of,
            timezone=self.context.timezone,
        )
        read = self._read(told, as_of)
        self._save_newcomers(told, read, as_of)
        self._read_texts(told, as_of)
        with store.begin() as connection:
            lock_writers(connection)
            revision = self._revision
            model = self._restore(connection)
            if model is None or self._revision != revision:
                raise _AnotherReader
            outcome = self._write(connection, model, told, read, as_of)
            self._move(connection, taken, told, waited)
        return outcome

    def _restore(self, connection: Connection) -> ChosenModel | None:
        """Return the active model version; None where there is none yet."""
        found = active_model_id(connection)
        if found is None or (self._model is not None and self._model.id == found):
            return self._model if found is not None else None
        stored = stored_model(connection, found)
        if stored is None:
            return None
        model = ScoringModel.from_bytes(stored.artefact)
        self._model = ChosenModel(stored.id, model, None, None)
        self._revision = stored.text_revision if model.negativity_prior else None
        self._reader = None
        return self._model

    def _moment(self, changes: Sequence[Change], latest: datetime | None) -> datetime:
        """Return the moment to score for: never before one that was scored for already."""
        now = self.context.clock().astimezone(UTC)
        told = (change.changed_at for change in changes)
        known = [moment for moment in (*told, latest) if moment is not None]
        near = (moment for moment in known if moment - now <= MOST_AHEAD)
        self._as_of = max(self._as_of, now, *near)
        if (self._as_of.year, self._as_of.month) != self._month:
            ensure_history_month(self.context.store, self._as_of)
            self._month = (self._as_of.year, self._as_of.month)
        return self._as_of

    def _read(self, told: Affected, as_of: datetime) -> PeopleRead:
        return read_people(
            self.context.sources,
            told.identity,
            told.to_read,
            accounts=told.accounts,
            as_of=as_of,
            window_days=self.context.window_days,
            timezone=self.context.timezone,
        )

    def _save_newcomers(self, told: Affected, read: PeopleRead, as_of: datetime) -> None:
        """Have a row for everyone who was looked up, before their texts refer to it."""
        if told.reidentified:
            save_some(self.context.store, read, sorted(told.reidentified), as_of=as_of)

    def _read_texts(self, told: Affected, as_of: datetime) -> None:
        if self._revision is None:
            return
        kinds = {kind: people for kind, people in told.texts.items() if people}
        if kinds and self._reader is None and time.monotonic() >= self._look_again_at:
            self._reader = self._reader_if_any(self._revision)
        for kind, people in kinds.items():
            synchronise_texts(
                self.context,
                told.pairs[told.pairs["user_id_raiz"].isin(people)],
                (kind,),
                as_of=as_of,
                revision=self._revision,
                reader=self._reader,
            )

    def _reader_if_any(self, revision: str) -> TextReader | None:
        """Return who reads; without one new words wait for the next run, and nobody else does."""
        self.problem = None
        try:
            return reader_of(self.context, revision)
        except ModelError as error:
            self.problem = str(error)
            self._look_again_at = time.monotonic() + LOOK_AGAIN_SECONDS
            log.warning("texts_wait_for_the_language_model", reason=self.problem)
            return None

    def _write(
        self,
        connection: Connection,
        model: ChosenModel,
        told: Affected,
        read: PeopleRead,
        as_of: datetime,
    ) -> BatchOutcome:
        run_id = incremental_run(connection, as_of=as_of)
        going, postponed = self._going(connection, told.left, run_id)
        if going:
            remove_people(connection, going, as_of=as_of)
        # A run may have removed somebody since the batch was read.
        people = existing_people(connection, told.people)
        self._keep(connection, told, read, set(people), as_of)
        counts = BatchCounts(len(people), removed=len(going), postponed=postponed)
        moved = bool(going)
        if people:
            judgement = self._judge(connection, model, people, as_of)
            transitions = judgement.transitions
            self._show(connection, judgement, people, run_id=run_id, as_of=as_of)
            if transitions.people <= MAX_SINGLE_MESSAGES:
                generation = judgement.generation
                events = single_events(generation, transitions, model.model, told.factors)
                write_events(connection, events, run_id=run_id, as_of=as_of)
            counts = replace(
                counts, transitions=transitions.people, alerts=len(transitions.alerted)
            )
            levels = transitions.changed[["cluster_label", "previous_label"]]
            moved |= bool((levels["cluster_label"] != levels["previous_label"]).any())
        if people or going:
            note_rescored(connection, {*people, *going})
        if people or going or postponed:
            advance_incremental_run(connection, run_id, counts, as_of=as_of, model_id=model.id)
        return BatchOutcome(as_of, counts, moved)

    def _keep(
        self,
        connection: Connection,
        told: Affected,
        read: PeopleRead,
        people: set[str],
        as_of: datetime,
    ) -> None:
        """Keep what the sources said of each person, source by source."""
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
        self, connection: Connection, model: ChosenModel, people: list[str], as_of: datetime
    ) -> Judgement:
        activity = stored_behaviour(
            connection,
            self._revision,
            as_of=as_of,
            window_days=self.context.window_days,
            people=people,
        )
        kpis = RawKpis.of(model, activity, activity, as_of=as_of)
        return judge(connection, model, kpis, as_of=as_of, people=people)

    def _show(
        self,
        connection: Connection,
        judgement: Judgement,
        people: list[str],
        *,
        run_id: int,
        as_of: datetime,
    ) -> None:
        replace_active_rows(connection, people, judgement.generation.reset_index())
        changed = judgement.transitions.changed
        add_history(connection, run_id, history_rows(changed, judgement.generation))
        open_cases(connection, judgement.transitions.entering, run_id=run_id, as_of=as_of)

    def _going(self, connection: Connection, left: list[str], run_id: int) -> tuple[list[str], int]:
        """Return who may be removed unasked, and how many have to wait for the nightly run."""
        if not left:
            return [], 0
        allowed = max(MAX_LEAVING, MAX_LEAVING_SHARE * count_people(connection))
        room = int(allowed) - removed_today(connection, run_id)
        if len(left) <= room:
            return left, 0
        log.warning("leaving_postponed", people=len(left))
        return [], len(left)

    def _move(
        self,
        connection: Connection,
        taken: Mapping[Source, Taken],
        told: Affected,
        waited: list[WaitingChange],
    ) -> None:
        """Move the cursors past what was scored, and keep what could not be."""
        for source, part in taken.items():
            if part.position is not None:
                move_cursor(connection, source.value, asdict(part.position))
            if part.resync is not None:
                demand_resync(connection, source.value, part.resync)
                log.warning("everyone_is_to_be_read", source=source.value, reason=part.resync)
        if waited:
            stop_waiting(connection, waited)
        if told.waiting:
            let_wait(
                connection,
                [
                    WaitingChange(c.source.value, c.table, c.operation, c.user_ref, waits_for)
                    for c, waits_for in told.waiting
                ],
            )


def _waited(change: WaitingChange) -> Change:
    return Change(Source(change.source), change.table_name, change.operation, change.user_ref)
