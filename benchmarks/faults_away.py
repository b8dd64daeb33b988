"""A source that is away for a while: its bytes are swallowed, or its server refuses everybody."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from sqlalchemy import text

from aura_engine.pipeline import PipelineContext
from aura_engine.settings import DatabaseUrls
from aura_engine.sources import Source, connect_sources
from benchmarks.faults_site import FaultSite, Mark, is_away, is_up, seconds_until
from benchmarks.proxy import Proxy
from benchmarks.recomputed import differing
from scheduler.pulse import Pulse

AWAY: Final = Source.MESSAGING
"""The source that goes away."""


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
    with (
        Proxy(str(url.host), int(url.port or 5432)) as proxy,
        _by(site, proxy) as context,
        site.following(context) as pulse,
    ):
        return _absent(site, pulse, seconds, proxy.swallow, proxy.pass_on)


@contextmanager
def _by(site: FaultSite, proxy: Proxy) -> Iterator[PipelineContext]:
    """Reach one source by a proxy."""
    urls = {source.value: site.context.sources.engine(source).url for source in Source}
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
    noticed: list[float] = []
    others = 0.0

    def is_scored(mark: Mark) -> bool:
        if not noticed and is_away(pulse, AWAY):
            noticed.append(time.monotonic() - began)
        return site.is_scored(mark)

    try:
        while not noticed or time.monotonic() - began < seconds:
            # Who has a new profile is looked up everywhere, so that the scoring thread's own read
            # hangs, too, as long as nobody knows better.
            site.new_bio(next(people))
            site.change(Source.SOCIAL)
            mark = site.newest(Source.SOCIAL)
            others = max(others, seconds_until(partial(is_scored, mark)))
        if not all(is_up(pulse, source) for source in Source if source is not AWAY):
            raise RuntimeError("another source is said to be away")
        waited = int(site.ask("SELECT count(*) FROM waiting_change"))
    finally:
        back()
    healed = seconds_until(site.is_done)
    seconds_until(lambda: is_up(pulse, AWAY))
    return Absence(noticed[0], others, waited, healed, len(differing(site.context)))


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
