"""Answers about the bridge itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from ws_bridge.models.common import Answer, Problem


class Welcome(Answer):
    """What answers here, and where to go on."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "service": "aura-monitor",
        "version": "0.1.0",
        "links": {"docs": "/docs", "health": "/health"},
    }

    service: str
    version: str
    links: dict[str, str]


class PartState(Answer):
    """Whether a process or source works, and since when that is so."""

    is_up: bool
    since: datetime | None


class DegradedPart(Answer):
    """What does not work, since when, and what that means."""

    part: str
    since: datetime | None
    message: str


class SchedulerState(Answer):
    """Which scheduler works, since when it leads, and whether another would take over."""

    is_up: bool
    instance: str | None
    fence: int | None
    leads_since: datetime | None
    has_standby: bool


class Realtime(Answer):
    """State of the live channels."""

    enabled: bool
    websocket_connections: dict[str, int]


class DataInView(Answer):
    """Which results are read now."""

    version: int
    run_id: int
    as_of: datetime
    finished_at: datetime
    changed_at: datetime


class Health(Answer):
    """Whether results can be read, and what is missing beside them."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "status": "degraded",
        "service": "aura-monitor",
        "version": "0.1.0",
        "demo": True,
        "anonymous": False,
        "degraded": [
            {
                "part": "scheduler",
                "since": "2026-03-01T09:41:07Z",
                "message": "El planificador no responde.",
            }
        ],
        "scheduler": {
            "is_up": False,
            "instance": None,
            "fence": None,
            "leads_since": None,
            "has_standby": False,
        },
        "realtime": {
            "enabled": True,
            "websocket_connections": {"clustering": 0, "alerts": 0},
        },
        "data": {
            "version": 32,
            "run_id": 32,
            "as_of": "2026-03-01T09:30:00Z",
            "finished_at": "2026-03-01T09:30:02Z",
            "changed_at": "2026-03-01T09:30:02Z",
        },
        "text_model": "aura-es-mini",
    }

    status: Literal["healthy", "degraded"]
    service: str
    version: str
    demo: bool
    anonymous: bool
    degraded: list[DegradedPart]
    scheduler: SchedulerState
    realtime: Realtime
    data: DataInView | None
    text_model: str | None


class Unhealthy(Problem):
    """Why results cannot be read: the failing part by name."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        **(Problem.EXAMPLE or {}),
        "status": "unhealthy",
        "part": "analytics_database",
    }

    status: Literal["unhealthy"]
    part: str
