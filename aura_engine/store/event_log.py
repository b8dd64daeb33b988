"""What happened, for those who follow it: by role, by scope, and from any place on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from aura_engine.errors import AccessDenied
from aura_engine.i18n import t
from aura_engine.sql import load_queries
from aura_engine.store.access import Role, Viewer
from aura_engine.store.events import EventType

_QUERIES: Final = load_queries("store_events")
OF_NOBODY: Final = frozenset(
    {
        EventType.DISTRIBUTION_UPDATE,
        EventType.CLUSTERING_COMPLETE,
        EventType.KPI_TREND_UPDATE,
        EventType.ERROR,
    }
)
"""Types that speak of no single person."""
_FOLLOWERS: Final = frozenset({Role.COUNSELOR, Role.SUPERVISOR, Role.ANALYST, Role.SYSTEM})


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event of the log.

    Attributes
    ----------
    seq : int
        Its number; later commits have higher ones.
    type : EventType
        Of what kind.
    created_at : datetime
        When.
    payload : dict
        What clients get.
    is_of_somebody : bool
        Whether it speaks of a person.
    communities : frozenset of UUID
        To which that person belongs.
    """

    seq: int
    type: EventType
    created_at: datetime
    payload: dict[str, Any]
    is_of_somebody: bool
    communities: frozenset[UUID]

    def is_for(self, viewer: Viewer) -> bool:
        """Tell whether somebody may know of it."""
        if viewer.role not in _FOLLOWERS:
            return False
        if not viewer.sees_identities:
            return self.type in OF_NOBODY and not self.is_of_somebody
        if viewer.communities is None or not self.is_of_somebody:
            return True
        return bool(self.communities & viewer.communities)


@dataclass(frozen=True, slots=True)
class EventBounds:
    """Which events are kept: from `first` on, up to `last`; 0 and 0 where there never were any."""

    first: int
    last: int


def require_following(viewer: Viewer) -> None:
    """Raise `AccessDenied` unless somebody may follow events."""
    if viewer.role not in _FOLLOWERS:
        raise AccessDenied(t("store.access_events", role=viewer.role))


def event_bounds(connection: Connection) -> EventBounds:
    """Return which events are kept."""
    found = connection.execute(text(_QUERIES["bounds"])).one()
    return EventBounds(found.first, found.last)


def log_epoch(connection: Connection) -> str:
    """Return what tells this installation's log from another one; empty before it is marked."""
    return str(connection.scalar(text(_QUERIES["epoch"])) or "")


def events_after(
    connection: Connection, seq: int, *, types: Sequence[EventType] = tuple(EventType), most: int
) -> list[StoredEvent]:
    """Return the next events, for all viewers; `StoredEvent.is_for` tells for whom.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    seq : int
        After which.
    types : sequence of EventType
        Of which kinds.
    most : int
        How many.
    """
    return _events(connection, "events_after", seq=seq, types=types, most=most)


def last_events(
    connection: Connection, viewer: Viewer, *, types: Sequence[EventType], most: int
) -> list[StoredEvent]:
    """Return the last events that somebody may know of, oldest first.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who.
    types : sequence of EventType
        Of which kinds.
    most : int
        How many.
    """
    require_following(viewer)
    known = [kind for kind in types if viewer.sees_identities or kind in OF_NOBODY]
    found = _events(connection, "last_events", types=known, most=most, scope=viewer.scope())
    return [event for event in reversed(found) if event.is_for(viewer)]


def _events(
    connection: Connection, query: str, *, types: Sequence[EventType], **given: Any
) -> list[StoredEvent]:
    named = {**given, "types": [kind.value for kind in types]}
    return [
        StoredEvent(
            row.seq,
            EventType(row.type),
            row.created_at,
            row.payload,
            row.is_of_somebody,
            frozenset(row.communities or ()),
        )
        for row in connection.execute(text(_QUERIES[query]), named)
    ]
