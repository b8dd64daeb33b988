"""``./aura bench pages``: how soon pages are drawn, for one reader and for twenty on one core."""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from aura_ui.live import IDLE_SECONDS
from aura_ui.navigation import PAGES
from benchmarks.measuring import print_figures
from benchmarks.published import publish
from benchmarks.served import Server, served
from benchmarks.site import connected, temporary_site

PEOPLE: Final = 100_000
SESSIONS: Final = 20
PAUSE_SECONDS: Final = 8.0
"""Between two pages that one of many readers opens."""
_DRAWN: Final = frozenset(
    {
        ForwardMsg.FINISHED_SUCCESSFULLY,
        ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
    }
)
_PATIENCE: Final = 120.0


@dataclass
class Reader:
    """A scripted session: it asks for pages as a browser does, and draws nothing.

    Parameters
    ----------
    link : ClientConnection
        To the server.
    """

    link: ClientConnection
    page: str = ""
    pulse: str = ""
    """The fragment that looks for news, once a page has told of it."""
    lags: list[float] = field(default_factory=list)

    @classmethod
    async def of(cls, server: Server) -> Reader:
        """Open a session."""
        address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
        link = await connect(
            address,
            subprotocols=[Subprotocol("streamlit")],
            origin=Origin(server.address),
            max_size=None,
        )
        return cls(link)

    async def open(self, page: str) -> float:
        """Draw a page; return the seconds until it was there."""
        self.page = page
        message = BackMsg()
        message.rerun_script.page_name = page
        return await self._drawn(message)

    async def tick(self) -> float:
        """Look for news, as the sidebar does; return the seconds until it was known."""
        message = BackMsg()
        message.rerun_script.page_name = self.page
        message.rerun_script.fragment_id = self.pulse
        message.rerun_script.is_auto_rerun = True
        return await self._drawn(message)

    async def _drawn(self, message: BackMsg) -> float:
        began = time.perf_counter()
        await self.link.send(message.SerializeToString())
        async with asyncio.timeout(_PATIENCE):
            while True:
                told = ForwardMsg.FromString(await self.link.recv())
                if told.WhichOneof("type") == "auto_rerun":
                    self.pulse = told.auto_rerun.fragment_id
                if told.WhichOneof("type") == "script_finished" and told.script_finished in _DRAWN:
                    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./aura bench pages", description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--rounds", type=int, default=20, help="times that each page is drawn")
    parser.add_argument("--seconds", type=float, default=60.0, help="of twenty readers")
    options = parser.parse_args()
    with (
        temporary_site() as (directory, site, lease),
        connected(site.urls(lease).analytics) as store,
    ):
        publish(store, options.people)
        with served(directory, lease, "ui") as server:
            painted, drawn = _painted(server)
            pages, ticks = asyncio.run(_alone(server, options.rounds))
        with served(directory, lease, "ui") as server:
            os.sched_setaffinity(server.pid, {0})
            for thread in Path(f"/proc/{server.pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {0})
            crowd = asyncio.run(_crowd(server, options.seconds))
            memory = server.rss_mb()
    print(f"{options.people:,} people; one reader, {options.rounds} times each page")
    print(f"Hoy in a browser: readable after {painted:.1f} s, with its chart after {drawn:.1f} s")
    print(f"{'':14}{'p50 ms':>8}{'p95 ms':>8}")
    for name, lags in pages.items():
        p50, p95 = (1_000 * float(q) for q in np.percentile(lags, (50, 95)))
        print(f"{name:14}{p50:8.0f}{p95:8.0f}")
    p95_of_crowd, worst = 1_000 * float(np.percentile(crowd, 95)), 1_000 * max(crowd)
    print(
        f"{SESSIONS} readers on one core: {len(crowd):,} pages and looks, "
        f"p95 {p95_of_crowd:.0f} ms, longest {worst:.0f} ms; {memory:.0f} MB"
    )
    print_figures(
        {
            "first_paint_s": painted,
            "rerun_ms": max(1_000 * statistics.median(lags) for lags in pages.values()),
            "tick_ms": 1_000 * statistics.median(ticks),
            "sessions_20_p95_ms": p95_of_crowd,
        }
    )


def _painted(server: Server) -> tuple[float, float]:
    """Return the seconds until a browser shows Hoy, of a server that has shown nothing yet.

    First the title and the numbers of all cards, then everything, the chart too: its library takes
    a browser a second to read.
    """
    from playwright.sync_api import sync_playwright

    from tests.browser.chromium import FLAGS, find_chromium
    from tests.browser.pages import CHARTS, TITLES, await_charts, settle

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(os.environ), args=list(FLAGS)
        )
        page = browser.new_page()
        began = time.perf_counter()
        page.goto(server.address)
        page.get_by_role("heading", name=TITLES[""], exact=True, level=1).wait_for()
        page.locator(".aura-card .number").last.wait_for()
        painted = time.perf_counter() - began
        settle(page, TITLES[""])
        await_charts(page, CHARTS[""])
        drawn = time.perf_counter() - began
        browser.close()
    return painted, drawn


async def _alone(server: Server, rounds: int) -> tuple[dict[str, list[float]], list[float]]:
    """Return the seconds of each page, after a first time, and of the looks for news."""
    reader = await Reader.of(server)
    pages: dict[str, list[float]] = {}
    ticks: list[float] = []
    for entry in PAGES:
        await reader.open(entry.name)
        pages[entry.name] = [await reader.open(entry.name) for _ in range(rounds)]
        ticks += [await reader.tick() for _ in range(rounds)]
    await reader.link.close()
    return pages, ticks


async def _crowd(server: Server, seconds: float) -> list[float]:
    """Let twenty read, each another page every few seconds, and look for news in between."""
    readers = [await Reader.of(server) for _ in range(SESSIONS)]
    for reader in readers:
        await reader.open(PAGES[0].name)
    end = time.monotonic() + seconds

    async def live(reader: Reader, number: int) -> None:
        await asyncio.sleep(PAUSE_SECONDS * number / SESSIONS)
        turn = number
        while time.monotonic() < end:
            reader.lags.append(await reader.open(PAGES[turn % len(PAGES)].name))
            turn += 1
            for _ in range(int(PAUSE_SECONDS / IDLE_SECONDS)):
                await asyncio.sleep(IDLE_SECONDS)
                reader.lags.append(await reader.tick())

    await asyncio.gather(*[live(reader, number) for number, reader in enumerate(readers)])
    for reader in readers:
        await reader.link.close()
    return [lag for reader in readers for lag in reader.lags]


if __name__ == "__main__":
    main()
