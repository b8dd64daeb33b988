"""Batches of changes: as many people at once as are scored in time, and what always fails aside."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Final

from aura_engine.errors import AuraError, SourceError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.pipeline.incremental import IncrementalRuns
from aura_engine.pipeline.rescoring import BatchOutcome
from aura_engine.sources import Source
from aura_engine.sources.feed import ChangeFeed, Taken
from aura_engine.sources.listener import ANSWER_SECONDS, POLL_SECONDS
from aura_engine.store.change_cursors import demand_resync, pass_over_waiting
from aura_engine.store.events import write_error
from aura_engine.store.failures import store_errors
from scheduler.metrics import BATCH_SECONDS, BATCH_SIZE
from scheduler.parts import Led

log = get_logger(__name__)

MOVE_SECONDS: Final = 30.0
"""After so long a cursor moves even if nothing was scored, so that the log can be pruned."""
TRIES: Final = 3
"""Failures of a batch before it is cut to one person, and again before that one is passed over."""
CHANGES_PASSED_OVER: Final = "CHANGES_PASSED_OVER"
"""Code of the event that tells of changes which only a full run will read."""


@dataclass
class Batches:
    """Scores what the feeds hold, batch after batch, in one thread.

    A batch that fails is made again, with one person after `TRIES` failures. Whoever fails that
    often once more is passed over, and everyone is to be read again by a full run: one change that
    can never be scored must not keep all others waiting.

    Parameters
    ----------
    led : Led
        What the leader works with.
    feeds : dict of Source to ChangeFeed
        What was read and waits.
    told : callable
        Given the outcome of each batch.
    """

    led: Led
    feeds: dict[Source, ChangeFeed]
    told: Callable[[BatchOutcome], None]
    _runs: IncrementalRuns = field(init=False)
    _most: int = field(init=False)
    _failures: int = 0
    _refused: Counter[Source] = field(default_factory=Counter)
    """How often in a row each source failed in a batch although its changes are read."""
    _moved_at: float = 0.0

    def __post_init__(self) -> None:
        # A source that hangs must not keep the others waiting; its listener notices it first.
        sources = self.led.context.sources.impatient(ANSWER_SECONDS + 2 * POLL_SECONDS)
        self._runs = IncrementalRuns(replace(self.led.context, sources=sources))
        self._most = self.led.settings.batch_users

    @property
    def problem(self) -> str | None:
        """Why new texts are not read now, if they are not."""
        return self._runs.problem

    def score_next(self, away: frozenset[Source], *, is_one_back: bool) -> None:
        """Score whoever changed, if anybody did.

        Parameters
        ----------
        away : frozenset of Source
            Sources that do not answer.
        is_one_back : bool
            Whether one of them does again, and what waited for it is due.

        Raises
        ------
        SourceError
            If a source failed although it is not away: the others' changes are scored.
        AuraError
            If nothing was scored.
        """
        if is_one_back:
            self._moved_at = 0.0
        taken = {s: feed.take(self._most) for s, feed in self.feeds.items() if s not in away}
        taken = {source: part for source, part in taken.items() if self._is_due(part)}
        if not taken and not self._is_time_to_move():
            return
        if self._failures >= 2 * TRIES:
            self._pass_over(taken, self.feeds.keys() - away)
        try:
            failed = self._score(taken, away)
        except AuraError:
            raise
        except Exception:
            self._failures += 1
            self._most = 1 if self._failures >= TRIES else self._most
            raise
        self._failures = 0
        if failed:
            self._note_failed(taken, failed)

    def _is_due(self, part: Taken) -> bool:
        moves = part.position is not None and self._is_time_to_move()
        return bool(part.changes) or part.resync is not None or moves

    def _is_time_to_move(self) -> bool:
        return time.monotonic() - self._moved_at >= MOVE_SECONDS

    def _score(self, taken: dict[Source, Taken], away: frozenset[Source]) -> dict[Source, str]:
        """Score a batch; a source that fails meanwhile keeps its own changes waiting, no others.

        Returns what such a source said.
        """
        started = time.monotonic()
        failed: dict[Source, str] = {}
        while True:
            left = {source: part for source, part in taken.items() if source not in failed}
            try:
                outcome = self._runs.run(left, away=away | failed.keys())
                break
            except SourceError as error:
                if error.source is None or Source(error.source) in away | failed.keys():
                    raise
                log.warning("source_failed_in_batch", source=error.source, reason=str(error))
                failed[Source(error.source)] = str(error)
        if outcome is not None:
            self.told(outcome)
            for source, part in left.items():
                self.feeds[source].done(part)
                self._refused.pop(source, None)
            # What waited for a source that is back goes on at once, part by part.
            self._moved_at = 0.0 if outcome.more_waits else time.monotonic()
            self._measure(outcome, time.monotonic() - started, may_grow=not failed)
        return failed

    def _note_failed(self, taken: dict[Source, Taken], failed: dict[Source, str]) -> None:
        """Cut what a source has to answer, which may be in time then, and say who holds up what."""
        is_one_person = self._most == 1
        self._most = max(1, self._most // 2)
        self._refused.update(failed.keys())
        for source in failed:
            if is_one_person and self._refused[source] >= 2 * TRIES:
                self._pass_over({source: taken[source]} if source in taken else {}, {source})
                del self._refused[source]
        raise SourceError(" ".join(failed.values()))

    def _measure(self, outcome: BatchOutcome, seconds: float, *, may_grow: bool) -> None:
        """Aim at batches that take no longer than changes should be gathered for."""
        people = outcome.counts.people
        if people == 0:
            return
        BATCH_SIZE.observe(people)
        BATCH_SECONDS.observe(seconds)
        limit = self.led.settings.batch_seconds
        if seconds > limit:
            self._most = max(1, min(self._most, int(people * limit / seconds)))
        elif may_grow:
            self._most = min(self.led.settings.batch_users, 2 * self._most)
        log.info("batch_scored", people=people, seconds=round(seconds, 3))

    def _pass_over(self, taken: dict[Source, Taken], waited_for: Collection[Source]) -> None:
        """Leave to a full run what cannot be scored alone: `taken`, and what waited for sources."""
        with store_errors(), self.led.context.store.begin() as connection:
            left = set(pass_over_waiting(connection, waits_for=[s.value for s in waited_for]))
            left |= {source.value for source, part in taken.items() if part.changes}
            for source in sorted(left):
                demand_resync(connection, source, "not_scored")
            databases = ", ".join(Source(source).database for source in sorted(left))
            told = t("changes.passed_over", databases=databases)
            write_error(connection, CHANGES_PASSED_OVER, told)
        for source, part in taken.items():
            self.feeds[source].done(part)
            taken[source] = replace(part, changes=())
        log.error("changes_passed_over", sources=sorted(left))
        self._failures = 0
