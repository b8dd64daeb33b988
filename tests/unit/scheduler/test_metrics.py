"""Figures for Prometheus: on a port where one is configured, with warnings of what endangers."""

from __future__ import annotations

import socket

import httpx2
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from aura_engine.errors import SettingsError
from aura_engine.settings import Settings
from aura_engine.store.claims import EndedRun
from scheduler.metrics import exposed, observe_run, observe_source

NAMES = (
    "aura_leader", "aura_runs_total", "aura_run_stage_seconds", "aura_misfires_total",
    "aura_source_lag_seconds", "aura_source_up", "aura_batch_size", "aura_batch_seconds",
    "aura_source_queue_usage", "aura_source_snapshot_age_seconds",
)  # fmt: skip


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def settings(port: int) -> Settings:
    return Settings.load({"AURA_METRICS_PORT": str(port)})


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_they_are_read_on_loopback_until_the_end() -> None:
    port = free_port()
    with exposed(settings(port)):
        answer = httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
    assert [name for name in NAMES if f"# HELP {name} " not in answer] == []
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=60)


def test_a_taken_port_is_named() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(SettingsError, match="AURA_METRICS_PORT"),
        exposed(settings(taken.getsockname()[1])),
    ):
        pass


def test_without_a_port_nothing_listens() -> None:
    with exposed(Settings.load({})):
        pass


def test_a_run_counts_once_with_its_stages() -> None:
    count = ("aura_runs_total", {"kind": "full", "outcome": "failed"})
    stage = {"kind": "full", "stage": "extract"}
    runs, seconds = value(count[0], **count[1]), value("aura_run_stage_seconds_sum", **stage)
    observe_run(EndedRun(1, "full", "failed", "x", [{"name": "extract", "seconds": 2.5}], None))
    assert value(count[0], **count[1]) == runs + 1
    assert value("aura_run_stage_seconds_sum", **stage) == seconds + 2.5


@pytest.mark.parametrize(
    ("usage", "age", "warned"),
    [
        (0.5, 10.0, []),
        (0.51, 1.0, ["notification_queue_fills"]),
        (0.0, 10.1, ["long_transaction_in_source"]),
    ],
)
def test_what_endangers_a_source_or_holds_us_up_is_warned_of(
    usage: float, age: float, warned: list[str]
) -> None:
    with capture_logs() as events:
        observe_source("aura_social", queue_usage=usage, snapshot_age=age)
    assert [event["event"] for event in events] == warned
    assert value("aura_source_queue_usage", source="aura_social") == usage
    assert value("aura_source_snapshot_age_seconds", source="aura_social") == age
