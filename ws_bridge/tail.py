"""Follows the log of events, woken by NOTIFY and by a poll, and hands them to the event loop."""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg2
from sqlalchemy import Connection, Engine

from aura_engine.errors import StoreError
from aura_engine.logs import get_logger
from aura_engine.store.event_log import StoredEvent, event_bounds, events_after, log_epoch
from aura_engine.store.events import CHANNEL
from aura_engine.store.failures import store_errors
from ws_bridge.metrics import EVENTS, TAIL_UP

log = get_logger(__name__)

POLL_SECONDS: Final = 1.0
"""Between two looks when no notification comes."""
AGAIN_SECONDS: Final = 1.0
"""Before the next try when the database does not answer."""
GRACE: Final = timedelta(seconds=5)
MOST_AT_ONCE: Final = 20
"""Events that are handed over together: between two such parts the loop does what else is due."""

Publish = Callable[[Sequence[StoredEvent]], None]


@dataclass
class EventTail:
    """Reads what is new in the log of events, in a thread of its own.

    Parameters
    ----------
    store : Engine
        Of the analytics database.
    loop : asyncio.AbstractEventLoop
        Where `publish` is called.
    publish : callable
        Given events in the order of their numbers, none twice and none left out.
    begin_anew : callable
        Called when the log is another one than before: of a restored database, or a new one.
    """

    store: Engine
    loop: asyncio.AbstractEventLoop
    publish: Publish
    begin_anew: Callable[[], None] = lambda: None
    seq: int = 0
    """Number of the last event that was handed over."""
    epoch: str | None = None
    """Of the log that `seq` belongs to; None before it was first seen."""
    is_up: bool = False
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    """Since when it is up, or is not."""
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to follow, from what is there now."""
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)
        self._thread.start()

    @property
    def is_missed(self) -> bool:
        """Whether nothing has been followed for longer than connecting takes."""
        return not self.is_up and datetime.now(UTC) - self.since > GRACE

    def stop(self) -> None:
        """End after the look that goes on."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._follow()
            # The session of its own speaks with the driver's words where no query of ours fails.
            except (StoreError, psycopg2.Error) as error:
                log.warning("events_not_followed", kind=type(error).__name__, reason=str(error))
                self._pause()
            except Exception as error:  # a defect must not end live events for good
                log.error("events_not_followed", exc_info=error)
                self._pause()

    def _pause(self) -> None:
        self._note(is_up=False)
        self._stopping.wait(AGAIN_SECONDS)

    def _note(self, *, is_up: bool) -> None:
        if is_up != self.is_up:
            self.is_up, self.since = is_up, datetime.now(UTC)
        TAIL_UP.set(is_up)

    def _follow(self) -> None:
        """Listen first, so that nothing can be written between the look and the wait."""
        with store_errors(), self.store.connect() as connection, selectors.DefaultSelector() as on:
            connection.detach()  # a session of its own, which the pool never hands out
            driver: Any = connection.connection.dbapi_connection
            driver.autocommit = True
            on.register(driver, selectors.EVENT_READ)
            with driver.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._find_place(connection)
            self._note(is_up=True)
            while not self._stopping.is_set():
                self._hand_over(connection)
                if driver.notifies:
                    driver.notifies.clear()  # they came with the answers
                elif on.select(POLL_SECONDS):
                    try:
                        driver.poll()
                    except psycopg2.Error:
                        log.warning("listening_ended")
                        return

    def _find_place(self, connection: Connection) -> None:
        """Go on where it was, unless the log is another one or has gone back."""
        epoch, last = log_epoch(connection), event_bounds(connection).last
        is_another = self.epoch and epoch != self.epoch
        if self.epoch is not None and not is_another and last >= self.seq:
            self.epoch = epoch  # which it has since the installation was marked
            return
        if self.epoch is not None:
            log.warning("log_of_events_is_another", last=last, known=self.seq)
            self.loop.call_soon_threadsafe(self.begin_anew)
        self.epoch, self.seq = epoch, last

    def _hand_over(self, connection: Connection) -> None:
        while not self._stopping.is_set():
            events = events_after(connection, self.seq, most=MOST_AT_ONCE)
            if not events:
                return
            for event in events:
                EVENTS.labels(event.type.value).inc()
            self.seq = events[-1].seq
            self._have_published(events)
            if len(events) < MOST_AT_ONCE:
                return

    def _have_published(self, events: Sequence[StoredEvent]) -> None:
        """Wait until it is done: what is read on while the loop is busy would only pile up."""
        done = threading.Event()

        def hand_over() -> None:
            try:
                self.publish(events)
            finally:
                done.set()

        self.loop.call_soon_threadsafe(hand_over)
        while not (done.wait(POLL_SECONDS) or self._stopping.is_set()):
            pass
