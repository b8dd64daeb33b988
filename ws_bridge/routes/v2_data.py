"""v2: charts in the shapes of Chart.js, the most severe people, and the live channels."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from aura_engine.charts import (
    distribution_chart,
    radar_chart,
    scatter_chart,
    severity_chart,
    trends_chart,
)
from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.store.connect import reading
from aura_engine.store.reads import data_version, kpis_of, level_count, risk_list, services
from ws_bridge import chartjs, parts
from ws_bridge.access import AccessDep
from ws_bridge.channels import Channel
from ws_bridge.deps import NowDep, SettingsDep, SocketsDep, StoreDep, ViewerDep
from ws_bridge.documentation import described
from ws_bridge.high_risk import high_risk_users
from ws_bridge.models import v2
from ws_bridge.models.service import PartState
from ws_bridge.sockets import Sockets

FEATURES = ("distribution", "scatter", "radar", "histogram", "trends", "high_risk")
MAX_POINTS = 50_000
POINTS_KEPT = 5_000
"""A map of more is not held in memory for the next who asks."""

router = APIRouter(prefix="/api/v2/clustering", tags=[t("bridge.tag_v2")])


@router.get("/data/distribution", **described("distribution"))
def distribution(store: StoreDep, viewer: ViewerDep, access: AccessDep) -> v2.Distribution:
    """Give people by level."""
    access.totals()

    def read() -> v2.Distribution:
        with reading(store) as connection:
            chart = distribution_chart(connection, viewer)
            return chartjs.distribution(chart, data_version(connection, viewer))

    return access.kept(read)


@router.get("/data/scatter", **described("scatter", 422))
def scatter(
    store: StoreDep,
    viewer: ViewerDep,
    access: AccessDep,
    max_points: Annotated[
        int, Query(ge=1, le=MAX_POINTS, description=t("bridge.of_max_points"))
    ] = POINTS_KEPT,
) -> v2.ScatterChart:
    """Give people on the two principal components."""
    access.totals()

    def read() -> v2.ScatterChart:
        with reading(store) as connection:
            return chartjs.scatter(scatter_chart(connection, viewer, max_points=max_points))

    return access.kept(read) if max_points <= POINTS_KEPT else read()


@router.get("/data/radar", **described("radar"))
def radar(store: StoreDep, viewer: ViewerDep, access: AccessDep) -> v2.Radar:
    """Give the mean person of each level."""
    access.totals()

    def read() -> v2.Radar:
        with reading(store) as connection:
            chart = radar_chart(connection, viewer)
            return chartjs.radar(chart, data_version(connection, viewer))

    return access.kept(read)


@router.get("/data/severity-histogram", **described("histogram"))
def severity_histogram(store: StoreDep, viewer: ViewerDep, access: AccessDep) -> v2.Histogram:
    """Give people by ASI."""
    access.totals()

    def read() -> v2.Histogram:
        with reading(store) as connection:
            chart = severity_chart(connection, viewer)
            return chartjs.histogram(chart, data_version(connection, viewer))

    return access.kept(read)


@router.get("/data/kpi-trends", **described("trends", 422))
def kpi_trends(
    store: StoreDep,
    viewer: ViewerDep,
    access: AccessDep,
    settings: SettingsDep,
    until: NowDep,
    hours: Annotated[int, Query(ge=1, le=168, description=t("bridge.of_hours"))] = 24,
) -> v2.Trends:
    """Give the means that the runs of the last hours found."""
    access.totals(minute=until)
    since = until - timedelta(hours=hours)
    with reading(store) as connection:
        chart = trends_chart(connection, viewer, since=since, until=until)
        version = data_version(connection, viewer)
    return chartjs.trends(chart, version, hours=hours, zone=settings.zone)


@router.get("/data/high-risk-users", **described("high_risk", 422))
def high_risk(
    store: StoreDep,
    viewer: ViewerDep,
    access: AccessDep,
    generated_at: NowDep,
    limit: Annotated[int, Query(ge=1, le=50, description=t("bridge.of_limit"))] = 10,
) -> v2.HighRiskUsers:
    """Give the most severe people of ALTO_RIESGO."""
    access.people()
    with reading(store) as connection:
        total = level_count(connection, viewer, RiskLevel.ALTO)
        listed = risk_list(connection, viewer, RiskLevel.ALTO, limit=limit)
        kpis = kpis_of(connection, viewer, [row["pseudonym"] for row in listed])
    return high_risk_users(listed, kpis, total=total, limit=limit, generated_at=generated_at)


@router.get("/status", **described("channels"))
def status(store: StoreDep, viewer: ViewerDep, sockets: SocketsDep) -> v2.ChannelsStatus:
    """Give the state of the live channels and of what feeds them."""
    with reading(store) as connection:
        found = services(connection, viewer)
    return v2.ChannelsStatus(
        websocket_connections=sockets.hub.connections(),
        available_channels=[channel.value for channel in Channel],
        api_version="v2",
        features=[t(f"bridge.feature_{name}") for name in FEATURES],
        listener=listener(sockets),
        scheduler=parts.state(found.get(parts.SCHEDULER)),
        sources=parts.sources(found),
    )


def listener(sockets: Sockets) -> PartState:
    """Return whether this process follows the log of events."""
    tail = sockets.tail
    return PartState(is_up=tail is not None and tail.is_up, since=tail.since if tail else None)
