"""Runs that clients ask for: joined, refused, waited for, and left alone by who goes away."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from aura_engine.store.services import report
from tests.integration.bridge.conftest import Bridge
from tests.integration.bridge.running import RESULTS, WAITING, ask, end
from tests.integration.bridge.served import Serve
from tests.patience import eventually
from ws_bridge import runs
from ws_bridge.limits import POSTS_A_MINUTE, RateLimit
from ws_bridge.routes import v1_data_miner

MINER, CLUSTERING = "/api/v1/data-miner", "/api/v1/clustering"


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "LOOK_SECONDS", 0.02)


@contextmanager
def asked(client: TestClient, path: str, **query: Any) -> Iterator[Any]:
    """Ask for something that takes a while; yield the answer that comes in the end."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(client.post, path, params=query)


def test_whoever_waits_gets_what_a_full_run_did(bridge: Bridge, led: Engine) -> None:
    client = bridge(led)
    with asked(client, f"{MINER}/execute-etl", skip_nlp=True, truncate_before=False) as answer:
        run_id = eventually(lambda: ask(led, WAITING))
        parameters = ask(led, "SELECT parameters FROM pipeline_run WHERE id = :id", id=run_id)
        assert (parameters["skip_nlp"], parameters["keep_unread"]) == (True, True)
        assert not answer.done()
        end(led, run_id, "succeeded")
        told = answer.result()
    assert told.status_code == 200
    body = told.json()
    assert {"status": "success", "records_processed": 2, "run_id": run_id}.items() <= body.items()
    assert body["next_step"].startswith("/api/")
    assert body["extraction_date"].endswith("Z")


def test_a_reclustering_answers_with_its_totals(bridge: Bridge, led: Engine) -> None:
    client = bridge(led)
    with asked(client, f"{CLUSTERING}/execute") as answer:
        run_id = eventually(lambda: ask(led, WAITING))
        parameters = ask(led, "SELECT parameters FROM pipeline_run WHERE id = :id", id=run_id)
        assert parameters == {"n_clusters": 4, "contamination": 0.1}
        end(led, run_id, "succeeded")
        body = answer.result().json()
    assert body["metrics"] == {
        "silhouette_score": 0.5124,
        "calinski_harabasz": None,
        "high_risk_percentage": 50.0,
    }
    assert body["risk_distribution"] == RESULTS["risk_distribution"]
    assert (body["status"], body["total_users"]) == ("success", 2)


@pytest.mark.parametrize(("status", "expected"), [("failed", 500), ("cancelled", 409)])
def test_a_run_that_ends_badly_is_told_in_its_words(
    bridge: Bridge, led: Engine, status: str, expected: int
) -> None:
    with asked(bridge(led), f"{CLUSTERING}/execute") as answer:
        end(led, eventually(lambda: ask(led, WAITING)), status, error="No se pudo; reintente.")
        told = answer.result()
    assert told.status_code == expected
    assert told.json() == {
        "detail": "No se pudo; reintente.",
        "message": "No se pudo; reintente.",
    }


def test_the_same_run_is_joined_and_another_one_refused(
    bridge: Bridge, led: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = bridge(led)
    answered: list[int] = []

    def asks(*given: Any) -> int:
        answered.append(ask_for(*given))
        return answered[-1]

    ask_for = v1_data_miner.ask
    monkeypatch.setattr(v1_data_miner, "ask", asks)
    first = client.post(f"{MINER}/execute-etl-async").json()
    assert first["status"] == "accepted"
    assert client.post(f"{MINER}/execute-etl-async").json()["run_id"] == first["run_id"]
    with asked(client, f"{MINER}/execute-etl") as joined:
        refused = client.post(f"{MINER}/execute-etl", params={"skip_nlp": True})
        assert refused.status_code == 409
        assert str(first["run_id"]) in refused.json()["message"]
        assert client.post(f"{CLUSTERING}/execute").status_code == 409
        state = client.get(first["check_status_at"]).json()
        assert (state["ready_for_etl"], state["run"]["status"]) == (False, "queued")
        eventually(lambda: answered == [first["run_id"]] * 3)
        end(led, first["run_id"], "succeeded")
        assert joined.result().json()["run_id"] == first["run_id"]
    assert client.get(first["check_status_at"]).json()["run"]["status"] == "succeeded"
    assert client.get(f"{MINER}/status", params={"run_id": 999}).status_code == 404
    assert "run" not in client.get(f"{MINER}/status").json()


def test_without_a_scheduler_nothing_is_asked_for(bridge: Bridge, store: Engine) -> None:
    client = bridge(store)
    for path in (f"{MINER}/execute-etl", f"{MINER}/execute-etl-async", f"{CLUSTERING}/execute"):
        began = time.monotonic()
        refused = client.post(path)
        assert refused.status_code == 503
        assert "./aura scheduler" in refused.json()["message"]
        assert time.monotonic() - began < 60
    assert ask(store, "SELECT count(*) FROM pipeline_run") == 0


def test_a_scheduler_that_dies_before_it_begins_is_missed(bridge: Bridge, led: Engine) -> None:
    with asked(bridge(led), f"{CLUSTERING}/execute") as answer:
        eventually(lambda: ask(led, WAITING))
        with led.begin() as connection:
            connection.exec_driver_sql("UPDATE service_state SET seen_at = now() - interval '1 h'")
        assert answer.result().status_code == 503


def test_a_scheduler_that_dies_meanwhile_is_missed(bridge: Bridge, led: Engine) -> None:
    with asked(bridge(led), f"{CLUSTERING}/execute") as answer:
        eventually(lambda: ask(led, WAITING))
        with led.begin() as connection:
            connection.exec_driver_sql("UPDATE pipeline_run SET status = 'running'")
        time.sleep(0.2)
        assert not answer.done()
        with led.begin() as connection:
            connection.exec_driver_sql("UPDATE service_state SET seen_at = now() - interval '1 h'")
        refused = answer.result()
    assert refused.status_code == 503
    assert "./aura scheduler" in refused.json()["message"]


def test_a_moment_without_the_database_ends_no_wait(bridge: Bridge, led: Engine) -> None:
    with asked(bridge(led), f"{CLUSTERING}/execute") as answer:
        run_id = eventually(lambda: ask(led, WAITING))
        with led.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE pipeline_run RENAME TO gone")
        time.sleep(0.06)
        with led.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE gone RENAME TO pipeline_run")
        end(led, run_id, "succeeded")
        assert answer.result().status_code == 200


def test_whoever_goes_away_stops_nothing(serve: Serve, led: Engine) -> None:
    served = serve(led.url)
    served.await_answer()
    report(led, "scheduler", instance="a", details={"text_model": None})
    with socket.create_connection(("127.0.0.1", served.port)) as link:
        host = f"Host: 127.0.0.1:{served.port}"
        link.sendall(f"POST {CLUSTERING}/execute HTTP/1.1\r\n{host}\r\n\r\n".encode())
        run_id = eventually(lambda: ask(led, WAITING))
    counted = f'route="{CLUSTERING}/execute",status="499"'
    eventually(lambda: counted in served.text("/metrics"))
    assert ask(led, WAITING) == run_id


@pytest.mark.parametrize(
    "query",
    [
        {"n_clusters": 1},
        {"n_clusters": 11},
        {"n_clusters": "x"},
        {"contamination": 0.001},
        {"contamination": 0.51},
        {"contamination": "nan"},
    ],
)
def test_bad_values_are_refused(bridge: Bridge, led: Engine, query: dict[str, Any]) -> None:
    refused = bridge(led).post(f"{CLUSTERING}/execute", params=query)
    assert refused.status_code == 422
    assert next(iter(query)) in refused.json()["message"]


def test_whoever_asks_too_often_has_to_wait(bridge: Bridge, store: Engine) -> None:
    client = bridge(store)
    seconds = [0.0]
    client.app.state.rate_limit = RateLimit(clock=lambda: seconds[0])  # type: ignore[attr-defined]
    path = f"{MINER}/execute-etl-async"
    assert {client.post(path).status_code for _ in range(POSTS_A_MINUTE)} == {503}
    refused = client.post(path)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert "1 s" in refused.json()["message"]
    assert client.get("/health").status_code in (200, 503)  # only runs are limited
    seconds[0] += 1.0
    assert [client.post(path).status_code for _ in range(2)] == [503, 429]


def test_a_large_body_is_refused(bridge: Bridge, led: Engine) -> None:
    refused = bridge(led).post(f"{MINER}/execute-etl-async", content=b"x" * 70_000)
    assert refused.status_code == 413
    assert set(refused.json()) == {"detail", "message"}
