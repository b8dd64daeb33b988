"""Follows the log of events, woken by NOTIFY and by a poll, and hands them to the event loop."""

from __future__ import annotations

import asyncio
import select
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import psycopg2
from sqlalchemy import Engine

from aura_engine.errors import StoreError
from aura_engine.logs import get_logger
from aura_engine.store.connect import reading
from aura_engine.store.event_log import StoredEvent, event_bounds, events_after
from aura_engine.store.events import CHANNEL
from aura_engine.store.failures import store_errors
from ws_bridge.metrics import EVENTS, TAIL_UP

log = get_logger(__name__)

POLL_SECONDS: Final = 1.0
"""Between two looks when no notification comes."""
AGAIN_SECONDS: Final = 1.0
"""Before the next try when the database does not answer."""
MOST_AT_ONCE: Final = 500

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
    """

    store: Engine
    loop: asyncio.AbstractEventLoop
    publish: Publish
    seq: int | None = None
    """Number of the last event that was handed over; None before the log was first seen."""
    is_up: bool = False
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    """Since when it is up, or is not."""
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to follow, from what is there now."""
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)
        self._thread.start()

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
                self._note(is_up=False)
                log.warning("events_not_followed", kind=type(error).__name__, reason=str(error))
                self._stopping.wait(AGAIN_SECONDS)

    def _note(self, *, is_up: bool) -> None:
        if is_up != self.is_up:
            self.is_up, self.since = is_up, datetime.now(UTC)
        TAIL_UP.set(is_up)

    def _follow(self) -> None:
        """Listen first, so that nothing can be written between the look and the wait."""
        with store_errors(), self.store.connect() as connection:
            connection.detach()  # a session of its own, which the pool never hands out
            driver: Any = connection.connection.dbapi_connection
            driver.autocommit = True
            with driver.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._note(is_up=True)
            while not self._stopping.is_set():
                self._hand_over()
                if select.select([driver], [], [], POLL_SECONDS)[0]:
                    try:
                        driver.poll()
                    except psycopg2.Error:
                        log.warning("listening_ended")
                        return
                    driver.notifies.clear()

    def _hand_over(self) -> None:
        while not self._stopping.is_set():
            with reading(self.store) as connection:
                if self.seq is None:
                    self.seq = event_bounds(connection).last
                events = events_after(connection, self.seq, most=MOST_AT_ONCE)
            if not events:
                return
            for event in events:
                EVENTS.labels(event.type.value).inc()
            self.seq = events[-1].seq
            self.loop.call_soon_threadsafe(self.publish, events)
            if len(events) < MOST_AT_ONCE:
                return
