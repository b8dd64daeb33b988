"""``./aura bench fanout``: events to a thousand sockets, some of which read nothing."""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import multiprocessing
import os
import resource
import socket
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection as Pipe
from typing import Any, Final

import httpx2
import numpy as np
from sqlalchemy import Engine
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from aura_engine.store.events import Event, EventType, write_events
from aura_engine.store.runs import recorded_run
from benchmarks.measuring import print_figures
from benchmarks.published import publish
from benchmarks.served import Server, served
from benchmarks.site import connected, temporary_site

PATH: Final = "/api/v2/clustering/ws/live"
SMALL_BUFFER: Final = 65_536
"""Of a frozen client's socket, whose kernel would swallow megabytes otherwise."""
SETTLE_SECONDS: Final = 10.0
_AT_ONCE: Final = 50
_NOTE: Final = "x" * 300
"""About as much as an alert says."""


@dataclass
class Heard:
    """What the healthy clients of one process got.

    Attributes
    ----------
    lags : list of float
        Seconds from before the commit of an event to its arrival at a client.
    sent : list of float
        When each of these was written, by the monotonic clock.
    counts : list of int
        Events by client.
    repeated : int
        Events that a client got more than once.
    """

    lags: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    repeated: int = 0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./aura bench fanout", description=__doc__)
    parser.add_argument("--sockets", type=int, default=1_000)
    parser.add_argument("--frozen", type=float, default=0.05, help="share that reads nothing")
    parser.add_argument("--rate", type=float, default=20.0, help="events a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
    print(f"files a process may open: {soft:,}, raised to {min(hard, 65_536):,}")
    frozen = int(options.sockets * options.frozen)
    with (
        temporary_site() as (directory, site, lease),
        connected(site.urls(lease).analytics) as store,
    ):
        publish(store, 100)
        with served(directory, lease) as bridge:
            before = bridge.rss_mb()
            stuck = [frozen_socket(bridge.port) for _ in range(frozen)]
            heard, events, peak = _fan_out(
                store,
                bridge,
                options.sockets - frozen,
                rate=options.rate,
                seconds=options.seconds,
            )
            let_go = _let_go(bridge)
            for one in stuck:
                one.close()
    lost = sum(events - count for count in heard.counts)
    p50, p99 = (1_000 * float(q) for q in np.percentile(heard.lags, (50, 99)))
    print(
        f"{options.sockets:,} sockets, {frozen} frozen, {events:,} events: "
        f"{len(heard.lags):,} deliveries, p50 {p50:.1f} ms, p99 {p99:.1f} ms, "
        f"{lost} lost, {heard.repeated} repeated"
    )
    by_second = _p99_by_second(heard)
    quartiles = np.percentile(list(by_second.values()), (25, 50, 75))
    worst = sorted(by_second.items(), key=lambda one: -one[1])[:3]
    print(
        "p99 of each second: quartiles "
        + ", ".join(f"{q:.0f}" for q in quartiles)
        + " ms; worst "
        + ", ".join(f"{p99:.0f} ms in second {second}" for second, p99 in worst)
    )
    print(
        f"let go: {let_go['evicted']} that were behind, {let_go['dead']} that answered no ping; "
        f"bridge {before:.0f} MB before, {peak:.0f} MB at most"
    )
    print_figures(
        {
            "p50_ms": p50,
            "p99_ms": p99,
            "evicted": sum(let_go.values()),
            "lost": lost,
            "rss_mb": peak,
        }
    )


def frozen_socket(port: int) -> socket.socket:
    """Open a socket to a bridge at 127.0.0.1 that neither reads nor answers pings."""
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    link.connect(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    link.sendall(
        f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    return link


def _fan_out(
    store: Engine, bridge: Server, healthy: int, *, rate: float, seconds: float
) -> tuple[Heard, int, float]:
    """Let events be written while clients of another process listen.

    Returns what they heard, how many events there were, and the bridge's memory at most.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    listener = context.Process(target=_listen, args=(theirs, bridge.port, healthy))
    listener.start()
    theirs.close()
    if ours.recv() != "ready":
        raise RuntimeError("the clients did not come up")
    events, peak = 0, bridge.rss_mb()
    with recorded_run(
        store, kind="sweep", as_of=datetime.now(UTC), parameters={}, requested_by="bench"
    ) as run:
        began = time.monotonic()
        while (wanted := began + events / rate) < began + seconds:
            time.sleep(max(0.0, wanted - time.monotonic()))
            _tell(store, run.run_id)
            events += 1
            if events % int(rate) == 0:
                peak = max(peak, bridge.rss_mb())
    time.sleep(SETTLE_SECONDS)
    ours.send("end")
    heard: Heard = ours.recv()
    listener.join()
    return heard, events, max(peak, bridge.rss_mb())


def _tell(store: Engine, run_id: int) -> None:
    payload = {"at": time.monotonic(), "note": _NOTE}
    with store.begin() as connection:
        event = Event(EventType.ERROR, payload)
        write_events(connection, [event], run_id=run_id, as_of=datetime.now(UTC))


def _listen(pipe: Pipe, port: int, clients: int) -> None:  # pragma: no cover -- another process
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))
    pipe.send(asyncio.run(_hear_all(pipe, port, clients)))


async def _hear_all(pipe: Pipe, port: int, clients: int) -> Heard:  # pragma: no cover
    heard = Heard()
    over = asyncio.Event()
    places = asyncio.Semaphore(_AT_ONCE)
    ready = asyncio.Barrier(clients + 1)
    tasks = [asyncio.create_task(_hear(port, heard, over, places, ready)) for _ in range(clients)]
    await ready.wait()
    pipe.send("ready")
    await asyncio.to_thread(pipe.recv)
    over.set()
    await asyncio.gather(*tasks)
    return heard


async def _hear(
    port: int, heard: Heard, over: asyncio.Event, places: asyncio.Semaphore, ready: asyncio.Barrier
) -> None:  # pragma: no cover -- another process
    async with places:
        link = await connect(
            f"ws://127.0.0.1:{port}{PATH}", compression=None, open_timeout=60, max_queue=None
        )
        await link.recv()  # what is so now
    await ready.wait()
    seen: list[int] = []
    reading = asyncio.create_task(_read(link, heard, seen))
    await over.wait()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    heard.counts.append(len(set(seen)))
    heard.repeated += len(seen) - len(set(seen))
    await link.close()


async def _read(
    link: ClientConnection, heard: Heard, seen: list[int]
) -> None:  # pragma: no cover -- another process
    try:
        async for words in link:
            now = time.monotonic()
            told: dict[str, Any] = json.loads(words)
            if "at" in told.get("payload", {}):
                heard.lags.append(now - told["payload"]["at"])
                heard.sent.append(told["payload"]["at"])
                seen.append(told["seq"])
    except ConnectionClosed:
        return


def _p99_by_second(heard: Heard) -> dict[int, float]:
    """Return the 99th percentile of what was written in each second, in milliseconds."""
    sent, lags = np.array(heard.sent), np.array(heard.lags)
    second = (sent - sent.min()).astype(int)
    return {
        int(one): 1_000 * float(np.percentile(lags[second == one], 99)) for one in np.unique(second)
    }


def _let_go(bridge: Server) -> dict[str, int]:
    """Return how many clients the bridge let go, by why."""
    text = httpx2.get(f"{bridge.address}/metrics", timeout=60).text
    counted = dict(line.rpartition(" ")[::2] for line in text.splitlines() if line[:1] != "#")
    return {why: int(float(counted[f"aura_sockets_{why}_total"])) for why in ("evicted", "dead")}


if __name__ == "__main__":
    main()
