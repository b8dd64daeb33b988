"""The bridge itself: what it is, and whether results can be read."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Connection

from aura_engine.errors import StoreError
from aura_engine.i18n import t
from aura_engine.logs import redact
from aura_engine.settings import Settings
from aura_engine.store.access import SYSTEM
from aura_engine.store.connect import reading
from aura_engine.store.migrate import structure_problem
from aura_engine.store.reads import DataVersion, data_version, is_demo, notice_channels, services
from ws_bridge import VERSION, parts
from ws_bridge.deps import SettingsDep, SocketsDep, StoreDep, ViewerDep, viewer_of
from ws_bridge.documentation import DOCS, REDOC, described
from ws_bridge.errors import problem
from ws_bridge.metrics import REGISTRY
from ws_bridge.models.service import DataInView, Health, Realtime, Unhealthy, Welcome
from ws_bridge.sockets import Sockets

HEALTH = "/health"
LINKS = {
    "docs": DOCS,
    "redoc": REDOC,
    "openapi": "/openapi.json",
    "health": HEALTH,
    "data_miner": "/api/v1/data-miner/status",
    "clustering": "/api/v1/clustering/results",
    "charts": "/api/v2/clustering/data/distribution",
}

router = APIRouter(tags=[t("bridge.tag_service")])


@router.get("/", **described("welcome"))
def welcome(settings: SettingsDep, _viewer: ViewerDep) -> Welcome:
    """Say what answers here, and where to go on."""
    return Welcome(service=settings.service_name, version=VERSION, links=LINKS)


@router.get(
    HEALTH,
    response_model=Health,
    **described("health")
    | {
        "responses": {
            **described("health")["responses"],
            503: {"model": Unhealthy, "description": t("bridge.status_unhealthy")},
        }
    },
)
def health(
    request: Request, store: StoreDep, settings: SettingsDep, sockets: SocketsDep
) -> Health | JSONResponse:
    """Say whether results can be read, and what is missing beside them."""
    try:
        viewer_of(request)  # here, so that a database that is away is told as such
        with reading(store) as connection:
            wrong = structure_problem(connection)
            if wrong is None:
                return _health(connection, settings, sockets)
    except StoreError as error:
        return problem(503, redact(str(error)), status="unhealthy", part=parts.STORE)
    return problem(503, wrong, status="unhealthy", part=parts.STRUCTURE)


def _health(connection: Connection, settings: Settings, sockets: Sockets) -> Health:
    # Whoever may call reads this: it speaks of no person.
    version = data_version(connection, SYSTEM)
    found = services(connection, SYSTEM)
    degraded = parts.degraded(
        found,
        notice_channels(connection, SYSTEM),
        has_results=version is not None,
        events=sockets.tail,
    )
    return Health(
        status="degraded" if degraded else "healthy",
        service=settings.service_name,
        version=VERSION,
        demo=is_demo(connection, SYSTEM),
        anonymous=sockets.gate.is_open and settings.allow_anonymous,
        degraded=degraded,
        scheduler=parts.scheduler_state(found),
        realtime=Realtime(enabled=sockets.follows, websocket_connections=sockets.hub.connections()),
        data=_in_view(version) if version else None,
        text_model=version.text_model if version else None,
    )


def _in_view(version: DataVersion) -> DataInView:
    return DataInView(
        version=version.number,
        run_id=version.run_id,
        as_of=version.as_of,
        finished_at=version.finished_at,
        changed_at=version.changed_at,
    )


@router.get("/metrics", include_in_schema=False)
def metrics(viewer: ViewerDep) -> Response:
    """Give what this process has counted, as Prometheus reads it."""
    viewer.require_aggregates()
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
