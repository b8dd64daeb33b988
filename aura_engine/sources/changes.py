"""What changed in a source, as its triggers logged it: rows, and how far they were read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import psycopg2 as driver

from aura_engine.errors import SourceError
from aura_engine.i18n import t
from aura_engine.sources.connections import Source, Sources
from aura_engine.sql import load_queries

CHANNEL: Final = "aura_data_change"
"""What the triggers notify."""
ROWS_AT_ONCE: Final = 5_000
_DIALECT: Final[Any] = driver.dialect()  # type: ignore[no-untyped-call]

Rows = Sequence[Any]
Ask = Callable[[str, Mapping[str, object]], Rows]
"""Runs one of the queries of ``changes.sql`` by its name and returns its rows."""


@dataclass(frozen=True, slots=True)
class Change:
    """One person concerned by one statement.

    Attributes
    ----------
    source : Source
        Where.
    table, operation : str
        As the trigger wrote them.
    user_ref : str
        Whom the row names, as the table holds it.
    changed_at : datetime or None
        By the source's clock; None where no log row tells.
    xid, id : int
        Its place in the log; 0 for a change that no log holds.
    """

    source: Source
    table: str
    operation: str
    user_ref: str
    changed_at: datetime | None = None
    xid: int = 0
    id: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where a source's log was read, and of which server and installation.

    Attributes
    ----------
    system_identifier, install_id : str
        Of the server, and of the triggers' installation.
    xid, id : int
        Everything at or before this place was read.
    gap : int
        How many changes the triggers had failed to log by then.
    """

    system_identifier: str
    install_id: str
    xid: int
    id: int
    gap: int


@dataclass(frozen=True, slots=True)
class LogState:
    """Where a source's log stands; see the query ``state``."""

    system_identifier: str
    install_id: str
    xmin: int
    xmax: int
    gap: int
    queue_usage: float
    at: datetime

    def position(self) -> Position:
        """Return the place below which every transaction has ended."""
        return Position(self.system_identifier, self.install_id, self.xmin, 0, self.gap)


@dataclass(frozen=True, slots=True)
class LogPage:
    """What was read of a log at once.

    Attributes
    ----------
    state : LogState
        Just before.
    changes : tuple of Change
        In their order.
    position : Position
        After them.
    resync : str or None
        Why everyone has to be read again.
    is_whole : bool
        Whether nothing more is to be read now.
    """

    state: LogState
    changes: tuple[Change, ...]
    position: Position
    resync: str | None
    is_whole: bool


def statement(query: str) -> str:
    """Return a query of ``changes.sql`` with the driver's own names for its parameters."""
    return str(text(load_queries("changes")[query]).compile(dialect=_DIALECT))


def read_state(ask: Ask) -> LogState:
    """Look where a log stands."""
    rows = ask("state", {})
    if not rows:
        raise SourceError(t("changes.no_version"))
    return LogState(*rows[0])


def read_log(source: Source, ask: Ask, after: Position | None) -> LogPage:
    """Read what was logged after a position.

    Parameters
    ----------
    source : Source
        Whose log.
    ask : callable
        Runs a query.
    after : Position or None
        Where to go on; None where the log was never read: then everyone has to be.
    """
    state = read_state(ask)
    now = state.position()
    reason = None if after is None else _why_not(after, state)
    if after is None or reason is not None:
        return LogPage(state, (), now, reason or "first", is_whole=True)
    found = ask(
        "rows", {"xid": after.xid, "id": after.id, "xmin": state.xmin, "most": ROWS_AT_ONCE}
    )
    is_whole = len(found) < ROWS_AT_ONCE
    changes = []
    for xid, number, table, operation, user_ref, changed_at in found:
        if user_ref is None:
            reason = "everyone"
        else:
            changes.append(Change(source, table, operation, user_ref, changed_at, xid, number))
    if is_whole:
        # The gap is the caller's to move: a failure shows before its transaction has ended.
        position = replace(max(now, after, key=_place), gap=after.gap)
    else:
        position = replace(after, xid=found[-1][0], id=found[-1][1])
    return LogPage(state, tuple(changes), position, reason, is_whole)


def _place(position: Position) -> tuple[int, int]:
    return position.xid, position.id


def _why_not(after: Position, state: LogState) -> str | None:
    """Tell why the log cannot be gone on with from a position."""
    if after.system_identifier != state.system_identifier:
        return "another_server"
    if after.install_id != state.install_id:
        return "installed_anew"
    if state.xmax < after.xid or state.gap < after.gap:
        return "restored"
    return None


def current_position(sources: Sources, source: Source) -> Position | None:
    """Return where a source's log stands; None where there is none that our role can read.

    Raises
    ------
    SourceError
        If the source does not answer.
    """
    with sources.reading(source) as connection:

        def ask(query: str, parameters: Mapping[str, object]) -> Rows:
            return connection.execute(text(load_queries("changes")[query]), dict(parameters)).all()

        if not ask("is_readable", {})[0].is_readable:
            return None
        return read_state(ask).position()


def prune(sources: Sources, source: Source, *, older_than: timedelta, below: int) -> int:
    """Delete old rows of a source's log that were read; the one thing that we write in a source.

    Parameters
    ----------
    sources : Sources
        The three sources.
    source : Source
        Whose log.
    older_than : timedelta
        Younger rows stay.
    below : int
        Rows of this transaction and later ones stay: they were not all read.

    Returns
    -------
    int
        How many rows went.

    Raises
    ------
    SourceError
        If the source does not answer, or refuses.
    """
    query = text(load_queries("changes")["prune"])
    limits = {"older_than": older_than, "below": below}
    gone = 0
    while True:
        with sources.reading(source) as connection:
            connection.exec_driver_sql("SET TRANSACTION READ WRITE")
            some = int(connection.execute(query, limits).scalar_one())
            connection.commit()
        gone += some
        if some == 0:
            return gone
