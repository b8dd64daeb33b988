"""Extraction: the aggregates of all three sources at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier, BrokenBarrierError, Lock
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd
import psycopg2
from sqlalchemy import Connection

from aura_engine.copying import copy_query, read_table
from aura_engine.domain import NIGHT_HOURS
from aura_engine.logs import get_logger
from aura_engine.sources.activity import Extraction, extraction, identify
from aura_engine.sources.assembly import Assembly
from aura_engine.sources.connections import Source, Sources
from aura_engine.sources.frames import require_aware
from aura_engine.sources.identity import IdentityMap
from aura_engine.sql import load_queries

log = get_logger(__name__)

_CANCEL_EVERY_SECONDS: Final = 0.2

_CLAIMS: Final = {
    Source.AUTH: ("accounts", "outsiders"),
    Source.SOCIAL: ("profiles",),
    Source.MESSAGING: ("users",),
}
"""Queries that say who owns which reference; they are read whole, and first."""
COUNTS: Final = {
    Source.AUTH: (),
    Source.SOCIAL: ("complete_profiles", "follow_relations", "posts", "comments", "memberships"),
    Source.MESSAGING: ("messages",),
}
"""Queries whose rows are resolved and added up as they arrive."""


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
    parameters = query_parameters(as_of=as_of, window_days=window_days, timezone=timezone)
    found = _read_all(sources, parameters)
    log.info(
        "sources.extracted",
        as_of=as_of.isoformat(),
        people=len(found.activity),
        unresolved_rows=found.unresolved.rows,
        contradictory_references=found.unresolved.contradictory_references,
    )
    return found


def query_parameters(
    *, as_of: datetime, window_days: int, timezone: str, only: Sequence[str] | None = None
) -> dict[str, object]:
    """Return what the queries of an extraction are asked with.

    Parameters
    ----------
    as_of, window_days, timezone
        As of `extract_activity`.
    only : sequence of str, optional
        References of the people to read; everybody's when not given.
    """
    if window_days < 1:
        raise ValueError("window_days must be at least 1")
    return {
        "as_of": require_aware(as_of, "as_of"),
        "since": as_of - timedelta(days=window_days),
        "timezone": ZoneInfo(timezone).key,
        "first_night_hour": NIGHT_HOURS[0],
        "last_night_hour": NIGHT_HOURS[1],
        "only": None if only is None else list(only),
    }


class _Readings:
    """Readings that go on in threads of their own and can all be stopped at once.

    Each is one transaction of its source. Between its claims and its counts all of them wait until
    the claims of every source are there, since only together they tell who a reference means.
    """

    def __init__(self, sources: Sources, parameters: Mapping[str, object]) -> None:
        self._sources = sources
        self._parameters = parameters
        self._lock = Lock()
        self._stopped = False
        self._drivers: list[Any] = []
        self._claims: dict[str, pd.DataFrame] = {}
        self._all_claims = Barrier(len(Source), self._begin)
        self._identity: IdentityMap
        self._assembly: Assembly

    def read(self, source: Source) -> None:
        """Run the queries of one source; a stopped reading fails, or ends between two of them."""
        queries = load_queries(source.value)
        with self._sources.reading(source) as connection, self._known(connection):
            for name in _CLAIMS[source]:
                if not self._stopped:
                    self._claims[name] = read_table(connection, queries[name], self._parameters)
            self._all_claims.wait()
            for name in COUNTS[source]:
                if not self._stopped:
                    take = partial(self._assembly.take, name)
                    copy_query(connection, queries[name], self._parameters, take)

    def result(self) -> Extraction:
        """Return what all readings found, once they have ended."""
        return extraction(self._identity, self._assembly)

    def stop(self) -> None:
        """Begin no further query, and cancel those that run."""
        self._stopped = True
        self._all_claims.abort()
        with self._lock:
            for driver in self._drivers:
                with suppress(psycopg2.Error):  # a connection that is gone needs no cancelling
                    driver.cancel()

    def _begin(self) -> None:
        """Tell who is who; every thread waits for it."""
        accounts, profiles = self._claims["accounts"], self._claims["profiles"]
        users = self._claims["users"]
        self._identity = identify(accounts, self._claims["outsiders"], profiles, users)
        self._assembly = Assembly(self._identity, accounts)
        self._assembly.take("profiles", profiles)
        self._assembly.take("messaging_users", users)
        self._claims.clear()

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


def _read_all(sources: Sources, parameters: Mapping[str, object]) -> Extraction:
    """Read all sources at once, since each is a server of its own; the first failure stops all.

    What was not begun or can be cancelled ends at once; a connection that is just being made is
    waited for, at most for its time limit.
    """
    readings = _Readings(sources, parameters)
    with ThreadPoolExecutor(len(Source)) as pool:
        running = [pool.submit(readings.read, source) for source in Source]
        try:
            for done in as_completed(running):
                error = done.exception()
                # Whoever only waited for another's claims has nothing of its own to say.
                if error is not None and not isinstance(error, BrokenBarrierError):
                    raise error
        except BaseException:
            readings.stop()
            while wait(running, timeout=_CANCEL_EVERY_SECONDS).not_done:
                readings.stop()  # a query may have begun after the last time
            raise
    return readings.result()
