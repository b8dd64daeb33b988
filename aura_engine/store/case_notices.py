"""The outbox of notices: what is to be told of urgent cases, and whether it gets through.

A notice is told at least once: a sender that dies after the telling and before `record_sent` is
followed by another. Whoever receives it can tell by its id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Engine, TextClause, text

from aura_engine.sql import load_queries
from aura_engine.store.failures import store_errors

_QUERIES: Final = load_queries("store_case_notices")
RETRY_FIRST: Final = timedelta(minutes=1)
"""Until the second attempt; each further one waits twice as long,"""
RETRY_LONGEST: Final = timedelta(hours=1)
"""but no longer than this,"""
GIVE_UP_AFTER: Final = timedelta(hours=24)
"""and this long after the first nobody tries again."""


class NoticeKind(StrEnum):
    """What a notice says of a case; in the order of escalation."""

    UNACKNOWLEDGED = "sin_reconocer"
    OVERDUE = "vencido"
    OVERDUE_AGAIN = "vencido_otra_vez"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a channel is told: no name, no level, no figure.

    Parameters
    ----------
    id : int
        The same at each attempt.
    kind : NoticeKind
        What is said.
    channel : str
        Through which channel.
    pseudonym : str
        Of whom.
    """

    id: int
    kind: NoticeKind
    channel: str
    pseudonym: str


def announce(connection: Connection, *, now: datetime, channels: Sequence[str]) -> int:
    """Bring the outbox to what must be told; return how many notices are new.

    Every urgent case that nobody acknowledged is told once through each channel, and once more
    at each escalation, whatever the hour: the deadline waits for the morning, the notice does not.

    Parameters
    ----------
    connection : Connection
        Inside a transaction.
    now : datetime
        The moment.
    channels : sequence of str
        Those that are configured.
    """
    parameters = {"now": now, "channels": list(channels), "kinds": [k.value for k in NoticeKind]}
    for query in ("add_channels", "drop_channels", "withdraw"):
        connection.execute(_query(query), parameters)
    return connection.execute(_query("enqueue"), parameters).rowcount


def claim(store: Engine, channel: str, *, now: datetime) -> Notice | None:
    """Take the notice of a channel that is due first; None when none is.

    Parameters
    ----------
    store : Engine
        The analytics database.
    channel : str
        Whose.
    now : datetime
        The moment.
    """
    parameters = {
        "channel": channel,
        "now": now,
        "first": RETRY_FIRST.total_seconds(),
        "longest": RETRY_LONGEST.total_seconds(),
    }
    with store_errors(), store.begin() as connection:
        row = connection.execute(_query("claim"), parameters).one_or_none()
    return None if row is None else Notice(row.id, NoticeKind(row.kind), row.channel, row.pseudonym)


def record_sent(store: Engine, notice: Notice, *, now: datetime) -> None:
    """Note that a notice was told; others that failed meanwhile are due at once.

    Parameters
    ----------
    store : Engine
        The analytics database.
    notice : Notice
        The one that was told.
    now : datetime
        The moment.
    """
    _record(store, ("sent", "channel_works", "hurry"), notice, now=now)


def record_failed(store: Engine, notice: Notice, *, error: str, now: datetime) -> None:
    """Note that a notice did not get through, and since when its channel fails.

    Parameters
    ----------
    store : Engine
        The analytics database.
    notice : Notice
        The one that was not told.
    error : str
        What people read; no address, no secret.
    now : datetime
        The moment.
    """
    _record(store, ("failed", "channel_fails"), notice, now=now, error=error)


def _record(
    store: Engine, queries: Sequence[str], notice: Notice, *, now: datetime, error: str = ""
) -> None:
    parameters = {
        "id": notice.id,
        "channel": notice.channel,
        "now": now,
        "error": error,
        "too_old": now - GIVE_UP_AFTER,
    }
    with store_errors(), store.begin() as connection:
        for query in queries:
            connection.execute(_query(query), parameters)


def _query(name: str) -> TextClause:
    return text(_QUERIES[name].replace("{waits}", _QUERIES["waits"]))
