"""Faults of what wakes us: sessions that end, and notifications that nobody hears."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from threading import Event
from typing import Final

from sqlalchemy import text

from aura_engine.sources import Source
from aura_engine.sources.triggers import install_triggers
from benchmarks.faults_site import LISTENERS, FaultSite, seconds_until
from benchmarks.latency import Watched, percentile
from benchmarks.recomputed import differing

_TRIGGER_FUNCTIONS: Final = text(
    "SELECT pg_get_functiondef(p.oid) FROM pg_proc AS p"
    " WHERE p.pronamespace = 'aura_cdc'::regnamespace AND p.prosrc LIKE '%pg_notify(%'"
)


def terminated(
    site: FaultSite, *, writes: int, rate: float, every: float = 1.0
) -> tuple[int, float, int]:
    """End the listeners' sessions again and again while changes are written.

    Parameters
    ----------
    site : FaultSite
        Where.
    writes : int
        Changes.
    rate : float
        Of them a second.
    every : float
        Seconds between two terminations, about.

    Returns
    -------
    tuple of int, float and int
        Sessions ended; the longest that it took from when all were back until what had been
        written before was scored, in seconds; people whose rows are not what the sources say.
    """
    ended, longest = 0, 0.0
    with site.following():
        with site.writing(Event(), rate=rate, writes=writes) as written:
            while not written.done():
                time.sleep(every * (0.5 + random.random()))  # noqa: S311  no secret
                count, at = _end_listeners(site)
                ended, mark = ended + count, site.newest()
                seconds_until(partial(_are_back, site, at))
                longest = max(longest, seconds_until(partial(site.is_scored, mark)))
        seconds_until(site.is_done)
    return ended, longest, len(differing(site.context))


def _end_listeners(site: FaultSite) -> tuple[int, datetime]:
    """Return how many sessions were ended, and when by the server's clock."""
    with site.engine(Source.AUTH).connect() as connection:
        ended = connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = :name"
            ),
            {"name": LISTENERS},
        )
        count = sum(row[0] for row in ended)
        at: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return count, at


def _are_back(site: FaultSite, since: datetime) -> bool:
    with site.engine(Source.AUTH).connect() as connection:
        back = connection.scalar(
            text(
                "SELECT count(DISTINCT datname) FROM pg_stat_activity"
                " WHERE application_name = :name AND backend_start > :since"
            ),
            {"name": LISTENERS, "since": since},
        )
    return int(back or 0) == len(Source)


def unheard(site: FaultSite, *, writes: int, rate: float) -> tuple[float, int]:
    """Have triggers that log and never notify.

    Parameters
    ----------
    site, writes, rate
        As of `terminated`.

    Returns
    -------
    tuple of float and int
        Seconds from a change to its person's row, at the 99th percentile; changes without one.
    """
    with _silent_triggers(site), site.following(), Watched(site.context.store) as watched:
        written = []
        with site.context.store.connect() as connection:
            ids = connection.execute(
                text(
                    "SELECT n, CAST(CAST(md5('user' || n) AS uuid) AS text) AS person"
                    " FROM generate_series(0, :people - 1) AS n"
                ),
                {"people": site.people},
            )
            person = {row.n: row.person for row in ids}
        began = time.monotonic()
        for number in range(writes):
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            written.append((person[site.change()], time.perf_counter()))
        seconds_until(site.is_done)
        seconds_until(lambda: all(watched.since(*change) is not None for change in written[-1:]))
        lags = [(at, watched.since(who, at)) for who, at in written]
    known = [seen - at for at, seen in lags if seen is not None]
    return percentile(known, 99), len(lags) - len(known)


@contextmanager
def _silent_triggers(site: FaultSite) -> Iterator[None]:
    for source in Source:
        with site.engine(source).begin() as connection:
            for definition in connection.scalars(_TRIGGER_FUNCTIONS).all():
                silent = definition.replace("PERFORM pg_notify(", "PERFORM concat(")
                if silent == definition:
                    raise RuntimeError("the triggers notify otherwise")
                connection.exec_driver_sql(silent.replace("%", "%%"))
    try:
        yield
    finally:
        for source in Source:
            install_triggers(site.engine(source), source)
