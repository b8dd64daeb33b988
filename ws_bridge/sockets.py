"""One socket's life: who is it, what is so now, and then what happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import anyio
import orjson
from fastapi import WebSocket
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine
from starlette.websockets import WebSocketDisconnect, WebSocketState

from aura_engine.errors import AccessDenied, StoreError
from aura_engine.logs import get_logger
from aura_engine.store.access import Viewer
from aura_engine.store.accounts import disabled_among
from aura_engine.store.connect import reading
from aura_engine.store.event_log import (
    StoredEvent,
    event_bounds,
    events_after,
    last_events,
    require_following,
)
from ws_bridge.auth import Caller, Gate, bearer
from ws_bridge.channels import INITIAL_STATE, PONG, TYPES, Channel, as_message, encoded, iso
from ws_bridge.errors import Refused
from ws_bridge.hub import Client, CloseCode, Hub
from ws_bridge.protocol import WRITE
from ws_bridge.tail import EventTail

log = get_logger(__name__)

PROTOCOL: Final = "aura.v2"
"""The one subprotocol; a token may come beside it as ``bearer.<token>``."""
SIGN_IN_SECONDS: Final = 5.0
WATCH_SECONDS: Final = 2.0
"""Between two looks for tokens that have ended and accounts that were disabled."""
GOODBYE_SECONDS: Final = 1.0
RECENT: Final = 10
MOST_REPLAYED: Final = 1_000
"""Events that are sent anew to a client that was away; with more, it has to read the results."""
READERS: Final = 4
"""Sockets whose beginning is read at the same time; the others wait, and requests do not."""
_BEARER: Final = "bearer."


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
    """

    recent: Sequence[StoredEvent]
    missed: Sequence[StoredEvent]
    has_all: bool
    last: int


@dataclass
class Sockets:
    """What all sockets of this process share.

    Parameters
    ----------
    store : Engine
        Of the analytics database.
    gate : Gate
        Tells who calls.
    origins : frozenset of str
        Web pages that may open a socket.
    hub : Hub
        Who listens.
    """

    store: Engine
    gate: Gate
    origins: frozenset[str]
    hub: Hub = field(default_factory=Hub)
    tail: EventTail | None = None
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READERS))

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow the log of events, and who may listen, within this block."""
        self.tail = EventTail(self.store, asyncio.get_running_loop(), self.hub.publish)
        self.tail.start()
        watching = asyncio.create_task(self.watch())
        try:
            yield
        finally:
            watching.cancel()
            self.hub.close_all(CloseCode.RESTARTS)
            await run_in_threadpool(self.tail.stop)

    async def watch(self) -> None:
        """Close the sockets of those whose token ends or whose account is disabled."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            now = datetime.now(UTC)
            holders = [c for c in self.hub.clients if c.caller.auth_user_id is not None]
            for client in holders:
                if client.caller.expires_at is not None and client.caller.expires_at <= now:
                    client.close(CloseCode.NOT_SIGNED_IN)
            if not holders:
                continue
            asked = {str(client.caller.auth_user_id) for client in holders}
            try:
                disabled = await run_in_threadpool(self._disabled, asked)
            except StoreError as error:
                log.warning("accounts_not_seen", reason=str(error))
                continue
            for client in holders:
                if client.caller.auth_user_id in disabled:
                    client.close(CloseCode.MAY_NOT)

    def _disabled(self, auth_user_ids: set[str]) -> set[str]:
        with reading(self.store) as connection:
            return disabled_among(connection, auth_user_ids)

    async def serve(self, socket: WebSocket, channel: Channel, since: int | None) -> None:
        """Serve one socket until either side ends it.

        Parameters
        ----------
        socket : WebSocket
            Not yet accepted.
        channel : Channel
            What it listens to.
        since : int or None
            Number of the last event that the client has.
        """
        try:
            caller = await self._signed_in(socket)
        except Refused:
            await _close(socket, CloseCode.NOT_SIGNED_IN)
        except AccessDenied:
            await _close(socket, CloseCode.MAY_NOT)
        except StoreError as error:
            log.warning("socket_not_served", reason=str(error))
            await _close(socket, CloseCode.TRY_AGAIN)
        except WebSocketDisconnect:
            return
        else:
            await self._listen(socket, Client(channel, caller, socket.scope.get(WRITE)), since)

    async def _signed_in(self, socket: WebSocket) -> Caller:
        """Accept a socket and return who it is; before that nothing is sent."""
        offered = socket.scope.get("subprotocols", [])
        await socket.accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)
        origins = socket.headers.getlist("origin")
        if any(origin.lower() not in self.origins for origin in origins):
            raise AccessDenied("a page of another origin")
        peer = socket.client.host if socket.client else None
        tokens = [name.removeprefix(_BEARER) for name in offered if name.startswith(_BEARER)]
        token = bearer(socket.headers.getlist("authorization")) or next(iter(tokens), None)
        try:
            caller = await run_in_threadpool(self.gate.caller, token, peer)
        except Refused:
            if token is not None:
                raise
            token = await _first_words(socket)
            caller = await run_in_threadpool(self.gate.caller, token, peer)
        require_following(caller.viewer)
        return caller

    async def _listen(self, socket: WebSocket, client: Client, since: int | None) -> None:
        # From now on events are queued, so that what is read next and what comes then overlap.
        self.hub.add(client)
        try:
            async with self._places:
                begun = await run_in_threadpool(self._beginning, client, since)
            told = _initial_state(client.channel, begun, since, self.hub)
            await socket.send_text(encoded(told))
            for event in begun.missed:
                await socket.send_text(encoded(as_message(event)))
            client.known = begun.last if since is not None else 0
            await self._until_closed(socket, client)
        except StoreError as error:
            log.warning("socket_not_served", reason=str(error))
            await _close(socket, CloseCode.TRY_AGAIN)
        except (WebSocketDisconnect, RuntimeError):
            return  # the other side has gone, perhaps while something was sent
        finally:
            self.hub.remove(client)

    def _beginning(self, client: Client, since: int | None) -> Beginning:
        types = TYPES[client.channel]
        viewer: Viewer = client.caller.viewer
        with reading(self.store) as connection:
            bounds = event_bounds(connection)
            recent = last_events(connection, viewer, types=types, most=RECENT)
            if since is None:
                return Beginning(recent, [], True, bounds.last)
            if not bounds.first - 1 <= since <= bounds.last:
                return Beginning(recent, [], False, bounds.last)
            missed = events_after(connection, since, types=types, most=MOST_REPLAYED + 1)
        if len(missed) > MOST_REPLAYED:
            return Beginning(recent, [], False, bounds.last)
        return Beginning(recent, [e for e in missed if e.is_for(viewer)], True, bounds.last)

    async def _until_closed(self, socket: WebSocket, client: Client) -> None:
        """Send and hear until either ends, or the client is to be let go."""
        async with anyio.create_task_group() as tasks:

            async def until(end: Coroutine[Any, Any, Any]) -> None:
                # The other side may go while something is sent.
                with suppress(WebSocketDisconnect, RuntimeError):
                    await end
                tasks.cancel_scope.cancel()

            tasks.start_soon(until, _send(socket, client))
            tasks.start_soon(until, _hear(socket))
            tasks.start_soon(until, client.closing.wait())
        if client.code is not None:
            await _close(socket, client.code)


async def _send(socket: WebSocket, client: Client) -> None:
    """Send what is queued, except what the client has been told already."""
    while True:
        client.is_busy = not client.queue.empty()
        message = await client.queue.get()
        client.is_busy = True
        if not client.has(message.seq):
            await socket.send_text(message.text)


async def _hear(socket: WebSocket) -> None:
    """Answer pings until the other side ends the socket."""
    while True:
        heard = await socket.receive()
        if heard["type"] == "websocket.disconnect":
            return
        if (heard.get("text") or "").strip() == "ping":
            now = iso(datetime.now(UTC))
            await socket.send_text(
                encoded({"type": PONG, "timestamp": now, "server_timestamp": now})
            )


async def _first_words(socket: WebSocket) -> str:
    """Return the token of a socket's first message."""
    try:
        with anyio.fail_after(SIGN_IN_SECONDS):
            heard = await socket.receive()
        if heard["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(heard.get("code", 1006))
        told: Any = orjson.loads(heard.get("text") or "")
    except (TimeoutError, orjson.JSONDecodeError):
        raise Refused(401, "no token") from None
    if isinstance(told, dict) and told.get("type") == "auth" and isinstance(told.get("token"), str):
        return str(told["token"])
    raise Refused(401, "no token")


def _initial_state(
    channel: Channel, begun: Beginning, since: int | None, hub: Hub
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": INITIAL_STATE,
        "server_timestamp": iso(datetime.now(UTC)),
        "channel": channel.value,
        "connected_clients": hub.connections()[channel.value],
        "recent_messages": [as_message(event) for event in begun.recent],
        "last_seq": begun.last,
    }
    return told if since is None else {**told, "recovered": begun.has_all}


async def _close(socket: WebSocket, code: CloseCode) -> None:
    if socket.application_state is WebSocketState.CONNECTED:
        # It may have gone meanwhile; and who reads nothing does not take this either.
        with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
            with anyio.fail_after(GOODBYE_SECONDS):
                await socket.close(code, code.name.lower())
