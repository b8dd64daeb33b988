"""Databases of a benchmark's own, on an embedded PostgreSQL that is removed afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Engine, create_engine, text

from aura_engine.cluster import Lease
from aura_engine.demo.site import DemoSite
from aura_engine.sources import Source
from aura_engine.sql import load_queries
from aura_engine.store.connect import connect_store

_ROWS: Final = {
    Source.AUTH: ("accounts",),
    Source.SOCIAL: (
        "profiles",
        "complete_profiles",
        "communities",
        "memberships",
        "friendships",
        "posts",
        "comments",
    ),
    Source.MESSAGING: ("messaging_users", "messages"),
}
"""Queries of ``bench.sql`` in the order in which they are run."""


def site_below(directory: Path) -> DemoSite:
    """Describe the site of a benchmark; nothing is made yet."""
    return DemoSite.at(directory, directory / "cluster", "bench")


@contextmanager
def temporary_site() -> Iterator[tuple[Path, DemoSite, Lease]]:
    """Make the four databases in a temporary directory, and remove them afterwards.

    Yields
    ------
    tuple of Path, DemoSite and Lease
        The directory, from which another process finds the site by `site_below`; the site; and a
        hold on its server.
    """
    directory = Path(tempfile.mkdtemp(prefix="aura-bench-"))
    directory.chmod(0o711)  # the server's account, which is not root, must be able to pass through
    site = site_below(directory)
    try:
        with site.cluster.acquire() as lease:
            site.provision(lease)
            yield directory, site, lease
    finally:
        site.cluster.destroy()
        shutil.rmtree(directory)


@contextmanager
def connected(analytics: URL) -> Iterator[Engine]:
    """Yield the engine of an analytics database, which is let go however the benchmark ends."""
    store = connect_store(analytics)
    try:
        yield store
    finally:
        store.dispose()


def populate(lease: Lease, people: int, *, through: datetime) -> int:
    """Fill the three sources with what people did up to a moment; return the rows written.

    Parameters
    ----------
    lease : Lease
        A hold on the server.
    people : int
        Accounts of the population.
    through : datetime
        Nothing is much later.
    """
    queries = load_queries("bench")
    written = 0
    for source, rows in _ROWS.items():
        owner = create_engine(lease.url(source.database))
        with owner.begin() as connection:
            connection.execute(text(queries["helpers"]))
            connection.execute(text(queries["without_triggers"]))
            for name in rows:
                done = connection.execute(
                    text(queries[name]), {"people": people, "through": through}
                )
                written += done.rowcount
        with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
        owner.dispose()
    return written
