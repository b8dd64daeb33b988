"""Following the log of events, whatever else the process holds."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from aura_engine.store.event_log import StoredEvent
from tests.integration.bridge.test_faults import tell
from tests.integration.store.rows import ids, publish
from tests.loops import in_a_loop
from tests.patience import eventually
from ws_bridge.tail import MOST_AT_ONCE, EventTail

MANY = 1_100
"""Open files; a session that comes after them has a number that not every way to wait can take."""


@pytest.fixture
def many_open_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * MANY)), hard))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(MANY)]
    yield
    for number in held:
        os.close(number)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_open_files")
def test_a_burst_comes_whole_in_parts_to_a_process_with_many_sockets(store: Engine) -> None:
    publish(store, ids(1))
    parts: list[list[StoredEvent]] = []

    async def follow() -> None:
        tail = EventTail(store, asyncio.get_running_loop(), lambda part: parts.append(list(part)))
        tail.start()
        await asyncio.to_thread(eventually, lambda: tail.is_up)
        await asyncio.to_thread(tell, store, 3 * MOST_AT_ONCE)
        await asyncio.to_thread(eventually, lambda: sum(map(len, parts)) == 3 * MOST_AT_ONCE)
        await asyncio.to_thread(tail.stop)

    in_a_loop(follow())
    numbers = [event.seq for part in parts for event in part]
    assert numbers == list(range(numbers[0], numbers[0] + 3 * MOST_AT_ONCE))
    assert max(map(len, parts)) <= MOST_AT_ONCE


def test_a_defect_is_survived(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(store, ids(1))
    heard: list[StoredEvent] = []
    find_place, tries = EventTail._find_place, []

    def fails_first(self: EventTail, connection: object) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("a defect")
        find_place(self, connection)  # type: ignore[arg-type]

    monkeypatch.setattr(EventTail, "_find_place", fails_first)

    async def follow() -> None:
        tail = EventTail(store, asyncio.get_running_loop(), heard.extend)
        tail.start()
        await asyncio.to_thread(eventually, lambda: tail.is_up)
        await asyncio.to_thread(tell, store, 1)
        await asyncio.to_thread(eventually, lambda: heard)
        await asyncio.to_thread(tail.stop)

    in_a_loop(follow())
    assert len(tries) == 2
