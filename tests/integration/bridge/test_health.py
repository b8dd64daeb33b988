"""What ``/health`` says while parts die and return."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from aura_engine.cluster import Lease
from aura_engine.store import migrate
from aura_engine.store.connect import connect_store
from aura_engine.store.installation import ensure_installation
from aura_engine.store.services import LEADER, STANDBY, report
from tests.conftest import DatabaseFactory
from tests.integration.bridge.conftest import NOWHERE, Bridge
from tests.integration.bridge.people import RUNS, all_well
from tests.integration.bridge.signing import JWT, bearer
from tests.integration.store.rows import publish
from tests.patience import eventually

NOBODY = {"enabled": True, "websocket_connections": {"clustering": 0, "alerts": 0}}


def change(store: Engine, statement: str) -> None:
    with store.begin() as connection:
        connection.execute(text(statement))


def parts(client: TestClient) -> dict[str, str | None]:
    response = client.get("/health")
    assert response.status_code == 200, response.text
    return {one["part"]: one["since"] for one in response.json()["degraded"]}


def test_with_results_and_all_processes_it_is_healthy_and_tells_the_datas_age(
    full: TestClient, population: Engine
) -> None:
    all_well(population)
    eventually(lambda: full.app.state.sockets.follows)  # type: ignore[attr-defined]
    found = full.get("/health").json()
    assert found["status"] == "healthy"
    assert found["degraded"] == []
    assert found["realtime"] == NOBODY
    assert (found["demo"], found["anonymous"]) == (True, False)
    assert found["text_model"] == "aura-es-mini"
    assert found["data"]["version"] == len(RUNS)
    assert datetime.fromisoformat(found["data"]["as_of"]) == RUNS[-1]
    assert datetime.fromisoformat(found["data"]["finished_at"]).tzinfo is not None
    assert found["version"]


def test_production_is_not_called_a_demo(empty: TestClient, store: Engine) -> None:
    assert empty.get("/health").json()["demo"] is False
    ensure_installation(store, "production")
    assert empty.get("/health").json()["demo"] is False


def test_before_the_first_run_it_is_degraded_and_says_what_to_do(
    empty: TestClient, store: Engine
) -> None:
    assert parts(empty) == {"scheduler": None, "results": None}
    report(store, "scheduler", instance="a")
    found = empty.get("/health").json()
    assert found["status"] == "degraded"
    assert [one["part"] for one in found["degraded"]] == ["results"]
    assert "./aura" in found["degraded"][0]["message"]
    assert found["data"] is None
    assert found["text_model"] is None


def test_it_says_which_scheduler_leads_and_whether_another_stands_by(
    empty: TestClient, store: Engine
) -> None:
    nobody = {
        "is_up": False, "instance": None, "fence": None, "leads_since": None, "has_standby": False
    }  # fmt: skip
    assert empty.get("/health").json()["scheduler"] == nobody
    details = {"fence": 7, "leads_since": "2026-03-01T09:12:00+00:00"}
    report(store, LEADER, instance="a:1", details=details)
    report(store, STANDBY, instance="b:2", details={"stands_by_since": details["leads_since"]})
    health = empty.get("/health").json()
    assert health["scheduler"] == {
        "is_up": True, "instance": "a:1", "fence": 7, "leads_since": "2026-03-01T09:12:00Z",
        "has_standby": True,
    }  # fmt: skip
    change(store, "UPDATE service_state SET seen_at = now() - interval '16 seconds'")
    assert empty.get("/health").json()["scheduler"] == nobody
    assert "standby" not in parts(empty)  # one is no fault


def test_a_part_that_falls_silent_or_fails_is_named_with_since_when(
    empty: TestClient, store: Engine
) -> None:
    publish(store, ["00000000-0000-0000-0000-000000000001"])
    all_well(store)
    assert parts(empty) == {}
    report(store, "aura_social", instance="b", is_up=False, details={"problem": "no responde"})
    down = empty.get("/health").json()
    assert down["status"] == "degraded"
    assert [one["message"] for one in down["degraded"]] == ["no responde"]
    change(
        store,
        "UPDATE service_state SET seen_at = '2026-03-01 10:00Z', since = '2026-03-01 09:00Z'"
        " WHERE part = 'scheduler'",
    )
    assert parts(empty)["scheduler"] == "2026-03-01T10:00:00Z"
    all_well(store)
    assert parts(empty) == {}


def test_notices_that_do_not_get_through_are_named_with_since_when(
    empty: TestClient, store: Engine
) -> None:
    publish(store, ["00000000-0000-0000-0000-000000000001"])
    all_well(store)
    change(store, "INSERT INTO notice_channel (channel, since) VALUES ('smtp', now())")
    assert parts(empty) == {}
    change(
        store,
        "UPDATE notice_channel SET failing_since = '2026-03-01 09:00Z', last_error = 'código 535'",
    )
    assert parts(empty) == {"notices": "2026-03-01T09:00:00Z"}
    assert "código 535" in empty.get("/health").json()["degraded"][0]["message"]


def test_a_database_that_is_away_is_named_to_whoever_shows_a_token_too(bridge: Bridge) -> None:
    client = bridge(connect_store(NOWHERE), **JWT)
    answer = client.get("/health", headers=bearer(uuid.uuid4(), "admin"))
    assert answer.status_code == 503
    told = answer.json()
    assert (told["status"], told["part"]) == ("unhealthy", "analytics_database")
    assert client.get("/health").status_code == 401


def test_live_channels_that_follow_nothing_are_named(bridge: Bridge, population: Engine) -> None:
    client = bridge(population)
    tail = client.app.state.sockets.tail  # type: ignore[attr-defined]
    eventually(lambda: tail.is_up)
    assert client.get("/health").json()["realtime"]["enabled"] is True
    tail.stop()
    tail.is_up, tail.since = False, datetime.now(UTC) - timedelta(seconds=20)
    found = client.get("/health").json()
    assert found["realtime"]["enabled"] is False
    assert "events" in {part["part"] for part in found["degraded"]}


def test_anonymous_reading_is_told(bridge: Bridge, population: Engine) -> None:
    assert bridge(population).get("/health").json()["anonymous"] is False
    open_to_all = bridge(population, AURA_ALLOW_ANONYMOUS="1")
    assert open_to_all.get("/health").json()["anonymous"] is True


def test_a_database_that_is_away_is_named_and_nothing_of_its_address(away: TestClient) -> None:
    response = away.get("/health")
    assert response.status_code == 503
    found = response.json()
    assert found["status"] == "unhealthy"
    assert found["part"] == "analytics_database"
    assert found["detail"] == found["message"]
    assert "sekret" not in response.text
    assert "127.0.0.1" not in response.text


def test_a_database_without_the_structure_is_named_with_the_mend(bare: TestClient) -> None:
    response = bare.get("/health")
    assert response.status_code == 503
    assert response.json()["part"] == "analytics_structure"
    assert "./aura db upgrade" in response.json()["message"]


@pytest.fixture
def old(database_factory: DatabaseFactory) -> Iterator[Engine]:
    """A database of an earlier version."""
    engine = connect_store(database_factory())
    migrate.upgrade(engine, "0001")
    yield engine
    engine.dispose()


def test_an_outdated_structure_is_told_and_forgotten_after_the_upgrade(
    bridge: Bridge, old: Engine
) -> None:
    client = bridge(old)
    assert client.get("/health").json()["part"] == "analytics_structure"
    assert "0001" in client.get("/health").json()["message"]
    migrate.upgrade(old)
    assert client.get("/health").status_code == 200


def test_it_recovers_by_itself_when_the_database_comes_back(
    bridge: Bridge, lease: Lease, store: Engine
) -> None:
    client = bridge(store)
    path = "/api/v2/clustering/data/distribution"
    assert client.get(path).status_code == 200
    name = store.url.database
    server = connect_store(lease.url("postgres"))
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
        admin.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        admin.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
        assert client.get("/health").json()["part"] == "analytics_database"
        assert client.get(path).status_code == 503
        admin.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    server.dispose()
    assert client.get("/health").status_code == 200
    assert client.get(path).status_code == 200
