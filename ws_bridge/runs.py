"""Runs that clients ask for and wait for; a client that goes away stops nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine

from aura_engine.errors import StoreError
from aura_engine.i18n import t
from aura_engine.pipeline import RunParameters
from aura_engine.pipeline.recluster import ReclusterParameters
from aura_engine.store.access import SYSTEM, Viewer
from aura_engine.store.connect import reading
from aura_engine.store.queue import enqueue
from aura_engine.store.reads import ServiceStatus, run, services
from ws_bridge import parts
from ws_bridge.auth import require_reruns
from ws_bridge.errors import ClientGone, Refused

LOOK_SECONDS: Final = 0.5
"""Between two looks at a run that somebody waits for."""
MOST_MISSED: Final = 10
"""Looks in a row that the database may leave unanswered."""
_ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})


def ask(store: Engine, viewer: Viewer, parameters: RunParameters | ReclusterParameters) -> int:
    """Ask for a run, or join the one with the same parameters; return its number.

    Parameters
    ----------
    store : Engine
        Of the analytics database.
    viewer : Viewer
        Who asks; goes to the run's row.
    parameters : RunParameters or ReclusterParameters
        Of a full run, or of a reclustering.

    Raises
    ------
    AccessDenied
        If they may not.
    Refused
        503 without a scheduler that would make it.
    RunConflict
        If a run with other parameters waits or goes on.
    StoreError
        If the analytics database does not answer.
    """
    require_reruns(viewer)
    _require_scheduler(store)
    kind = "full" if isinstance(parameters, RunParameters) else "recluster"
    asked = enqueue(store, kind=kind, parameters=asdict(parameters), requested_by=viewer.name)
    return asked.run_id


async def ended(request: Request, store: Engine, run_id: int) -> dict[str, Any]:
    """Wait until a run has ended well, and return its row.

    Parameters
    ----------
    request : Request
        Of whoever waits.
    store : Engine
        Of the analytics database.
    run_id : int
        Which run.

    Raises
    ------
    Refused
        500 if it failed, 409 if it was cancelled, 503 if nobody is there to make it.
    ClientGone
        If whoever waits has left.
    """
    missed = 0
    while True:
        try:
            row = await run_in_threadpool(_row, store, run_id)
        except StoreError:
            # The run goes on; it is known only when the database has been away for long.
            missed += 1
            if missed > MOST_MISSED:
                raise
            await asyncio.sleep(LOOK_SECONDS)
            continue
        missed = 0
        if row["status"] == "succeeded":
            return row
        if row["status"] in _ENDED:
            status = 409 if row["status"] == "cancelled" else 500
            reason = row["error"] or t("bridge.run_ended_badly", run_id=run_id)
            raise Refused(status, reason)
        if await request.is_disconnected():
            raise ClientGone
        await asyncio.sleep(LOOK_SECONDS)


def _row(store: Engine, run_id: int) -> dict[str, Any]:
    """Return a run's row, as long as it has ended or somebody is there to end it."""
    with reading(store) as connection:
        found = run(connection, SYSTEM, run_id)
        known = services(connection, SYSTEM)
    if found is None:
        raise Refused(404, t("bridge.no_such_run", run_id=run_id))
    if found["status"] not in _ENDED:
        _require(known)
    return found


def _require_scheduler(store: Engine) -> None:
    with reading(store) as connection:
        known = services(connection, SYSTEM)
    _require(known)


def _require(known: Mapping[str, ServiceStatus]) -> None:
    if not parts.state(known.get(parts.SCHEDULER)).is_up:
        raise Refused(503, t("bridge.down_scheduler"))
