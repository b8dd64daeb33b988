"""v1 of clustering: what the last run found, who is in which level, one person."""

from __future__ import annotations

from itertools import chain
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.pipeline.explanation import person_kpis
from aura_engine.pipeline.recluster import ReclusterParameters
from aura_engine.store.access import Viewer
from aura_engine.store.connect import reading
from aura_engine.store.reads import DataVersion, data_version, level_count, stream_risk_list
from ws_bridge import results as shapes
from ws_bridge.access import AccessDep
from ws_bridge.deps import (
    SettingsDep,
    StoreDep,
    UntilSentDep,
    ViewerDep,
    a_stream,
)
from ws_bridge.documentation import described
from ws_bridge.errors import Refused
from ws_bridge.limits import LIMITED
from ws_bridge.listing import BoundedStream, entry, json_list
from ws_bridge.models.v1 import (
    ClusteringDone,
    ClusteringResults,
    ClusterProfile,
    RiskEntry,
    UserProfile,
)
from ws_bridge.pictures import Picture, page, read_drawings
from ws_bridge.profile import profile, unknown_profile
from ws_bridge.runs import ask, ended

TOTAL = "X-Total-Count"
MAX_PAGE = 10_000
MAX_OFFSET = 100_000_000
_JSON = "application/json"
_EXAMPLE = "7d3c0a52-6a0e-4f5e-9a53-0d1f4c1d2b11"

router = APIRouter(prefix="/api/v1/clustering", tags=[t("bridge.tag_v1")])


@router.get("/results", **described("results", 404))
def results(store: StoreDep, viewer: ViewerDep, access: AccessDep) -> ClusteringResults:
    """Give what the run in view found, as it was frozen with it."""
    access.totals()
    with reading(store) as connection:
        return shapes.results(_in_view(connection, viewer))


@router.post("/execute", dependencies=LIMITED, **described("execute", 409, 413, 422, 429, 500))
async def execute(
    request: Request,
    store: StoreDep,
    viewer: ViewerDep,
    n_clusters: Annotated[int, Query(ge=2, le=10, description=t("bridge.of_n_clusters"))] = 4,
    contamination: Annotated[
        float, Query(ge=0.01, le=0.5, description=t("bridge.of_contamination"))
    ] = 0.1,
) -> ClusteringDone:
    """Cluster the KPIs in view anew, and answer once it is done."""
    asked = ReclusterParameters(n_clusters, contamination)
    run_id = await run_in_threadpool(ask, store, viewer, asked)
    return shapes.clustering_done(await ended(request, store, run_id))


@router.get("/profiles", **described("profiles", 404))
def profiles(store: StoreDep, viewer: ViewerDep, access: AccessDep) -> dict[str, ClusterProfile]:
    """Give the mean person of each cluster."""
    access.totals()
    with reading(store) as connection:
        return shapes.profiles(_in_view(connection, viewer))


@router.get(
    "/users/{risk_level}",
    response_model=list[RiskEntry],
    **described("users", 400, 404, 422),
)
def users(
    request: Request,
    store: StoreDep,
    viewer: ViewerDep,
    access: AccessDep,
    until_sent: UntilSentDep,
    risk_level: Annotated[
        str, Path(description=t("bridge.of_risk_level"), examples=[RiskLevel.ALTO.value])
    ],
    limit: Annotated[
        int | None, Query(ge=1, le=MAX_PAGE, description=t("bridge.of_page_limit"))
    ] = None,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET, description=t("bridge.of_offset"))] = 0,
) -> Response:
    """List the people of a level, most severe first: all of them, or a page."""
    level = _level(risk_level)
    access.whole_level()
    if limit is None:
        until_sent.enter_context(a_stream(request))
    connection = until_sent.enter_context(reading(store))
    _in_view(connection, viewer)
    headers = {TOTAL: str(level_count(connection, viewer, level)), "ETag": access.tag}
    rows = stream_risk_list(connection, viewer, level, limit=limit, offset=offset)
    parts = json_list(entry(row) for row in rows)
    first = next(parts)  # a query that fails is a 503 as long as nothing has been sent
    if limit is None:
        return BoundedStream(chain([first], parts), headers=headers, media_type=_JSON)
    return Response(first + b"".join(parts), headers=headers, media_type=_JSON)


@router.get("/user-profile/{user_id}", **described("user_profile", 422))
def user_profile(
    store: StoreDep,
    viewer: ViewerDep,
    settings: SettingsDep,
    access: AccessDep,
    user_id: Annotated[UUID, Path(description=t("bridge.of_user_id"), examples=[_EXAMPLE])],
) -> UserProfile:
    """Give what is known of one person."""
    access.person(user_id)
    with reading(store) as connection:
        known = person_kpis(connection, viewer, user_id)
    return unknown_profile(user_id) if known is None else profile(known, zone=settings.zone)


@router.get(
    "/visualize/{chart}",
    response_class=HTMLResponse,
    **described("visualize", 400, 404, 422, is_page=True),
)
def visualize(
    store: StoreDep,
    viewer: ViewerDep,
    access: AccessDep,
    chart: Annotated[str, Path(description=t("bridge.of_chart"), examples=[Picture.DASHBOARD])],
) -> HTMLResponse:
    """Draw a figure of the run in view, for a frame."""
    picture = _picture(chart)
    access.totals()

    def draw() -> str:
        with reading(store) as connection:
            version = _in_view(connection, viewer)
            drawings = read_drawings(connection, viewer, version, picture)
        return page(picture, drawings)

    return HTMLResponse(access.kept(draw), headers={"ETag": access.tag})


def _picture(text: str) -> Picture:
    try:
        return Picture(text)
    except ValueError:
        known = ", ".join(picture.value for picture in Picture)
        raise Refused(400, t("bridge.unknown_picture", known=known)) from None


def _level(text: str) -> RiskLevel:
    try:
        return RiskLevel(text)
    except ValueError:
        known = ", ".join(level.value for level in RiskLevel)
        raise Refused(400, t("bridge.unknown_level", known=known)) from None


def _in_view(connection: Connection, viewer: Viewer) -> DataVersion:
    version = data_version(connection, viewer)
    if version is None:
        raise Refused(404, t("bridge.no_results"))
    return version
