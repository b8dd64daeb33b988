"""The ordered, replayable log of what happened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, text

from aura_engine.sql import load_queries, read_frame
from aura_engine.store.bulk import copy_frame

_QUERIES: Final = load_queries("store_events")
_WRITER_LOCK: Final = 0x41555241_0003
"""Held until commit by whoever writes events, so that `seq` follows the order of commits."""
CHANNEL: Final = "aura_event"


class EventType(StrEnum):
    """Kinds of events that clients know."""

    USER_RISK_UPDATE = "USER_RISK_UPDATE"
    CRITICAL_ALERT = "CRITICAL_ALERT"
    DISTRIBUTION_UPDATE = "DISTRIBUTION_UPDATE"
    CLUSTERING_COMPLETE = "CLUSTERING_COMPLETE"
    KPI_TREND_UPDATE = "KPI_TREND_UPDATE"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class Event:
    """One event before it has a number; `user_id` is whom it speaks of, if anyone."""

    type: EventType
    payload: dict[str, Any]
    user_id: str | None = None


def lock_writers(connection: Connection) -> None:
    """Let nobody else write verdicts or events before the caller's transaction ends.

    Whoever takes it does so first, before any row: two that take rows and then this would wait for
    each other.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})


def write_events(
    connection: Connection, events: Sequence[Event], *, run_id: int, as_of: datetime
) -> None:
    """Append events in the caller's transaction and wake whoever follows them.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    events : sequence of Event
        In their order.
    run_id : int
        The run that they come from.
    as_of : datetime
        Moment of the run.
    """
    if not events:
        return
    lock_writers(connection)
    rows = pd.DataFrame(
        {
            "created_at": as_of,
            "type": event.type.value,
            "run_id": run_id,
            "user_id_raiz": event.user_id,
            "payload": json.dumps(event.payload, ensure_ascii=False),
        }
        for event in events
    )
    copy_frame(connection, "event", rows)
    connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


def write_error(
    connection: Connection, code: str, message: str, *, run_id: int | None = None
) -> None:
    """Tell whoever follows that something went wrong, by the server's clock.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    code : str
        What kind of thing.
    message : str
        For people; names nobody.
    run_id : int, optional
        The run that it happened to.
    """
    lock_writers(connection)
    payload = json.dumps({"code": code, "message": message}, ensure_ascii=False)
    connection.execute(
        text(_QUERIES["insert_error"]),
        {"type": EventType.ERROR.value, "run_id": run_id, "payload": payload},
    )
    connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


def recent_alerts(
    connection: Connection, *, since: datetime, people: Sequence[str] | None = None
) -> pd.Series:
    """Return the ASI of each person's last alert since a moment, indexed by root id.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    since : datetime
        Earlier alerts are left out.
    people : sequence of str, optional
        Root ids; everyone when not given.
    """
    asked = {"since": since, "people": None if people is None else list(people)}
    frame = read_frame(connection, _QUERIES["recent_alerts"], asked)
    return frame.set_index("user_id_raiz")["severity_index"]
