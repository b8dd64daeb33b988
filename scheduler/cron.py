"""When something was last due by a cron expression."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

_LOOKS_BACK: Final = (
    timedelta(hours=2),
    timedelta(days=2),
    timedelta(days=32),
    timedelta(days=366),
    timedelta(days=8 * 366),
)
"""From short to long, so that an expression that is due often is not gone through for years."""


def last_due(cron: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the latest moment at or before `now` at which an expression was due.

    Parameters
    ----------
    cron : str
        Five fields: minute, hour, day, month, day of the week.
    now : datetime
        Zone-aware.
    zone : ZoneInfo
        In which the expression speaks.

    Returns
    -------
    datetime or None
        In UTC; None if it was not due in the last years, as the 31st of February.
    """
    trigger = CronTrigger.from_crontab(cron, timezone=zone)
    for span in _LOOKS_BACK:
        last: datetime | None = None
        due = trigger.get_next_fire_time(None, now - span)
        while due is not None and due <= now:
            last = due
            due = trigger.get_next_fire_time(due, due + timedelta(microseconds=1))
        if last is not None:
            return last.astimezone(UTC)
    return None
