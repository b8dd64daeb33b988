"""Extraction: the aggregates of all three sources at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd
import psycopg2
from sqlalchemy import Connection

from aura_engine.domain import NIGHT_HOURS
from aura_engine.logs import get_logger
from aura_engine.sources.activity import Aggregates, Extraction, assemble
from aura_engine.sources.connections import Source, Sources
from aura_engine.sources.frames import require_aware
from aura_engine.sql import load_queries, read_frame

log = get_logger(__name__)

_CANCEL_EVERY_SECONDS: Final = 0.2

_READS: Final = {
    Source.AUTH: ("accounts", "outsiders"),
    Source.SOCIAL: (
        "profiles",
        "complete_profiles",
        "follow_relations",
        "posts",
        "comments",
        "memberships",
    ),
    Source.MESSAGING: ("users", "messages"),
}


def extract_activity(
    sources: Sources, *, as_of: datetime, window_days: int, timezone: str
) -> Extraction:
    """Read what everyone of the population did, as known at a moment.

    Everything is aggregated where it lies; no text is read. Messages count when they are not of
    type ``system``, not deleted and sent in ``(as_of - window_days, as_of]``, whatever their other
    type. Last activity is unbounded and takes every post, comment and message that a person wrote,
    also one that was hidden or deleted later: its author was there.

    Parameters
    ----------
    sources : Sources
        The three sources.
    as_of : datetime
        Zone-aware; nothing later is read. Friendships, memberships and profiles are as they are
        now, without those made later: the sources keep no history of them.
    window_days : int
        Days that message counts look back, at least 1.
    timezone : str
        IANA name of the population's zone, which decides which messages are of the night.

    Returns
    -------
    Extraction

    Raises
    ------
    ValueError
        If ``as_of`` has no zone or ``window_days`` is below 1.
    zoneinfo.ZoneInfoNotFoundError
        If the zone is not known.
    SourceError
        If a source cannot be read; the reading of the others is cancelled then.
    """
    if window_days < 1:
        raise ValueError("window_days must be at least 1")
    parameters = {
        "as_of": require_aware(as_of, "as_of"),
        "since": as_of - timedelta(days=window_days),
        "timezone": ZoneInfo(timezone).key,
        "first_night_hour": NIGHT_HOURS[0],
        "last_night_hour": NIGHT_HOURS[1],
    }
    auth, social, messaging = _read_all(sources, parameters)
    extraction = assemble(
        Aggregates(
            **auth,
            **social,
            messaging_users=messaging["users"],
            messages=messaging["messages"],
        )
    )
    log.info(
        "sources.extracted",
        as_of=as_of.isoformat(),
        people=len(extraction.activity),
        unresolved_rows=extraction.unresolved.rows,
        contradictory_references=extraction.unresolved.contradictory_references,
    )
    return extraction


class _Readings:
    """Readings that go on in threads of their own and can all be stopped at once."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._lock = Lock()
        self._stopped = False
        self._drivers: list[Any] = []

    def read(self, source: Source, parameters: Mapping[str, object]) -> dict[str, pd.DataFrame]:
        """Run the queries of one source; a stopped reading fails, or ends between two of them."""
        queries = load_queries(source.value)
        with self._sources.reading(source) as connection, self._known(connection):
            return {
                name: read_frame(connection, queries[name], parameters)
                for name in _READS[source]
                if not self._stopped
            }

    def stop(self) -> None:
        """Begin no further query, and cancel those that run."""
        self._stopped = True
        with self._lock:
            for driver in self._drivers:
                with suppress(psycopg2.Error):  # a connection that is gone needs no cancelling
                    driver.cancel()

    @contextmanager
    def _known(self, connection: Connection) -> Iterator[None]:
        driver = connection.connection.driver_connection
        with self._lock:
            self._drivers.append(driver)
        try:
            yield
        finally:
            # From here on the pool may lend it to somebody who must not be cancelled.
            with self._lock:
                self._drivers.remove(driver)


def _read_all(sources: Sources, parameters: Mapping[str, object]) -> list[dict[str, pd.DataFrame]]:
    """Read all sources at once, since each is a server of its own; the first failure stops all.

    What was not begun or can be cancelled ends at once; a connection that is just being made is
    waited for, at most for its time limit.
    """
    readings = _Readings(sources)
    with ThreadPoolExecutor(len(Source)) as pool:
        running = [pool.submit(readings.read, source, parameters) for source in Source]
        try:
            for done in as_completed(running):
                done.result()
        except BaseException:
            readings.stop()
            while wait(running, timeout=_CANCEL_EVERY_SECONDS).not_done:
                readings.stop()  # a query may have begun after the last time
            raise
    return [reading.result() for reading in running]
