"""Leadership: one scheduler works at a time, and what a former one still writes is refused.

The leader holds an advisory lock on a session of its own. Each taking of it gives a higher number,
the fence. A fenced engine checks it at the end of every transaction that commits, under a row lock
that a successor has to wait for: what a former leader has not committed by then never commits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from aura_engine.errors import LeadershipLost, StoreError
from aura_engine.i18n import t
from aura_engine.sql import load_queries
from aura_engine.store.failures import store_errors

_QUERIES: Final = load_queries("store_leadership")
_LEADER_LOCK: Final = 0x41555241_0005
"""Advisory lock that the leader's session holds; the server frees it with the session."""
BEAT_SECONDS: Final = 1.0
"""Between two beats of a leader."""
SILENCE_SECONDS: Final = 7.0
"""A leader that was silent for this long is one no more, so that a standby leads within 10 s."""


@dataclass(frozen=True, slots=True)
class Fence:
    """The number of one leadership; writes under it end when there is a higher one."""

    number: int

    def check(self, connection: Connection) -> None:
        """Make sure that nobody else leads until the caller's transaction has ended.

        Whoever takes over waits for that end, so the transaction should be short from here on.

        Raises
        ------
        LeadershipLost
            If somebody else leads already.
        """
        found = connection.execute(text(_QUERIES["hold_fence"])).one_or_none()
        if found is None or found.fence != self.number:
            raise LeadershipLost(t("store.leadership_lost"))


def fenced(engine: Engine, fence: Fence) -> Engine:
    """Return an engine on the same connections whose every commit checks the fence first.

    A transaction that must not commit is rolled back, and `LeadershipLost` goes on to the caller.
    """
    led = engine.execution_options(fence=fence.number)

    def check(connection: Connection) -> None:
        if not connection.get_execution_options().get("postgresql_readonly"):
            fence.check(connection)

    event.listen(led, "commit", check)
    return led


@dataclass(frozen=True, slots=True)
class Leadership:
    """A leadership that goes on.

    Attributes
    ----------
    fence : Fence
        Its number.
    since : datetime
        When it began, by the server's clock.
    """

    fence: Fence
    since: datetime
    _session: Connection

    def beat(self) -> None:
        """Show that this leader lives; to be called every `BEAT_SECONDS`.

        Raises
        ------
        LeadershipLost
            If its session is gone or somebody else leads.
        """
        try:
            with store_errors():
                holds = self._session.scalar(
                    text(_QUERIES["still_leads"]),
                    {"fence": self.fence.number, "key": _LEADER_LOCK},
                )
        except StoreError as error:
            raise LeadershipLost(t("store.leadership_lost")) from error
        if not holds:
            raise LeadershipLost(t("store.leadership_lost"))


@contextmanager
def leading(engine: Engine, *, instance: str) -> Iterator[Leadership | None]:
    """Lead within this block; None where another process does.

    Parameters
    ----------
    engine : Engine
        Of the analytics database, at an address that no pooler stands behind.
    instance : str
        This process among others.

    Raises
    ------
    StoreError
        If the analytics database does not answer.
    """
    with store_errors():
        session = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        with store_errors():
            leadership = _take(session, instance)
        yield leadership
    finally:
        # The server ends a detached session a moment later; a successor may be sooner.
        with suppress(SQLAlchemyError):
            session.exec_driver_sql("SELECT pg_advisory_unlock_all()")
        session.close()


def _take(session: Connection, instance: str) -> Leadership | None:
    if not session.scalar(text(_QUERIES["try_to_lead"]), {"key": _LEADER_LOCK}):
        return None
    session.detach()
    session.execute(text(_QUERIES["end_when_silent"]), {"silence": f"{SILENCE_SECONDS:g}s"})
    taken = session.execute(text(_QUERIES["take_over"]), {"instance": instance}).one()
    return Leadership(Fence(taken.fence), taken.since, session)
