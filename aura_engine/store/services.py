"""What a process writes about itself and about what it watches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Engine, text

from aura_engine.sql import load_queries
from aura_engine.store.failures import store_errors

_QUERIES: Final = load_queries("store_services")
LEADER: Final = "scheduler"
"""Under this name the scheduler that leads reports,"""
STANDBY: Final = "standby"
"""and under this one another that waits to lead, the latest of them."""


def report(
    engine: Engine,
    part: str,
    *,
    instance: str,
    is_up: bool = True,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Say that a part works or not; whoever reads takes long silence for a no.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    part : str
        `LEADER`, `STANDBY`, or the name of a source.
    instance : str
        The process that reports; another one starts a new ``since``.
    is_up : bool
        Whether it works.
    details : mapping, optional
        What pages and ``/health`` may show; no secrets, no person.
    """
    with store_errors(), engine.begin() as connection:
        connection.execute(
            text(_QUERIES["report"]),
            {
                "part": part,
                "instance": instance,
                "is_up": is_up,
                "details": json.dumps(dict(details or {})),
            },
        )
