"""The pulse: changes of the three sources are followed, and whoever changed is scored at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from aura_engine.errors import AuraError, LeadershipLost, SourceError, StoreError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.pipeline.incremental import IncrementalRuns
from aura_engine.pipeline.rescoring import BatchOutcome
from aura_engine.pipeline.totals import Totals
from aura_engine.sources import Source
from aura_engine.sources.changes import Position
from aura_engine.sources.feed import ChangeFeed, FeedStatus, Taken
from aura_engine.sources.listener import ANSWER_SECONDS, POLL_SECONDS, ChangeListener
from aura_engine.sources.polling import ChangePoller
from aura_engine.store.change_cursors import Cursor, cursors, demand_resync
from aura_engine.store.events import write_error
from aura_engine.store.failures import store_errors
from aura_engine.store.runs import last_full_run
from scheduler.metrics import BATCH_SECONDS, BATCH_SIZE, SOURCE_LAG, observe_source
from scheduler.parts import Led

log = get_logger(__name__)

IDLE_SECONDS: Final = 0.5
"""Between two looks when nothing wakes it: for totals that are due, and for what waits."""
MOVE_SECONDS: Final = 30.0
"""After so long a cursor moves even if nothing was scored, so that the log can be pruned."""
RETRY_SECONDS: Final = 1.0
CHANGES_WAIT: Final = "CHANGES_WAIT"
"""Code of the event that tells why changes are not scored."""
TRIES: Final = 3
"""Unexpected failures of one batch before it is cut, and of one person before a full run is due."""


class _Follower(Protocol):
    def run(self) -> None: ...


@dataclass
class Pulse:
    """Follows the sources in a thread each, and scores in one more.

    Parameters
    ----------
    led : Led
        What the leader works with.
    """

    led: Led
    _stopping: threading.Event = field(default_factory=threading.Event)
    _woken: threading.Event = field(default_factory=threading.Event)
    _feeds: dict[Source, ChangeFeed] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)
    _problem: str | None = None
    _failures: int = 0
    _most: int = 0
    _moved_at: float = 0.0
    _away: frozenset[Source] = frozenset()
    _runs: IncrementalRuns | None = None

    def start(self) -> None:
        """Begin to follow the sources and to score."""
        for source in Source:
            self._feeds[source] = ChangeFeed(source, self._woken)
        self._begin(threading.Thread(target=self._work, name="pulse", daemon=True))

    def stop(self, timeout: float) -> bool:
        """End after the batch that goes on."""
        self._stopping.set()
        self._woken.set()
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def status(self, source: Source) -> FeedStatus | None:
        """Return how the reading of a source's changes goes; None before it began."""
        feed = self._feeds.get(source)
        return None if feed is None else feed.status()

    def details(self) -> Mapping[str, Any]:
        """Return what the leader reports of it."""
        mode = self.led.settings.change_mode
        problem = self._problem or (self._runs.problem if self._runs else None)
        return {"changes": {"mode": mode, "problem": problem}}

    def _begin(self, thread: threading.Thread) -> None:
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        self._most = self.led.settings.batch_users
        # A source that hangs must not keep the others waiting; its listener notices it first.
        sources = self.led.context.sources.impatient(ANSWER_SECONDS + 2 * POLL_SECONDS)
        runs = self._runs = IncrementalRuns(replace(self.led.context, sources=sources))
        totals = Totals(self.led.context.store)
        while not self._stopping.is_set() and len(self._threads) == 1:
            self._retrying(self._follow)
        while not self._stopping.is_set():
            self._woken.wait(IDLE_SECONDS)
            self._woken.clear()
            self._retrying(lambda: self._turn(runs, totals))

    def _follow(self) -> None:
        """Begin the threads that follow the sources, where the stored cursors stand."""
        with store_errors(), self.led.context.store.connect() as connection:
            known = cursors(connection)
        since = last_full_run(self.led.context.store) or datetime.now(UTC)
        for source, feed in self._feeds.items():
            held = known.get(source.value)
            feed.restart(None if held is None else _position(held))
            follower: _Follower
            if self.led.settings.change_mode == "poll":
                follower = ChangePoller(self.led.context.sources, feed, self._stopping, since)
            else:
                url = self.led.context.sources.engine(source).url
                follower = ChangeListener(url, feed, self._stopping)
            name = f"changes of {source.value}"
            self._begin(threading.Thread(target=follower.run, name=name, daemon=True))

    def _retrying(self, step: Any) -> None:
        """Make a step; what keeps it from succeeding is told, and it is made again later."""
        try:
            step()
            self._problem = None
            return
        except LeadershipLost:
            self._stopping.wait(RETRY_SECONDS)
            return
        except AuraError as error:
            self._tell(str(error), kind=type(error).__name__)
        except Exception as error:
            self._failures += 1
            log.error("batch_failed", failures=self._failures, exc_info=error)
            self._tell(t("changes.failed", kind=type(error).__name__))
            self._most = 1 if self._failures >= TRIES else self._most
        if not self._stopping.wait(RETRY_SECONDS):
            self._woken.set()

    def _tell(self, problem: str, **named: str) -> None:
        if problem == self._problem:
            return
        log.warning("batch_waits", reason=problem, **named)
        self._problem = problem
        try:
            with store_errors(), self.led.context.store.begin() as connection:
                write_error(connection, CHANGES_WAIT, problem)
        except (StoreError, LeadershipLost) as error:
            log.warning("problem_not_told", reason=str(error))

    def _turn(self, runs: IncrementalRuns, totals: Totals) -> None:
        self._observe()
        away = frozenset(s for s, feed in self._feeds.items() if feed.status().is_away)
        if self._away - away:
            self._moved_at = 0.0  # what waited for it is due
        self._away = away
        taken = {source: feed.take(self._most) for source, feed in self._feeds.items()}
        taken = {s: part for s, part in taken.items() if s not in away and self._is_due(part)}
        if taken or self._is_time_to_move():
            self._score(runs, totals, taken, away)
        totals.tell(self.led.context.clock())

    def _is_due(self, part: Taken) -> bool:
        moves = part.position is not None and self._is_time_to_move()
        return bool(part.changes) or part.resync is not None or moves

    def _is_time_to_move(self) -> bool:
        return time.monotonic() - self._moved_at >= MOVE_SECONDS

    def _score(
        self,
        runs: IncrementalRuns,
        totals: Totals,
        taken: dict[Source, Taken],
        away: frozenset[Source],
    ) -> None:
        """Score a batch; a source that fails meanwhile keeps its own changes waiting, no others."""
        if self._failures >= 2 * TRIES:
            self._give_up(taken)
        started = time.monotonic()
        failed: dict[Source, str] = {}
        while True:
            try:
                outcome = runs.run(taken, away=away)
                break
            except SourceError as error:
                if error.source is None or Source(error.source) in away:
                    raise
                source = Source(error.source)
                log.warning("source_failed_in_batch", source=source.value, reason=str(error))
                failed[source] = str(error)
                away = away | {source}
                taken = {other: part for other, part in taken.items() if other != source}
        if outcome is None:
            return
        totals.note(outcome)
        for source, part in taken.items():
            self._feeds[source].done(part)
        self._failures = 0
        # What waited for a source that is back goes on at once, part by part.
        self._moved_at = 0.0 if outcome.more_waits else time.monotonic()
        self._measure(outcome, time.monotonic() - started)
        if any(feed.status().waiting for source, feed in self._feeds.items() if source not in away):
            self._woken.set()
        if failed:
            # A smaller part may be answered in time; until then it is said who holds up what.
            self._most = max(1, self._most // 2)
            raise SourceError(" ".join(failed.values()))

    def _measure(self, outcome: BatchOutcome, seconds: float) -> None:
        """Aim at batches that take no longer than changes should be gathered for."""
        people = outcome.counts.people
        if people == 0:
            return
        BATCH_SIZE.observe(people)
        BATCH_SECONDS.observe(seconds)
        limit = self.led.settings.batch_seconds
        if seconds > limit:
            self._most = max(1, min(self._most, int(people * limit / seconds)))
        else:
            self._most = min(self.led.settings.batch_users, 2 * self._most)
        log.info("batch_scored", people=people, seconds=round(seconds, 3))

    def _give_up(self, taken: dict[Source, Taken]) -> None:
        """Pass over a change that fails again and again: a full run reads everyone instead."""
        for source, part in taken.items():
            if part.position is None:
                continue
            with store_errors(), self.led.context.store.begin() as connection:
                demand_resync(connection, source.value, "not_scored")
            self._feeds[source].done(part)
            taken[source] = replace(part, changes=())
            log.error("changes_passed_over", source=source.value, changes=len(part.changes))
        self._failures = 0

    def _observe(self) -> None:
        for source, feed in self._feeds.items():
            status = feed.status()
            SOURCE_LAG.labels(source.database).set(status.lag_seconds)
            observe_source(
                source.database,
                queue_usage=status.queue_usage,
                snapshot_age=status.snapshot_age,
            )


def _position(held: Cursor) -> Position:
    return Position(held.system_identifier, held.install_id, held.xid, held.id, held.gap)
