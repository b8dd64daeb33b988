"""``./aura bridge`` as a process: starts whatever is there, ends when asked, tells no names."""

from __future__ import annotations

import secrets
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aura_cli import app as cli
from aura_engine.cluster import Lease, create_database, drop_database
from aura_engine.settings import Settings
from aura_engine.store import migrate
from aura_engine.store.connect import connect_store
from aura_engine.store.installation import ensure_installation
from tests.integration.bridge.served import Serve, addresses, free_port
from tests.integration.store.rows import ids, publish
from tests.patience import PATIENCE


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_asked_to_end_and_its_log_names_nobody(
    serve: Serve, store: Engine, ending: signal.Signals
) -> None:
    who = ids(3, start=0xABCD)
    publish(store, who)
    served = serve(store.url)
    status, found, headers = served.await_answer()
    assert status == 200
    assert found["data"]["version"] == 1
    assert "server" not in {name.lower() for name in headers}
    status, person, _ = served.get(f"/api/v1/clustering/user-profile/{who[0]}")
    assert (status, person["has_data"]) == (200, True)
    assert served.get(f"/nowhere/{who[1]}")[0] == 404
    served.process.send_signal(ending)
    assert served.process.wait(timeout=PATIENCE) == 0, served.said()
    said = served.said()
    assert "bridge_started" in said
    assert "bridge_stopped" in said
    assert "Traceback" not in said
    assert not [user for user in who if user in said]
    assert str(store.url.password) not in said


def test_it_starts_before_its_database_and_recovers_when_it_is_there(
    serve: Serve, lease: Lease
) -> None:
    name = f"t_{secrets.token_hex(8)}"
    served = serve(lease.url(name))
    status, found, _ = served.await_answer()
    assert (status, found["part"]) == (503, "analytics_database")
    assert served.get("/api/v2/clustering/data/radar")[0] == 503
    create_database(lease, name)
    try:
        assert served.get("/health")[1]["part"] == "analytics_structure"
        engine = connect_store(lease.url(name))
        migrate.upgrade(engine)
        engine.dispose()
        assert served.get("/health")[0] == 200
        assert served.get("/api/v2/clustering/data/radar")[0] == 200
    finally:
        served.process.terminate()
        served.process.wait(timeout=PATIENCE)
        drop_database(lease, name)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set variables for the command, which finds no .env beside them."""
    monkeypatch.setitem(Settings.model_config, "env_file", None)

    def put(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return put


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.main(["bridge"]) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


def test_a_port_that_is_taken_is_named_with_its_setting(
    settings: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings(SERVICE_PORT=str(taken.getsockname()[1]))
        assert "SERVICE_PORT" in refusal(capsys)


def test_other_machines_are_not_served_by_accident(
    settings: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    settings(AURA_BIND_ADDRESS="0.0.0.0", SERVICE_PORT=str(free_port()))  # noqa: S104
    assert "AURA_ALLOW_ANONYMOUS" in refusal(capsys)


def test_production_does_not_show_the_demos_people(
    settings: Callable[..., None], store: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    ensure_installation(store, "demo")
    settings(**addresses(store.url), SERVICE_PORT=str(free_port()))
    assert "demostración y la producción no se mezclan" in refusal(capsys)


def test_without_databases_it_names_both_ways(
    settings: Callable[..., None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings(AURA_DATA_DIR=str(tmp_path), SERVICE_PORT=str(free_port()))
    assert "AURA_EMBEDDED=1" in refusal(capsys)
    settings(AURA_EMBEDDED="1")
    assert "./aura demo" in refusal(capsys)


SECRET = "una clave corta"


def test_who_forwards_and_a_weak_key_count_for_what_they_are(serve: Serve, store: Engine) -> None:
    publish(store, ids(1))
    jwt = {"AURA_AUTH": "jwt", "AURA_JWT_SECRET": SECRET}
    served = serve(store.url, **jwt, AURA_TRUSTED_CLIENTS="203.0.113.9=supervisor")
    assert served.await_answer()[0] == 401
    assert served.get("/health", **{"X-Forwarded-For": "203.0.113.9"})[0] == 401
    said = served.said()
    assert "jwt_secret_is_short" in said
    assert SECRET not in said


def test_anonymous_reading_is_told_at_each_start(serve: Serve, store: Engine) -> None:
    publish(store, ids(1))
    served = serve(store.url, AURA_ALLOW_ANONYMOUS="1")
    assert served.await_answer()[1]["anonymous"] is True
    assert "anonymous_reading_allowed" in served.said()


def test_what_of_the_access_settings_counts_for_nothing_is_told(
    serve: Serve, store: Engine
) -> None:
    publish(store, ids(1))
    served = serve(store.url, AURA_TRUSTED_CLIENTS="127.0.0.1=service")
    served.await_answer()
    assert "access_settings_unused" in served.said()


def test_its_figures_count_what_it_did(serve: Serve, store: Engine) -> None:
    publish(store, ids(1))
    served = serve(store.url)
    served.await_answer()
    for _ in range(3):
        served.get("/api/v2/clustering/data/radar")
    served.get("/nowhere")
    figures = served.text("/metrics")
    radar = 'method="GET",route="/api/v2/clustering/data/radar"'
    assert f'aura_http_requests_total{{{radar},status="200"}} 3.0' in figures
    assert f"aura_http_request_seconds_count{{{radar}}} 3.0" in figures
    assert 'route="other",status="404"} 1.0' in figures
    for name in (
        "aura_socket_queue_longest",
        "aura_sockets_evicted_total",
        "aura_sockets_dead_total",
        "aura_event_tail_up 1.0",
    ):
        assert name in figures
