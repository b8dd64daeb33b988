"""Clocks and zones: the source's against this machine's and the population's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError

from aura_engine.sources.check.findings import Finding, Severity
from aura_engine.sources.connections import Source
from aura_engine.sql import load_queries

TOLERATED_SECONDS: Final = 5.0
"""Difference of clocks that changes no indicator noticeably."""
_WEEKS: Final = 53
_INVALID_PARAMETER: Final = "22023"


@dataclass(frozen=True, slots=True)
class Clock:
    """How a source tells the time.

    Attributes
    ----------
    ahead_seconds : float
        The server's clock minus this machine's, at the middle of the question's way.
    uncertain_seconds : float
        Half of the time that the question took: the difference is no better known.
    server_zone : str
        In which the server writes times by default; no query of a run depends on it.
    zone : str
        The population's.
    knows_zone : bool
        Whether the server has heard of it.
    other_hours : int
        Of 53 weekly moments up to now, those to which the server gives another local hour than
        this machine: one of them has outdated clock changes.
    """

    ahead_seconds: float
    uncertain_seconds: float
    server_zone: str
    zone: str
    knows_zone: bool
    other_hours: int


def read_clock(connection: Connection, timezone: str, clock: Callable[[], datetime]) -> Clock:
    """Compare clocks and clock changes.

    Parameters
    ----------
    connection : Connection
        Within a transaction.
    timezone : str
        IANA name of the population's zone.
    clock : callable
        Returns the present of this machine, zone-aware.
    """
    before = clock()
    answer = connection.execute(text(load_queries("check")["clock"])).one()
    took = clock() - before
    moments = [before - timedelta(weeks=weeks) for weeks in range(_WEEKS)]
    hours = _server_hours(connection, timezone, moments)
    zone = ZoneInfo(timezone)
    return Clock(
        ahead_seconds=(answer.server_time - before - took / 2).total_seconds(),
        uncertain_seconds=took.total_seconds() / 2,
        server_zone=answer.server_zone,
        zone=timezone,
        knows_zone=hours is not None,
        other_hours=sum(
            moment.astimezone(zone).hour != hour
            for moment, hour in zip(moments, hours or (), strict=False)
        ),
    )


def _server_hours(
    connection: Connection, timezone: str, moments: list[datetime]
) -> list[int] | None:
    """Return the server's local hour of each moment; None where it does not know the zone."""
    try:
        with connection.begin_nested():
            query = text(load_queries("check")["local_hours"])
            values = {"timezone": timezone, "moments": moments}
            return list(connection.execute(query, values).scalars())
    except DataError as error:
        if getattr(error.orig, "pgcode", None) != _INVALID_PARAMETER:
            raise
        return None


def clock_findings(found: Clock, source: Source) -> Iterator[Finding]:
    """Say where clocks or clock changes differ; nights are told by messaging's server alone."""
    if abs(found.ahead_seconds) > TOLERATED_SECONDS + found.uncertain_seconds:
        fields: dict[str, object] = {"seconds": f"{found.ahead_seconds:+.0f}"}
        yield Finding(Severity.WARNING, source, "check.clock", fields)
    if source is not Source.MESSAGING:
        return
    if not found.knows_zone:
        yield Finding(Severity.BLOCK, source, "check.zone_unknown", {"zone": found.zone})
    elif found.other_hours:
        fields = {"zone": found.zone, "weeks": found.other_hours}
        yield Finding(Severity.WARNING, source, "check.zone_differs", fields)
