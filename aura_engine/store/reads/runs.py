"""Reads of runs, and of what the processes last said of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from aura_engine.store.access import Viewer
from aura_engine.store.reads.scope import scoped

SILENT_AFTER: Final = timedelta(seconds=15)
"""A process that reports every few seconds and has not for this long is taken for absent."""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """What is known of one part: the scheduler, its standby, or a source that it watches.

    Parameters
    ----------
    part : str
        ``scheduler``, ``standby``, ``aura_auth``, ``aura_social`` or ``aura_messaging``.
    is_up : bool
        Whether it works, as far as the last report is recent enough to tell.
    since : datetime
        Since when that is so.
    details : dict
        What it said of itself.
    is_silent : bool
        Whether the last report is too old to tell: of a source, that says nothing but that its
        watcher is away.
    instance : str
        The process that said so.
    """

    part: str
    is_up: bool
    since: datetime
    details: dict[str, Any]
    is_silent: bool = False
    instance: str = ""


def runs(connection: Connection, viewer: Viewer, *, limit: int = 20) -> list[dict[str, Any]]:
    """Return the latest runs, newest first.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    limit : int
        Most runs to return.
    """
    viewer.require_aggregates()
    rows = connection.execute(scoped("store_runs", "list_runs"), {"limit": limit}).mappings()
    return [dict(row) for row in rows]


def run(connection: Connection, viewer: Viewer, run_id: int) -> dict[str, Any] | None:
    """Return one run; None if there is none with this id.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    run_id : int
        The run.
    """
    viewer.require_aggregates()
    rows = connection.execute(scoped("store_runs", "one_run"), {"run_id": run_id}).mappings()
    row = rows.one_or_none()
    return None if row is None else dict(row)


def open_runs(connection: Connection, viewer: Viewer) -> list[int]:
    """Return the ids of the runs that wait or go on, oldest first."""
    viewer.require_aggregates()
    rows = connection.execute(scoped("store_runs", "waiting_or_running"))
    return [int(row.id) for row in rows]


def services(connection: Connection, viewer: Viewer) -> dict[str, ServiceStatus]:
    """Return the state of each part by name; a part that never reported is not in it."""
    viewer.require_aggregates()
    rows = connection.execute(scoped("store_services", "states")).mappings()
    found = {}
    for row in rows:
        silent = row["age"] > SILENT_AFTER.total_seconds()
        found[row["part"]] = ServiceStatus(
            part=row["part"],
            is_up=row["is_up"] and not silent,
            is_silent=silent,
            since=row["seen_at"] if silent and row["is_up"] else row["since"],
            details=row["details"],
            instance=row["instance"],
        )
    return found
