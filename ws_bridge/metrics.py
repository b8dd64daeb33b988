"""What Prometheus reads of this process."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY: Final = CollectorRegistry()
REQUESTS: Final = Counter(
    "aura_http_requests", "Answers by route and status", ["method", "route", "status"],
    registry=REGISTRY,
)  # fmt: skip
SECONDS: Final = Histogram(
    "aura_http_request_seconds",
    "From a request to the end of its answer",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30, 300),
    registry=REGISTRY,
)
SOCKETS: Final = Gauge("aura_sockets", "Open sockets of this process", ["channel"],
                       registry=REGISTRY)  # fmt: skip
QUEUED: Final = Gauge(
    "aura_socket_queue_longest", "Messages that wait for the slowest client", registry=REGISTRY
)
EVICTED: Final = Counter(
    "aura_sockets_evicted", "Clients let go because they did not read", registry=REGISTRY
)
DEAD: Final = Counter(
    "aura_sockets_dead", "Clients let go because they answered no ping", registry=REGISTRY
)
TAIL_UP: Final = Gauge(
    "aura_event_tail_up", "Whether the log of events is followed", registry=REGISTRY
)
EVENTS: Final = Counter("aura_events", "Events read from the log", ["type"], registry=REGISTRY)
