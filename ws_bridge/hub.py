"""Who listens, and what each of them still has to get: nobody who is slow holds up the others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from websockets.frames import Frame, Opcode

from aura_engine.logs import get_logger
from aura_engine.store.event_log import StoredEvent
from ws_bridge.auth import Caller
from ws_bridge.channels import TYPES, Channel, as_message, encoded
from ws_bridge.metrics import EVICTED, QUEUED, SOCKETS

log = get_logger(__name__)

MOST_QUEUED: Final = 256
"""Messages that wait for a client; one who is further behind is let go."""


class CloseCode(IntEnum):
    """Why a socket is closed (RFC 6455 and its registry; 4000 and more are ours)."""

    RESTARTS = 1012
    TRY_AGAIN = 1013
    NOT_SIGNED_IN = 4401
    MAY_NOT = 4403


@dataclass(frozen=True, slots=True)
class Message:
    """An event, written out once for all who get it: as text, and as the frame that carries it."""

    seq: int
    text: str
    frame: bytes

    @classmethod
    def of(cls, event: StoredEvent) -> Message:
        """Write an event out."""
        text = encoded(as_message(event))
        return cls(event.seq, text, Frame(Opcode.TEXT, text.encode()).serialize(mask=False))


@dataclass(eq=False)
class Client:
    """One socket's end of the hub.

    Parameters
    ----------
    channel : Channel
        What it listens to.
    caller : Caller
        Who listens.
    """

    channel: Channel
    caller: Caller
    write: Callable[[bytes], bool] | None = None
    """Writes a frame at once, or tells that it cannot; where there is none, all is queued."""
    queue: asyncio.Queue[Message] = field(default_factory=lambda: asyncio.Queue(MOST_QUEUED))
    known: int = 0
    """Number of the last event that it was told in its beginning, if it asked for what it missed.
    Others may not read the last ones that come with it: those are sent all the same."""
    is_busy: bool = True
    """Whether something is to be sent before what comes now."""
    code: CloseCode | None = None
    """Why the socket is to be closed, once it is."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def close(self, code: CloseCode) -> None:
        """Have the socket closed, for the first reason that is given."""
        self.code = self.code or code
        self.closing.set()

    def wants(self, event: StoredEvent) -> bool:
        """Tell whether the client listens to an event and may know of it."""
        return event.type in TYPES[self.channel] and event.is_for(self.caller.viewer)

    def has(self, seq: int) -> bool:
        """Tell whether an event was told in the beginning."""
        return seq <= self.known

    def offer(self, message: Message) -> None:
        """Send a message, or queue it; a client whose queue is full is let go."""
        if self.closing.is_set() or self.has(message.seq):
            return
        is_next = not self.is_busy and self.queue.empty()
        if is_next and self.write is not None and self.write(message.frame):
            return
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            EVICTED.inc()
            log.info("socket_evicted", channel=self.channel.value)
            self.close(CloseCode.TRY_AGAIN)


@dataclass
class Hub:
    """The sockets of this process; used from its event loop only."""

    clients: set[Client] = field(default_factory=set)

    def add(self, client: Client) -> None:
        """Let a client get what comes from now on."""
        self.clients.add(client)
        SOCKETS.labels(client.channel.value).inc()

    def remove(self, client: Client) -> None:
        """Forget a client."""
        if client in self.clients:
            self.clients.remove(client)
            SOCKETS.labels(client.channel.value).dec()

    def publish(self, events: Iterable[StoredEvent]) -> None:
        """Give events to everyone who may know of them; each is written out once.

        Few at a time: nothing else happens in the loop meanwhile.
        """
        for event in events:
            message: Message | None = None
            for client in self.clients:
                if client.wants(event):
                    message = message or Message.of(event)
                    client.offer(message)
        QUEUED.set(max((client.queue.qsize() for client in self.clients), default=0))

    def connections(self) -> dict[str, int]:
        """Count the clients of each channel in this process."""
        counted = Counter(client.channel.value for client in self.clients)
        return {channel.value: counted[channel.value] for channel in Channel}

    def close_all(self, code: CloseCode) -> None:
        """Have every socket closed."""
        for client in self.clients:
            client.close(code)
