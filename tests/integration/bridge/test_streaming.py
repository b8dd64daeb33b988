"""Whole lists are streamed from one state of the data, and give back what they hold."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from aura_engine.domain import RiskLevel
from aura_engine.settings import Settings
from tests.integration.bridge.conftest import Bridge
from tests.integration.store.rows import ids, publish
from tests.loops import in_a_loop
from tests.patience import PATIENCE
from ws_bridge import listing
from ws_bridge.app import create_app
from ws_bridge.deps import MAX_STREAMS
from ws_bridge.listing import json_list

PATH = f"/api/v1/clustering/users/{RiskLevel.BAJO}"
MANY = 6_000


async def ask(app: Any, on_part: Callable[[int], None], *, leave_after: int | None = None) -> bytes:
    """Read a list as a server would send it; perhaps leave after some parts."""
    parts: list[bytes] = []
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not parts and not gone.is_set() and not asked:
            asked.append(True)
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    asked: list[bool] = []

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            parts.append(message.get("body", b""))
            await asyncio.to_thread(on_part, len(parts))
            if leave_after is not None and len(parts) >= leave_after:
                gone.set()
                await asyncio.sleep(0.05)

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
        "method": "GET", "scheme": "http", "path": PATH, "raw_path": PATH.encode(),
        "query_string": b"", "root_path": "", "headers": [(b"host", b"127.0.0.1:8001")],
        "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 8001), "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return b"".join(parts)


def nothing(_parts: int) -> None:
    """Do nothing between two parts."""


@pytest.fixture
def many(store: Engine) -> Engine:
    publish(store, ids(MANY))
    return store


def test_a_list_comes_in_parts_and_is_of_one_moment(many: Engine) -> None:
    app = create_app(Settings.load({}), many)
    seen = []

    def flip_meanwhile(parts: int) -> None:
        seen.append(parts)
        if parts == 1:
            publish(many, ids(10), level=RiskLevel.ALTO)

    listed = json.loads(in_a_loop(ask(app, flip_meanwhile)))
    assert len(seen) > 5
    assert len({entry["user_id_raiz"] for entry in listed}) == MANY
    assert json.loads(in_a_loop(ask(app, nothing))) == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_reader_who_leaves_gives_back_connection_and_place(many: Engine) -> None:
    app = create_app(Settings.load({}), many)
    for _ in range(2 * MAX_STREAMS):
        in_a_loop(ask(app, nothing, leave_after=2))
    assert many.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert len(json.loads(in_a_loop(ask(app, nothing)))) == MANY


def test_a_reader_who_stops_reading_is_left_and_gives_back_what_it_held(
    many: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(Settings.load({}), many)
    monkeypatch.setattr(listing, "STREAM_SECONDS", 0.5)
    asleep = threading.Event()

    def read_no_more(parts: int) -> None:
        if parts == 2:
            asleep.wait(1.5)

    for _ in range(MAX_STREAMS + 1):
        with pytest.raises(TimeoutError):
            in_a_loop(ask(app, read_no_more))
    assert many.pool.checkedout() == 0  # type: ignore[attr-defined]
    monkeypatch.setattr(listing, "STREAM_SECONDS", 60.0)
    assert len(json.loads(in_a_loop(ask(app, nothing)))) == MANY


def test_too_many_lists_at_once_are_refused_and_pages_go_on(bridge: Bridge, many: Engine) -> None:
    client: TestClient = bridge(many)
    places: Any = client.app.state.streams  # type: ignore[attr-defined]
    for _ in range(MAX_STREAMS):
        assert places.acquire(blocking=False)
    refused = client.get(PATH)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "5"
    assert "limit" in refused.json()["message"]
    assert len(client.get(f"{PATH}?limit=3").json()) == 3
    places.release()
    assert len(client.get(PATH).json()) == MANY


def test_many_requests_at_once_are_all_answered(bridge: Bridge, many: Engine) -> None:
    client: TestClient = bridge(many)
    statuses: list[int] = []

    def read() -> None:
        statuses.append(client.get("/api/v2/clustering/data/distribution").status_code)

    readers = [threading.Thread(target=read) for _ in range(60)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(timeout=PATIENCE)
    assert statuses == [200] * 60


def test_a_database_that_dies_meanwhile_breaks_the_list_off(many: Engine) -> None:
    """A list that ends too early must not look like a whole one."""
    app = create_app(Settings.load({}), many)

    def kill(parts: int) -> None:
        if parts == 1:
            with many.begin() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )

    with pytest.raises(RuntimeError, match="response already started"):
        in_a_loop(ask(app, kill))
    assert many.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert len(json.loads(in_a_loop(ask(app, nothing)))) == MANY


def test_a_list_that_cannot_even_begin_is_a_503(bridge: Bridge, store: Engine) -> None:
    publish(store, ids(3))
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE person RENAME TO moved"))
    for path in (PATH, f"{PATH}?limit=2"):
        refused = bridge(store).get(path)
        assert refused.status_code == 503
        assert "./aura db upgrade" in refused.json()["message"]
    assert store.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("n", [0, 1, 499, 500, 501, 1_000])
def test_the_parts_of_a_list_are_one_list(n: int) -> None:
    entries = [{"n": i, "name": "á"} for i in range(n)]
    assert json.loads(b"".join(json_list(iter(entries)))) == entries
