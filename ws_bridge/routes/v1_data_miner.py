"""v1 of the data miner: whether runs can be asked for, and how many people have results."""

from __future__ import annotations

from fastapi import APIRouter

from aura_engine.charts import distribution_chart
from aura_engine.i18n import t
from aura_engine.store.connect import reading
from aura_engine.store.reads import open_runs, services
from ws_bridge import parts
from ws_bridge.deps import SettingsDep, StoreDep, ViewerDep
from ws_bridge.documentation import described
from ws_bridge.models.v1 import MinerStatus, RecordCount

router = APIRouter(prefix="/api/v1/data-miner", tags=[t("bridge.tag_v1")])


@router.get("/status", **described("miner_status"))
def status(store: StoreDep, settings: SettingsDep, viewer: ViewerDep) -> MinerStatus:
    """Say whether a run would begin at once, and whether it could read texts."""
    with reading(store) as connection:
        scheduler = services(connection, viewer).get(parts.SCHEDULER)
        is_idle = not open_runs(connection, viewer)
    return MinerStatus(
        status="ok",
        service=settings.service_name,
        ready_for_etl=parts.state(scheduler).is_up and is_idle,
        nlp_available=parts.has_language(scheduler),
    )


@router.get("/feature-vector/count", **described("count"))
def feature_vector_count(store: StoreDep, viewer: ViewerDep) -> RecordCount:
    """Count the people who have results; 0 before the first run."""
    with reading(store) as connection:
        people = distribution_chart(connection, viewer).total
    return RecordCount(table="user_feature_vector", record_count=people)
