"""Totals in time: trend points through the day, and where everyone stood at each day's end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from aura_engine.sql import load_queries

_QUERIES: Final = load_queries("store_trends")


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """Everyone at a moment.

    Attributes
    ----------
    people : int
        In view.
    averages : dict
        Of each observed KPI by column; None where nobody showed it.
    distribution : dict
        People by level, all three levels always there.
    """

    people: int
    averages: dict[str, float | None]
    distribution: dict[str, int]


def record_trend_point(connection: Connection, at: datetime) -> TrendPoint | None:
    """Record the totals of what readers see, in the caller's transaction.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    at : datetime
        The moment, zone-aware; a point that is there already is made anew.

    Returns
    -------
    TrendPoint or None
        None before the first run.
    """
    row = connection.execute(text(_QUERIES["record_trend_point"]), {"at": at}).one_or_none()
    return None if row is None else TrendPoint(*row)


def last_trend_point(connection: Connection) -> datetime | None:
    """Return when the last point was recorded; None before the first."""
    at: datetime | None = connection.scalar(text(_QUERIES["last_trend_point"]))
    return at


def days_to_record(connection: Connection, *, now: datetime, zone: ZoneInfo) -> list[date]:
    """Return the days that have ended and are not recorded, the earliest first.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    now : datetime
        The present, zone-aware.
    zone : ZoneInfo
        In which days end.
    """
    known = connection.execute(text(_QUERIES["recorded_days"])).one()
    if known.first_known is None:
        return []
    first = known.first_known.astimezone(zone).date()
    if known.last_day is not None:
        first = known.last_day + timedelta(days=1)
    today = now.astimezone(zone).date()
    return [first + timedelta(days=n) for n in range((today - first).days)]


def record_day(connection: Connection, day: date, *, zone: ZoneInfo) -> None:
    """Record in the caller's transaction where everyone stood when a day ended.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    day : date
        One that has ended; what is recorded of it already stays.
    zone : ZoneInfo
        In which it ended.
    """
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    connection.execute(text(_QUERIES["record_day"]), {"day": day, "ends": ends})
