"""Figures for Prometheus, on a port of their own; they name no person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from aura_engine.errors import SettingsError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.settings import Settings
from aura_engine.store.claims import EndedRun

log = get_logger(__name__)

QUEUE_USAGE_WARN: Final = 0.5
"""Share of a source's notification queue from which its commits are in danger."""
SNAPSHOT_AGE_WARN: Final = 10.0
"""Seconds after which one long transaction in a source visibly holds up our reading of changes."""

_STAGE_BUCKETS: Final = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600)
_BATCH_BUCKETS: Final = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_SIZE_BUCKETS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)

LEADER: Final = Gauge("aura_leader", "1 while this scheduler leads, 0 while it stands by.")
RUNS: Final = Counter("aura_runs", "Runs that ended, by kind and outcome.", ("kind", "outcome"))
STAGE_SECONDS: Final = Histogram(
    "aura_run_stage_seconds", "Seconds of a run's stage.", ("kind", "stage"), buckets=_STAGE_BUCKETS
)
MISFIRES: Final = Counter("aura_misfires", "Turns of a job that were missed.", ("job",))
SOURCE_UP: Final = Gauge("aura_source_up", "1 while a source answers.", ("source",))
SOURCE_LAG: Final = Gauge(
    "aura_source_lag_seconds", "Age of the oldest change that is not scored yet.", ("source",)
)
SNAPSHOT_AGE: Final = Gauge(
    "aura_source_snapshot_age_seconds", "Age of the oldest transaction of a source.", ("source",)
)
QUEUE_USAGE: Final = Gauge(
    "aura_source_queue_usage", "Share of a source's notification queue in use.", ("source",)
)
BATCH_SIZE: Final = Histogram(
    "aura_batch_size", "People whom a batch rescored.", buckets=_SIZE_BUCKETS
)
BATCH_SECONDS: Final = Histogram(
    "aura_batch_seconds", "Seconds of a batch.", buckets=_BATCH_BUCKETS
)


def observe_run(run: EndedRun) -> None:
    """Count a run that ended, with the stages that ended in it."""
    RUNS.labels(run.kind, run.status).inc()
    for stage in run.stages:
        STAGE_SECONDS.labels(run.kind, stage["name"]).observe(stage["seconds"])


def observe_source(source: str, *, queue_usage: float, snapshot_age: float) -> None:
    """Keep how a source is, and warn of what endangers it or holds us up.

    Parameters
    ----------
    source : str
        Its database.
    queue_usage : float
        Of its notification queue, 0 to 1.
    snapshot_age : float
        Seconds since its oldest open transaction began.
    """
    QUEUE_USAGE.labels(source).set(queue_usage)
    SNAPSHOT_AGE.labels(source).set(snapshot_age)
    if queue_usage > QUEUE_USAGE_WARN:
        log.warning("notification_queue_fills", source=source, usage=round(queue_usage, 3))
    if snapshot_age > SNAPSHOT_AGE_WARN:
        log.warning("long_transaction_in_source", source=source, seconds=round(snapshot_age, 1))


@contextmanager
def exposed(settings: Settings) -> Iterator[None]:
    """Answer Prometheus within this block, where a port is configured for it.

    Raises
    ------
    SettingsError
        If the port is taken.
    """
    port = settings.metrics_port
    if port is None:
        yield
        return
    address = settings.bind_address
    try:
        server, thread = start_http_server(port, addr=address)
    except OSError as error:
        raise SettingsError(t("settings.metrics_port_taken", port=port)) from error
    log.info("metrics_exposed", address=address, port=port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
