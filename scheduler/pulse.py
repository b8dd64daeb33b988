"""The pulse: changes of the three sources are followed, and whoever changed is scored at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from aura_engine.errors import AuraError, LeadershipLost, StoreError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.pipeline.totals import Totals
from aura_engine.sources import Source
from aura_engine.sources.changes import Position
from aura_engine.sources.feed import ChangeFeed, FeedStatus
from aura_engine.sources.listener import ChangeListener
from aura_engine.sources.polling import ChangePoller
from aura_engine.store.change_cursors import Cursor, cursors
from aura_engine.store.events import write_error
from aura_engine.store.failures import store_errors
from aura_engine.store.runs import last_full_run
from scheduler.batches import Batches
from scheduler.metrics import SOURCE_LAG, observe_source
from scheduler.parts import Led

log = get_logger(__name__)

IDLE_SECONDS: Final = 0.5
"""Between two looks when nothing wakes it: for totals that are due, and for what waits."""
RETRY_SECONDS: Final = 1.0
CHANGES_WAIT: Final = "CHANGES_WAIT"
"""Code of the event that tells why changes are not scored."""


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
    _away: frozenset[Source] = frozenset()
    _batches: Batches | None = None

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
        problem = self._problem or (self._batches.problem if self._batches else None)
        return {"changes": {"mode": mode, "problem": problem}}

    def _begin(self, thread: threading.Thread) -> None:
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        totals = Totals(self.led.context.store)
        batches = self._batches = Batches(self.led, self._feeds, totals.note)
        while not self._stopping.is_set() and len(self._threads) == 1:
            self._retrying(self._follow)
        while not self._stopping.is_set():
            self._woken.wait(IDLE_SECONDS)
            self._woken.clear()
            self._retrying(lambda: self._turn(batches, totals))

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
                apart = self.led.context.sources.apart()
                follower = ChangePoller(apart, feed, self._stopping, since)
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
            log.error("pulse_failed", exc_info=error)
            self._tell(t("changes.failed", kind=type(error).__name__))
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

    def _turn(self, batches: Batches, totals: Totals) -> None:
        self._observe()
        away = frozenset(s for s, feed in self._feeds.items() if feed.status().is_away)
        is_back = bool(self._away - away)
        self._away = away
        batches.score_next(away, is_one_back=is_back)
        if any(feed.status().waiting for source, feed in self._feeds.items() if source not in away):
            self._woken.set()
        totals.tell(self.led.context.clock())

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
