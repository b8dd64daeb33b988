"""Who may ask, and how an answer may be used; none of it needs a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import make_url
from starlette.websockets import WebSocketDisconnect

from aura_engine.settings import Settings
from aura_engine.store.connect import connect_store
from ws_bridge.app import create_app

NOWHERE = make_url("postgresql+psycopg2://reader:sekret@127.0.0.1:1/aura_data_miner")
Bridge = Callable[..., TestClient]
PAGE = "https://admin.example"


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    with ExitStack() as stack:

        def make(**variables: str) -> TestClient:
            app = create_app(Settings.load(variables), connect_store(NOWHERE))
            return stack.enter_context(TestClient(app, base_url="http://127.0.0.1:8001"))

        yield make


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8001", "localhost:8001", "LocalHost", "[::1]:8001", "[::1]"]
)
def test_this_machine_is_answered(bridge: Bridge, host: str) -> None:
    assert bridge().get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8001", "127.0.0.1.evil.example", "localhost.evil.example",
        "evil.example@127.0.0.1", "127.0.0.1:8001:9", "192.168.1.7:8001", "", "::1", "0.0.0.0:8001",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/health", "/docs", "/static-docs/swagger-ui.css", "/no"])
def test_a_name_that_is_not_this_machines_is_refused(bridge: Bridge, host: str, path: str) -> None:
    response = bridge().get(path, headers={"host": host})
    assert response.status_code == 403
    assert response.json()["detail"] == response.json()["message"]
    assert "esta misma máquina" in response.json()["message"]


@pytest.mark.parametrize(
    "header",
    [
        "Forwarded", "X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Proto", "X-Forwarded-Else",
        "Via", "X-Real-IP",
    ],
)  # fmt: skip
def test_what_a_proxy_brings_is_refused(bridge: Bridge, header: str) -> None:
    response = bridge().get("/", headers={header: "127.0.0.1"})
    assert response.status_code == 403
    assert "AURA_ALLOW_ANONYMOUS" in response.json()["message"]


def test_where_anonymous_reading_is_allowed_any_name_and_proxy_will_do(bridge: Bridge) -> None:
    client = bridge(AURA_ALLOW_ANONYMOUS="1")
    headers = {"host": "monitor.example", "X-Forwarded-For": "10.0.0.7"}
    assert client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example", "null", "", "http://127.0.0.1:8002", "https://admin.example.evil.example",
        "http://127.0.0.1:8001@evil.example", "http://[", "http://[::1",
    ],
)  # fmt: skip
def test_a_page_of_another_site_changes_nothing(bridge: Bridge, origin: str) -> None:
    client = bridge(AURA_CORS_ORIGINS=PAGE)
    for path in ("/api/v1/clustering/execute", "/api/v1/data-miner/execute-etl"):
        refused = client.post(path, headers={"Origin": origin})
        assert refused.status_code == 403
        assert "AURA_CORS_ORIGINS" in refused.json()["message"]


@pytest.mark.parametrize("headers", [{}, {"Origin": PAGE}, {"Origin": "http://127.0.0.1:8001"}])
def test_pages_that_are_known_and_other_programs_may_ask(
    bridge: Bridge, headers: dict[str, str]
) -> None:
    client = bridge(AURA_CORS_ORIGINS=PAGE)
    asked = client.post("/api/v1/clustering/execute", headers=headers)
    assert asked.status_code == 503  # there is no database


def test_a_socket_under_another_name_is_refused(bridge: Bridge) -> None:
    client = bridge()
    for headers in ({"Host": "evil.example:8001"}, {"X-Forwarded-For": "127.0.0.1"}):
        with (
            pytest.raises(WebSocketDisconnect) as refused,
            client.websocket_connect("/api/v2/clustering/ws/live", headers=headers),
        ):
            pass
        assert refused.value.code == 1008


def test_a_large_answer_is_compressed_for_whoever_can_read_it(bridge: Bridge) -> None:
    client = bridge()
    plain, small = (
        client.get("/openapi.json", headers={"Accept-Encoding": coding})
        for coding in ("identity", "gzip")
    )
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert small.json() == plain.json()


def test_no_web_page_may_read_unless_it_is_named(bridge: Bridge) -> None:
    response = bridge().get("/", headers={"Origin": PAGE})
    assert "access-control-allow-origin" not in response.headers


def test_a_named_page_may_read_answers_totals_and_errors(bridge: Bridge) -> None:
    client = bridge(AURA_CORS_ORIGINS=f"{PAGE}, http://localhost:3000")
    for path in ("/", "/nowhere", "/health"):
        response = client.get(path, headers={"Origin": PAGE})
        assert response.headers["access-control-allow-origin"] == PAGE
        assert "X-Total-Count" in response.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in response.headers
    other = client.get("/", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


def test_a_named_page_may_get_and_post_and_nothing_else(bridge: Bridge) -> None:
    client = bridge(AURA_CORS_ORIGINS=PAGE)

    def asked_for(method: str) -> int:
        headers = {"Origin": PAGE, "Access-Control-Request-Method": method}
        return client.options("/api/v1/clustering/execute", headers=headers).status_code

    assert [asked_for(method) for method in ("GET", "POST", "DELETE")] == [200, 200, 400]


@pytest.mark.parametrize("path", ["/", "/nowhere", "/health", "/api/v1/clustering/users/X"])
def test_every_answer_stays_out_of_frames_other_pages_and_shared_caches(
    bridge: Bridge, path: str
) -> None:
    headers = bridge().get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "private, no-cache"
    assert "server" not in headers


def test_a_refused_request_gets_the_same_headers(bridge: Bridge) -> None:
    response = bridge().get("/", headers={"host": "evil.example"})
    assert response.headers["x-content-type-options"] == "nosniff"
