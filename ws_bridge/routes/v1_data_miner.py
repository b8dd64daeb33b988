"""v1 of the data miner: whether runs can be asked for, and how many people have results."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool

from aura_engine.charts import distribution_chart
from aura_engine.i18n import t
from aura_engine.pipeline import RunParameters
from aura_engine.store.connect import reading
from aura_engine.store.reads import open_runs, run, services
from ws_bridge import parts
from ws_bridge.access import AccessDep
from ws_bridge.deps import SettingsDep, StoreDep, ViewerDep
from ws_bridge.documentation import described
from ws_bridge.errors import Refused
from ws_bridge.limits import LIMITED
from ws_bridge.models.v1 import EtlAccepted, EtlDone, MinerStatus, RecordCount
from ws_bridge.results import etl_done, run_state
from ws_bridge.runs import ask, ended

MAX_ID = 2**63 - 1

router = APIRouter(prefix="/api/v1/data-miner", tags=[t("bridge.tag_v1")])


def asked_for(
    skip_nlp: Annotated[bool, Query(description=t("bridge.of_skip_nlp"))] = False,
    truncate_before: Annotated[bool, Query(description=t("bridge.of_truncate"))] = True,
) -> RunParameters:
    """Return what a full run is asked for."""
    return RunParameters(skip_nlp=skip_nlp, keep_unread=not truncate_before)


AskedDep = Annotated[RunParameters, Depends(asked_for)]


@router.get("/status", response_model_exclude_unset=True, **described("miner_status", 404, 422))
def status(
    store: StoreDep,
    settings: SettingsDep,
    viewer: ViewerDep,
    run_id: Annotated[int | None, Query(ge=1, le=MAX_ID, description=t("bridge.of_run_id"))] = None,
) -> MinerStatus:
    """Say whether a run would begin at once, and whether it could read texts."""
    with reading(store) as connection:
        scheduler = services(connection, viewer).get(parts.SCHEDULER)
        is_idle = not open_runs(connection, viewer)
        asked = None if run_id is None else run(connection, viewer, run_id)
    if run_id is not None and asked is None:
        raise Refused(404, t("bridge.no_such_run", run_id=run_id))
    return MinerStatus(
        status="ok",
        service=settings.service_name,
        ready_for_etl=parts.state(scheduler).is_up and is_idle,
        nlp_available=parts.has_language(scheduler),
        **({} if asked is None else {"run": run_state(asked)}),
    )


@router.post(
    "/execute-etl", dependencies=LIMITED, **described("execute_etl", 409, 413, 422, 429, 500)
)
async def execute_etl(
    request: Request, store: StoreDep, viewer: ViewerDep, asked: AskedDep
) -> EtlDone:
    """Make a full run, and answer once it has ended."""
    run_id = await run_in_threadpool(ask, store, viewer, asked)
    return etl_done(await ended(request, store, run_id))


@router.post(
    "/execute-etl-async",
    dependencies=LIMITED,
    **described("execute_etl_async", 409, 413, 422, 429),
)
def execute_etl_async(store: StoreDep, viewer: ViewerDep, asked: AskedDep) -> EtlAccepted:
    """Ask for a full run, and answer at once."""
    run_id = ask(store, viewer, asked)
    return EtlAccepted(
        status="accepted",
        message=t("bridge.run_accepted", run_id=run_id),
        check_status_at=f"{router.prefix}/status?run_id={run_id}",
        run_id=run_id,
    )


@router.get("/feature-vector/count", **described("count"))
def feature_vector_count(store: StoreDep, viewer: ViewerDep, access: AccessDep) -> RecordCount:
    """Count the people who have results; 0 before the first run."""
    access.totals()

    def read() -> RecordCount:
        with reading(store) as connection:
            people = distribution_chart(connection, viewer).total
        return RecordCount(table="user_feature_vector", record_count=people)

    return access.kept(read)
