"""A messaging source of a benchmark's own, whose triggers are put in and taken out again."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from aura_engine.cluster import Lease
from aura_engine.demo.site import SERVICE_ROLE
from aura_engine.sources import Source
from aura_engine.sources.triggers import install_triggers, uninstall_triggers
from aura_engine.sql import load_queries
from benchmarks.site import temporary_site
from benchmarks.triggers_listener import connect

THROUGH: Final = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
MESSAGES_A_PERSON: Final = 29.7
"""As the queries of ``bench.sql`` write them."""


@dataclass(frozen=True)
class Pair:
    """The same measure without and with triggers, once a round."""

    without: list[float]
    having: list[float]

    @property
    def ratio(self) -> float:
        """Median over the rounds of with over without."""
        return statistics.median(b / a for a, b in zip(self.without, self.having, strict=True))

    @property
    def difference(self) -> float:
        """Median over the rounds of with less without."""
        return statistics.median(b - a for a, b in zip(self.without, self.having, strict=True))


@dataclass(frozen=True)
class MessagingSite:
    """The messaging source, its service's address, and how many messages there are."""

    lease: Lease
    owner: Engine
    messages: int
    people: int

    @property
    def address(self) -> dict[str, Any]:
        """What the driver needs to connect as the service's own role."""
        url = self.owner.url
        return {
            "host": url.host,
            "port": url.port,
            "user": url.username,
            "password": url.password,
            "dbname": url.database,
            "sslmode": "disable",
        }

    def connect(self) -> Any:
        """Return an autocommitting connection of the service's own role."""
        return connect(self.address)

    def settle(self) -> None:
        """Leave no dead rows and no unwritten pages to the next measurement."""
        superuser = create_engine(
            self.lease.url(Source.MESSAGING.database),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
        )
        with superuser.connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE messages")
            connection.exec_driver_sql("CHECKPOINT")

    def alternate(self, rounds: int, work: Callable[[], float]) -> Pair:
        """Measure something without and with triggers, in turn, the first one in turn too.

        Parameters
        ----------
        rounds : int
            Of both.
        work : callable
            Returns what it measured.
        """
        found: dict[bool, list[float]] = {False: [], True: []}
        for number in range(rounds):
            for having in (False, True) if number % 2 == 0 else (True, False):
                if having:
                    install_triggers(self.owner, Source.MESSAGING)
                else:
                    uninstall_triggers(self.owner, Source.MESSAGING)
                self.settle()
                found[having].append(work())
        return Pair(found[False], found[True])


@contextmanager
def messaging_site(messages: int) -> Iterator[MessagingSite]:
    """Make a server with about so many messages of its own, as the benchmarks' people write them.

    Parameters
    ----------
    messages : int
        In the table of messages.
    """
    people = max(10, round(messages / MESSAGES_A_PERSON))
    queries = load_queries("bench")
    with temporary_site() as (_directory, _site, lease):
        superuser = create_engine(lease.url(Source.MESSAGING.database), poolclass=NullPool)
        with superuser.begin() as connection:
            connection.execute(text(queries["helpers"]))
            connection.execute(text(queries["without_triggers"]))
            for name in ("messaging_users", "messages"):
                connection.execute(text(queries[name]), {"people": people, "through": THROUGH})
            written = connection.scalar(text("SELECT count(*) FROM messages"))
        owner = create_engine(
            lease.url(Source.MESSAGING.database, SERVICE_ROLE), poolclass=NullPool
        )
        yield MessagingSite(lease, owner, int(written or 0), people)
