"""Reads of the channels through which counselors away from their desk hear of urgent cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from aura_engine.store.access import Viewer
from aura_engine.store.reads.scope import scoped


@dataclass(frozen=True, slots=True)
class NoticeChannel:
    """A channel that the scheduler was given, and whether notices get through.

    Parameters
    ----------
    channel : str
        ``webhook`` or ``smtp``.
    failing_since : datetime or None
        Since when no notice got through; None while they do, or none had to.
    last_error : str or None
        Why the last one did not.
    """

    channel: str
    failing_since: datetime | None
    last_error: str | None


def notice_channels(connection: Connection, viewer: Viewer) -> list[NoticeChannel]:
    """Return the configured channels; none means that nobody is told out of hours."""
    viewer.require_aggregates()
    rows = connection.execute(scoped("store_case_notices", "channels"))
    return [NoticeChannel(row.channel, row.failing_since, row.last_error) for row in rows]
