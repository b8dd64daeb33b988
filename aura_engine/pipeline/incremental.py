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
from aura_engine.pipeline.choice import ChosenModel
from aura_engine.pipeline.context import PipelineContext
from aura_engine.pipeline.outcome import MOST_AHEAD
from aura_engine.pipeline.person_texts import reader_of, synchronise_texts
from aura_engine.pipeline.population import save_some
from aura_engine.pipeline.reader import TextReader
from aura_engine.pipeline.rescoring import Batch, BatchOutcome, write_batch
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.sources import Source
from aura_engine.sources.changes import Change
from aura_engine.sources.feed import Taken
from aura_engine.sources.people import PeopleRead, read_people
from aura_engine.store.change_cursors import (
    WaitingChange,
    demand_resync,
    let_wait,
    move_cursor,
    stop_waiting,
    waiting,
)
from aura_engine.store.events import lock_writers
from aura_engine.store.failures import store_errors
from aura_engine.store.generation import ensure_history_month
from aura_engine.store.model_versions import active_model_id, stored_model
from aura_engine.store.rescored import latest_as_of

log = get_logger(__name__)

WAITED_AT_ONCE: Final = 100
"""Changes that waited for a source, in one batch with those that come now."""
LOOK_AGAIN_SECONDS: Final = 60.0
"""Between two tries to load a language model that could not be loaded."""
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class _AnotherReader(Exception):
    """A run changed the language model after the texts of this batch were read."""


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
        StoreError
            If the analytics database fails; nothing has moved.
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
            waited = waiting(connection, away=sorted(s.value for s in away), most=WAITED_AT_ONCE)
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
            batch = Batch(told, read, as_of, self.context.window_days)
            outcome = write_batch(connection, batch, model, revision)
            self._move(connection, taken, told, waited)
        return replace(outcome, more_waits=len(waited) == WAITED_AT_ONCE)

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
