"""How far the sources' logs of changes were read; moved with the scores that came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, text

from aura_engine.sql import load_queries
from aura_engine.store.bulk import stage_frame

_QUERIES: Final = load_queries("store_changes")
_WAITING_COLUMNS: Final = (
    "source text",
    "table_name text",
    "operation text",
    "user_ref uuid",
    "waits_for text",
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to where a source's log was read.

    Attributes
    ----------
    source : str
        Whose log.
    system_identifier, install_id : str
        Of the server and the triggers' installation.
    xid, id, gap : int
        As of `aura_engine.sources.changes.Position`.
    moved_at : datetime
        When it last moved.
    resync_reason : str or None
        Why everyone has to be read again by a run that has not ended yet.
    resync_since : datetime or None
        Since when.
    """

    source: str
    system_identifier: str
    install_id: str
    xid: int
    id: int
    gap: int
    moved_at: datetime
    resync_reason: str | None
    resync_since: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingChange:
    """A change that cannot be scored before a source is back."""

    source: str
    table_name: str
    operation: str
    user_ref: str
    waits_for: str
    id: int = 0


def cursors(connection: Connection) -> dict[str, Cursor]:
    """Return the cursors by source."""
    rows = connection.execute(text(_QUERIES["cursors"])).mappings()
    return {row["source"]: Cursor(**{n: row[n] for n in Cursor.__slots__}) for row in rows}


def begin_cursor(connection: Connection, source: str, position: dict[str, Any]) -> None:
    """Note where a log stands, unless it is read already.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    source : str
        Whose log.
    position : dict
        Fields of `aura_engine.sources.changes.Position`.
    """
    connection.execute(text(_QUERIES["begin_cursor"]), {"source": source, **position})


def move_cursor(connection: Connection, source: str, position: dict[str, Any]) -> None:
    """Note up to where a log was read, in the transaction that writes what came of it.

    Parameters
    ----------
    connection, source, position
        As of `begin_cursor`.
    """
    connection.execute(text(_QUERIES["move_cursor"]), {"source": source, **position})


def demand_resync(connection: Connection, source: str, reason: str) -> None:
    """Note that everyone has to be read again, as of now.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    source : str
        Where something happened that its log does not tell of.
    reason : str
        What.
    """
    connection.execute(text(_QUERIES["demand_resync"]), {"source": source, "reason": reason})


def end_resync(connection: Connection, *, begun_at: datetime) -> None:
    """Note that everyone has been read again by a run that began at a moment (`store_clock`)."""
    connection.execute(text(_QUERIES["end_resync"]), {"begun_at": begun_at})


def store_clock(connection: Connection) -> datetime:
    """Return the time by the analytics server's own clock."""
    moment: datetime = connection.execute(text(_QUERIES["clock"])).scalar_one()
    return moment


def let_wait(connection: Connection, changes: list[WaitingChange]) -> None:
    """Keep changes until a source is back, in the transaction that moves the cursor past them."""
    staged = pd.DataFrame(
        [(c.source, c.table_name, c.operation, c.user_ref, c.waits_for) for c in changes],
        columns=[column.partition(" ")[0] for column in _WAITING_COLUMNS],
        dtype="str",
    )
    stage_frame(connection, "staged_waiting", _WAITING_COLUMNS, staged)
    connection.execute(text(_QUERIES["insert_waiting"]))


def waiting(connection: Connection, *, away: list[str], most: int) -> list[WaitingChange]:
    """Return changes whose source may be back.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    away : list of str
        Sources that are not.
    most : int
        Changes to return.
    """
    rows = connection.execute(text(_QUERIES["waiting"]), {"away": away, "most": most}).mappings()
    return [WaitingChange(**row) for row in rows]


def stop_waiting(connection: Connection, changes: list[WaitingChange]) -> None:
    """Forget changes that were scored."""
    connection.execute(text(_QUERIES["delete_waiting"]), {"ids": [c.id for c in changes]})


def pass_over_waiting(connection: Connection, *, waits_for: list[str]) -> list[str]:
    """Forget all changes that wait for some sources, unscored, and return what they were of.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    waits_for : list of str
        The sources.

    Returns
    -------
    list of str
        Sources, each once.
    """
    return sorted(
        set(connection.scalars(text(_QUERIES["pass_over_waiting"]), {"waits_for": waits_for}))
    )
