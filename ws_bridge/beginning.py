"""What a socket is told first: what is so now, and what it missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Engine

from aura_engine.store.access import Viewer
from aura_engine.store.audit import record_list
from aura_engine.store.connect import reading
from aura_engine.store.event_log import (
    StoredEvent,
    event_bounds,
    events_after,
    last_events,
    log_epoch,
)
from ws_bridge.channels import INITIAL_STATE, TYPES, as_message, iso
from ws_bridge.hub import Client, Hub

RECENT: Final = 10
MOST_REPLAYED: Final = 1_000
"""Events that are sent anew to a client that was away; with more, it has to read the results."""


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where a client knows the log of events.

    Attributes
    ----------
    since : int or None
        Number of the last event that it has; None where it has none.
    epoch : str or None
        Of the log that this number is from, if it says so.
    """

    since: int | None
    epoch: str | None = None


@dataclass(frozen=True)
class Beginning:
    """What a socket is told first.

    Attributes
    ----------
    recent : sequence of StoredEvent
        The last of its channel, oldest first.
    missed : sequence of StoredEvent
        What came after the event that the client named.
    has_all : bool
        Whether `missed` is complete.
    last : int
        Number of the last event by then.
    epoch : str
        Of the log, as of `aura_engine.store.event_log.log_epoch`.
    """

    recent: Sequence[StoredEvent]
    missed: Sequence[StoredEvent]
    has_all: bool
    last: int
    epoch: str


def read_beginning(store: Engine, client: Client, place: Place, **noted: str) -> Beginning:
    """Read what a socket is told first; whoever learns of single people is noted before.

    Parameters
    ----------
    store : Engine
        Of the analytics database.
    client : Client
        Whose beginning.
    place : Place
        Up to where it knows the log.
    **noted : str
        ``action`` and ``request_id``, as of `aura_engine.store.audit.record_list`.

    Raises
    ------
    StoreError
        If it cannot be read, or not be noted.
    """
    types = TYPES[client.channel]
    viewer: Viewer = client.caller.viewer
    if viewer.sees_identities:
        record_list(store, viewer, **noted)
    with reading(store) as connection:
        bounds, epoch = event_bounds(connection), log_epoch(connection)
        recent = last_events(connection, viewer, types=types, most=RECENT)
        told = partial(Beginning, recent, last=bounds.last, epoch=epoch)
        if place.since is None:
            return told([], True)
        is_kept = bounds.first - 1 <= place.since <= bounds.last
        if not is_kept or place.epoch not in (None, epoch):
            return told([], False)
        missed = events_after(connection, place.since, types=types, most=MOST_REPLAYED + 1)
    if len(missed) > MOST_REPLAYED:
        return told([], False)
    return told([event for event in missed if event.is_for(viewer)], True)


def initial_state(begun: Beginning, client: Client, place: Place, hub: Hub) -> dict[str, Any]:
    """Return the first message of a socket.

    Parameters
    ----------
    begun : Beginning
        What was read for it.
    client : Client
        Who gets it.
    place : Place
        Up to where it says it knows the log.
    hub : Hub
        Who else listens to this process.
    """
    told: dict[str, Any] = {
        "type": INITIAL_STATE,
        "server_timestamp": iso(datetime.now(UTC)),
        "channel": client.channel.value,
        "connected_clients": hub.connections()[client.channel.value],
        "recent_messages": [as_message(event) for event in begun.recent],
        "last_seq": begun.last,
        "epoch": begun.epoch,
    }
    return told if place.since is None else {**told, "recovered": begun.has_all}
