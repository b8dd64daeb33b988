"""A scheduler's part in runs, played by its rows alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, text

from aura_engine.store.services import report

WAITING = "SELECT id FROM pipeline_run WHERE status = 'queued' ORDER BY id DESC LIMIT 1"
RESULTS = {
    "total_users": 2,
    "risk_distribution": {"ALTO_RIESGO": 1, "RIESGO_MODERADO": 0, "BAJO_RIESGO": 1},
    "metrics": {
        "silhouette_score": 0.51239,
        "calinski_harabasz": None,
        "high_risk_percentage": 50.0,
    },
}


@pytest.fixture
def led(store: Engine) -> Engine:
    """A store whose scheduler has just been seen."""
    report(store, "scheduler", instance="a", details={"text_model": None})
    return store


def ask(store: Engine, question: str, **given: Any) -> Any:
    with store.connect() as connection:
        return connection.scalar(text(question), given)


def end(store: Engine, run_id: int, status: str, *, error: str | None = None) -> None:
    """Let a run end, as its row says it when a scheduler has made it."""
    with store.begin() as connection:
        connection.execute(
            text(
                "UPDATE pipeline_run SET status = :status, error = :error, results = :results,"
                " as_of = now(), started_at = now(), finished_at = now() WHERE id = :id"
            ),
            {"id": run_id, "status": status, "error": error, "results": json.dumps(RESULTS)},
        )


@contextmanager
def ended_at_once(store: Engine) -> Iterator[None]:
    """End whatever run is asked for within this block."""
    over = Event()

    def work() -> None:
        while not over.wait(0.01):
            report(store, "scheduler", instance="a", details={"text_model": None})
            if (run_id := ask(store, WAITING)) is not None:
                end(store, run_id, "succeeded")

    worker = Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()
