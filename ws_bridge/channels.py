"""The two live channels: which events each tells of, and how an event looks to clients."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import orjson

from aura_engine.store.event_log import StoredEvent
from aura_engine.store.events import EventType


class Channel(StrEnum):
    """A live channel, by the name that clients read."""

    CLUSTERING = "clustering"
    ALERTS = "alerts"


TYPES: Final[Mapping[Channel, tuple[EventType, ...]]] = MappingProxyType(
    {
        Channel.CLUSTERING: tuple(EventType),
        Channel.ALERTS: (EventType.CRITICAL_ALERT, EventType.ERROR),
    }
)
INITIAL_STATE: Final = "INITIAL_STATE"
PONG: Final = "pong"


def iso(moment: datetime) -> str:
    """Return a moment as clients read it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_message(event: StoredEvent) -> dict[str, Any]:
    """Return an event as clients get it."""
    return {
        "type": event.type.value,
        "seq": event.seq,
        "server_timestamp": iso(event.created_at),
        "payload": event.payload,
    }


def encoded(message: Mapping[str, Any]) -> str:
    """Return a message as text."""
    return orjson.dumps(message).decode()
