"""One socket's life: who is it, what is so now, and then what happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import anyio
import orjson
from fastapi import WebSocket
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine
from starlette.websockets import WebSocketDisconnect, WebSocketState

from aura_engine.errors import AccessDenied, StoreError
from aura_engine.logs import get_logger
from aura_engine.store.event_log import require_following
from ws_bridge.auth import Caller, Gate, bearer
from ws_bridge.beginning import Place, initial_state, read_beginning
from ws_bridge.channels import PONG, Channel, as_message, encoded, iso
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
READERS: Final = 4
"""Sockets whose beginning is read at the same time; the others wait, and requests do not."""
_BEARER: Final = "bearer."


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
        loop = asyncio.get_running_loop()
        self.tail = EventTail(self.store, loop, self.hub.publish, self._begin_anew)
        self.tail.start()
        # Apart, so that a database that hangs keeps no ended token alive.
        looks = (self._close_ended, self._close_revoked)
        watching = [asyncio.create_task(_again_and_again(look)) for look in looks]
        try:
            yield
        finally:
            for task in watching:
                task.cancel()
            self.hub.close_all(CloseCode.RESTARTS)
            await run_in_threadpool(self.tail.stop)

    @property
    def follows(self) -> bool:
        """Whether events are followed now."""
        return self.tail is not None and self.tail.is_up

    def _begin_anew(self) -> None:
        """Let everyone come back: the numbers of events mean something else now."""
        self.hub.close_all(CloseCode.TRY_AGAIN)

    async def _close_ended(self) -> None:
        """Close the sockets of those whose token has ended."""
        now = datetime.now(UTC)
        for client in self.hub.clients:
            if client.caller.expires_at is not None and client.caller.expires_at <= now:
                client.close(CloseCode.NOT_SIGNED_IN)

    async def _close_revoked(self) -> None:
        """Close the sockets of those who may do less now than when they came, or other things."""
        holders = [c for c in self.hub.clients if c.caller.holder is not None]
        if not holders:
            return
        try:
            still = await run_in_threadpool(self.gate.still, {c.caller for c in holders})
        except StoreError as error:
            log.warning("accounts_not_seen", reason=str(error))
            return
        for client in holders:
            if client.caller not in still:
                client.close(CloseCode.MAY_NOT)

    async def serve(self, socket: WebSocket, channel: Channel, place: Place) -> None:
        """Serve one socket until either side ends it.

        Parameters
        ----------
        socket : WebSocket
            Not yet accepted.
        channel : Channel
            What it listens to.
        place : Place
            Up to where the client knows the log.
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
            await self._listen(socket, Client(channel, caller, socket.scope.get(WRITE)), place)

    async def _signed_in(self, socket: WebSocket) -> Caller:
        """Accept a socket and return who it is; before that nothing is sent."""
        offered = socket.scope.get("subprotocols", [])
        await socket.accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)
        origins = socket.headers.getlist("origin")
        if any(origin.lower() not in self.origins for origin in origins):
            raise AccessDenied("a page of another origin")
        tokens = [name.removeprefix(_BEARER) for name in offered if name.startswith(_BEARER)]
        token = bearer(socket.headers.getlist("authorization")) or next(iter(tokens), None)
        try:
            caller = await run_in_threadpool(self.gate.caller, token, socket)
        except Refused:
            if token is not None:
                raise
            token = await _first_words(socket)
            caller = await run_in_threadpool(self.gate.caller, token, socket)
        require_following(caller.viewer)
        return caller

    async def _listen(self, socket: WebSocket, client: Client, place: Place) -> None:
        # From now on events are queued, so that what is read next and what comes then overlap.
        self.hub.add(client)
        try:
            async with self._places:
                read = partial(
                    read_beginning,
                    action=socket.scope["route"].path,
                    request_id=socket.state.request_id,
                )
                begun = await run_in_threadpool(read, self.store, client, place)
            told = initial_state(begun, client, place, self.hub)
            await socket.send_text(encoded(told))
            for event in begun.missed:
                await socket.send_text(encoded(as_message(event)))
            client.known = begun.last if place.since is not None else 0
            await self._until_closed(socket, client)
        except StoreError as error:
            log.warning("socket_not_served", reason=str(error))
            await _close(socket, CloseCode.TRY_AGAIN)
        except (WebSocketDisconnect, RuntimeError):
            return  # the other side has gone, perhaps while something was sent
        finally:
            self.hub.remove(client)

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


async def _again_and_again(look: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        try:
            await look()
        except Exception as error:  # a defect must not let whoever may no more listen on
            log.error("sockets_not_watched", exc_info=error)


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


async def _close(socket: WebSocket, code: CloseCode) -> None:
    if socket.application_state is WebSocketState.CONNECTED:
        # It may have gone meanwhile; and who reads nothing does not take this either.
        with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
            with anyio.fail_after(GOODBYE_SECONDS):
                await socket.close(code, code.name.lower())
