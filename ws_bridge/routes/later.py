"""Addresses that clients know and that are still to come: they say so."""

from __future__ import annotations

from typing import NoReturn

from fastapi import APIRouter

from aura_engine.i18n import t
from ws_bridge.errors import Refused

TO_COME = (
    ("POST", "/api/v1/data-miner/execute-etl"),
    ("POST", "/api/v1/data-miner/execute-etl-async"),
    ("POST", "/api/v1/clustering/execute"),
    ("GET", "/api/v1/clustering/visualize/{chart}"),
    ("GET", "/api/v2/clustering/ws/live"),
    ("GET", "/api/v2/clustering/ws/alerts"),
)

router = APIRouter()


def not_yet() -> NoReturn:
    """Refuse, in words that name the pages as the way to go meanwhile."""
    raise Refused(404, t("bridge.not_yet"))


for method, path in TO_COME:
    router.add_api_route(
        path, not_yet, methods=[method], include_in_schema=False, response_model=None
    )
