"""Runs that the scheduler asks for by itself: the sweep, and reading everyone again."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from aura_engine.errors import RunConflict
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.pipeline.full import RunParameters
from aura_engine.store.change_cursors import cursors
from aura_engine.store.failures import store_errors
from aura_engine.store.queue import Enqueued, enqueue, is_busy, last_request
from aura_engine.store.rescored import last_of_everyone

log = get_logger(__name__)

AGAIN_AFTER: Final = timedelta(minutes=10)
"""How long after a request whose run did not do it the next one is made."""


def request_sweep(store: Engine, *, now: datetime, every: timedelta) -> Enqueued | None:
    """Ask for a sweep if nobody has judged everyone for a while.

    Parameters
    ----------
    store : Engine
        The analytics database.
    now : datetime
        The present, zone-aware.
    every : timedelta
        After how long.

    Returns
    -------
    Enqueued or None
        None where none is due, or a run waits or goes on that judges everyone anyway.
    """
    with store_errors(), store.connect() as connection:
        last = last_of_everyone(connection)
    by = t("pipeline.requested_by_sweep")
    if last is None or now - last < every or _asked_lately(store, by, now) or is_busy(store):
        return None
    return enqueue(store, kind="sweep", parameters={}, requested_by=by)


def request_resync(store: Engine, *, now: datetime) -> Enqueued | None:
    """Ask for a full run if a source's log does not tell of everything.

    Parameters
    ----------
    store : Engine
        The analytics database.
    now : datetime
        The present, zone-aware.
    """
    with store_errors(), store.connect() as connection:
        due = [cursor.source for cursor in cursors(connection).values() if cursor.resync_reason]
    by = t("pipeline.requested_by_resync")
    if not due or _asked_lately(store, by, now):
        return None
    try:
        request = enqueue(store, kind="full", parameters=asdict(RunParameters()), requested_by=by)
    except RunConflict:
        return None
    if not request.joined:
        log.info("resync_requested", run_id=request.run_id, sources=sorted(due))
    return request


def _asked_lately(store: Engine, requested_by: str, now: datetime) -> bool:
    asked = last_request(store, requested_by=requested_by)
    return asked is not None and now - asked < AGAIN_AFTER
