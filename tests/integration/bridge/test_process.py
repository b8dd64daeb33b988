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
