"""Faults of the live channels, with a real process: frozen clients, a restart, a storm."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from sqlalchemy import Engine, text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from aura_engine.settings import Settings
from aura_engine.store.events import Event, EventType, write_events
from benchmarks.fanout import PATH, frozen_socket
from tests.integration.bridge.served import Serve, Served, free_port
from tests.integration.store.rows import ids, publish
from tests.loops import in_a_loop
from tests.patience import PATIENCE, eventually
from ws_bridge import process
from ws_bridge.metrics import DEAD

LONG = "x" * 4_000


def tell(store: Engine, count: int, note: str = "") -> None:
    for number in range(count):
        with store.begin() as connection:
            run_id = connection.scalar(text("SELECT run_id FROM active_run"))
            told = [Event(EventType.ERROR, {"number": number, "note": note})]
            write_events(connection, told, run_id=run_id, as_of=datetime.now(UTC))


async def opened(served: Served, query: str = "") -> ClientConnection:
    return await connect(
        f"ws://127.0.0.1:{served.port}{PATH}{query}", open_timeout=PATIENCE, max_queue=None
    )


async def received(link: ClientConnection, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(PATIENCE):
        return [json.loads(await link.recv()) for _ in range(count)]


def listeners(served: Served) -> int:
    return int(served.get("/health")[1]["realtime"]["websocket_connections"]["clustering"])


def test_frozen_clients_are_let_go_and_the_others_get_everything(
    serve: Serve, store: Engine
) -> None:
    publish(store, ids(1))
    served = serve(store.url)
    served.await_answer()
    stuck = [frozen_socket(served.port) for _ in range(3)]
    eventually(lambda: listeners(served) == 3)

    async def listen() -> list[list[int]]:
        links = [await opened(served) for _ in range(20)]
        for link in links:
            await received(link, 1)
        got = [asyncio.create_task(received(link, 600)) for link in links]
        await asyncio.to_thread(tell, store, 600, LONG)
        numbers = [[m["payload"]["number"] for m in await one] for one in got]
        await asyncio.to_thread(lambda: eventually(lambda: listeners(served) == len(links)))
        for link in links:
            await link.close()
        return numbers

    assert in_a_loop(listen()) == [list(range(600))] * 20
    for link in stuck:
        link.close()
    eventually(lambda: listeners(served) == 0)


def test_over_a_restart_nothing_is_missed_and_nothing_comes_twice(
    serve: Serve, store: Engine
) -> None:
    publish(store, ids(1))
    served = serve(store.url)
    served.await_answer()

    async def until_it_ends(count: int) -> tuple[list[int], int]:
        links = [await opened(served) for _ in range(count)]
        firsts = [(await received(link, 1))[0] for link in links]
        await asyncio.to_thread(tell, store, 3)
        for link in links:
            await received(link, 3)
        served.process.send_signal(signal.SIGTERM)
        codes = []
        for link in links:
            try:
                await received(link, 1)
            except ConnectionClosed as closed:
                codes.append(closed.rcvd.code if closed.rcvd else 1006)
        return codes, firsts[0]["last_seq"] + 3

    codes, last = in_a_loop(until_it_ends(10))
    assert codes == [1012] * 10
    assert served.process.wait(timeout=PATIENCE) == 0
    tell(store, 5)
    again = serve(store.url, SERVICE_PORT=str(served.port))
    again.await_answer()

    async def come_back(count: int) -> list[list[int]]:
        """All at the same time, and while more is written."""
        links = await asyncio.gather(*[opened(again, f"?since={last}") for _ in range(count)])
        writing = asyncio.create_task(asyncio.to_thread(tell, store, 7))
        got = await asyncio.gather(*[received(link, 1 + 5 + 7) for link in links])
        await writing
        await asyncio.gather(*[link.close() for link in links])
        assert all(messages[0]["recovered"] for messages in got)
        return [[message["seq"] for message in messages[1:]] for messages in got]

    assert in_a_loop(come_back(60)) == [list(range(last + 1, last + 13))] * 60


def test_whoever_answers_no_ping_is_let_go(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(store, ids(1))
    monkeypatch.setattr(process, "PING_SECONDS", 0.2)
    monkeypatch.setattr(process, "PONG_SECONDS", 0.2)
    port = free_port()
    settings = Settings.load({"SERVICE_PORT": str(port)})
    server = uvicorn.Server(process.server_config(settings, store))
    thread = threading.Thread(target=server.run)
    dead = DEAD._value.get()
    thread.start()
    try:
        eventually(lambda: server.started)
        hub = server.config.loaded_app.state.sockets.hub
        with frozen_socket(port):
            eventually(lambda: hub.clients)
            eventually(lambda: not hub.clients)
        assert DEAD._value.get() == dead + 1
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
