"""Faults on the way between us and a source: cut, swallowed, unheard, away."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import text

from aura_engine.pipeline import PipelineContext
from aura_engine.settings import DatabaseUrls
from aura_engine.sources import Source, connect_sources
from aura_engine.sources.triggers import install_triggers
from benchmarks.faults_site import LISTENERS, FaultSite, is_away, is_up, seconds_until
from benchmarks.latency import Watched, percentile
from benchmarks.proxy import Proxy
from benchmarks.recomputed import differing
from scheduler.pulse import Pulse

AWAY: Final = Source.MESSAGING
"""The source that goes away."""
_TRIGGER_FUNCTIONS: Final = text(
    "SELECT pg_get_functiondef(p.oid) FROM pg_proc AS p"
    " WHERE p.pronamespace = 'aura_cdc'::regnamespace AND p.prosrc LIKE '%pg_notify(%'"
)


@dataclass(frozen=True)
class Absence:
    """What became of a source that went away for a while.

    Attributes
    ----------
    noticed : float
        Seconds until it was known which source does not answer.
    others : float
        Longest that a change in another source took to be scored meanwhile, in seconds.
    waited : int
        Changes that were kept for it.
    healed : float
        Seconds from its return until everything was scored.
    lost : int
        People whose rows are not what the sources say.
    """

    noticed: float
    others: float
    waited: int
    healed: float
    lost: int


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
        Sessions ended; the longest that it took from then until all that had been written was
        scored, in seconds; people whose rows are not what the sources say.
    """
    ended, longest = 0, 0.0
    with site.following():
        with site.writing(writes, rate=rate) as writer:
            while writer.is_alive():
                time.sleep(every * (0.5 + random.random()))  # noqa: S311  no secret
                ended += _end_listeners(site)
                mark = site.newest()
                longest = max(longest, seconds_until(lambda mark=mark: site.is_scored(mark)))
        seconds_until(site.is_done)
    return ended, longest, len(differing(site.context))


def _end_listeners(site: FaultSite) -> int:
    with site.engine(Source.AUTH).connect() as connection:
        found = connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = :name"
            ),
            {"name": LISTENERS},
        )
        return sum(row[0] for row in found)


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


def swallowed(site: FaultSite, *, seconds: float) -> Absence:
    """Have a proxy swallow all bytes to and from one source, and close nothing.

    Parameters
    ----------
    site : FaultSite
        Where.
    seconds : float
        For how long at least.
    """
    url = site.context.sources.engine(AWAY).url
    with Proxy(str(url.host), int(url.port or 5432)) as proxy, _by(site, proxy) as context:

        def away() -> None:
            # The scoring thread's own read hangs, too: whoever has a new profile is looked up.
            proxy.swallow()

        with site.following(context) as pulse:
            return _absent(site, pulse, seconds, away, proxy.pass_on)


@contextmanager
def _by(site: FaultSite, proxy: Proxy) -> Iterator[PipelineContext]:
    """Reach one source by a proxy."""
    urls = {
        source.value: site.context.sources.engine(source).url.difference_update_query([])
        for source in Source
    }
    urls[AWAY.value] = urls[AWAY.value].set(host="127.0.0.1", port=proxy.port)
    addresses = DatabaseUrls(analytics=site.context.store.url, **urls)
    with connect_sources(addresses) as sources:
        yield replace(site.context, sources=sources)


def shut(site: FaultSite, *, seconds: float) -> Absence:
    """Have one source's server refuse everybody for a while.

    Parameters
    ----------
    site, seconds
        As of `swallowed`.
    """

    def away() -> None:
        site.administer(f"ALTER DATABASE {AWAY.database} ALLOW_CONNECTIONS false")
        site.administer(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name",
            name=AWAY.database,
        )

    def back() -> None:
        site.administer(f"ALTER DATABASE {AWAY.database} ALLOW_CONNECTIONS true")

    with site.following() as pulse:
        return _absent(site, pulse, seconds, away, back)


def _absent(
    site: FaultSite,
    pulse: Pulse,
    seconds: float,
    away: Callable[[], None],
    back: Callable[[], None],
) -> Absence:
    for _ in range(10):
        site.change()
    seconds_until(site.is_done)
    people = itertools.cycle(_with_profile(site))
    away()
    began = time.monotonic()
    noticed: float | None = None
    others = 0.0
    try:
        while noticed is None or time.monotonic() - began < seconds:
            site.new_bio(next(people))
            site.change(Source.SOCIAL)
            mark = {Source.SOCIAL: _newest(site, Source.SOCIAL)}
            written = time.monotonic()
            while not site.is_scored(mark):
                if noticed is None and is_away(pulse, AWAY):
                    noticed = time.monotonic() - began
                if time.monotonic() - written > 120:
                    raise RuntimeError("the other sources do not go on")
                time.sleep(0.02)
            others = max(others, time.monotonic() - written)
            if noticed is None and is_away(pulse, AWAY):
                noticed = time.monotonic() - began
        if not all(is_up(pulse, source) for source in Source if source is not AWAY):
            raise RuntimeError("another source is said to be away")
        waited = int(site.ask("SELECT count(*) FROM waiting_change"))
    finally:
        back()
    healed = seconds_until(site.is_done)
    seconds_until(lambda: is_up(pulse, AWAY))
    return Absence(noticed, others, waited, healed, len(differing(site.context)))


def _newest(site: FaultSite, source: Source) -> tuple[int, int]:
    with site.engine(source).connect() as connection:
        row = connection.exec_driver_sql(
            "SELECT xid::text::bigint, id FROM aura_cdc.change_log"
            " ORDER BY xid DESC, id DESC LIMIT 1"
        ).one()
    return row[0], row[1]


def _with_profile(site: FaultSite) -> list[int]:
    with site.engine(Source.SOCIAL).connect() as connection:
        return list(
            connection.scalars(
                text(
                    "SELECT n FROM generate_series(0, :people - 1) AS n JOIN user_profiles AS p"
                    " ON p.user_id = CAST(md5('user' || n) AS uuid) ORDER BY n"
                ),
                {"people": site.people},
            )
        )
