"""The nightly full run: asking for it once when it is due."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import Engine

from aura_engine.errors import RunConflict
from aura_engine.logs import get_logger
from aura_engine.pipeline.full import RunParameters
from aura_engine.store.queue import Enqueued, enqueue, last_request
from aura_engine.store.runs import last_full_run

log = get_logger(__name__)

NIGHTLY_AT: Final = time(3, 30)
"""Local time of the nightly run, unless another one is configured."""
NIGHTLY: Final = "nocturna"
"""Who asks for it, on the run's row."""
RETRY_AFTER: Final = timedelta(hours=1)
"""How long after a nightly run that failed the next one is asked for."""


def request_nightly(store: Engine, *, now: datetime, due: datetime) -> Enqueued | None:
    """Ask for the nightly run if it is due and was neither made nor asked for lately.

    A scheduler that was away at the hour asks as soon as it is back; one that finds an
    installation without any run asks for the first.

    Parameters
    ----------
    store : Engine
        The analytics database.
    now : datetime
        The present, zone-aware.
    due : datetime
        When a nightly run was last due, zone-aware.

    Returns
    -------
    Enqueued or None
        None where nothing is due, or a run with other parameters has to end first.

    Raises
    ------
    StoreError
        If the analytics database does not answer.
    """
    made = last_full_run(store)
    asked = last_request(store, requested_by=NIGHTLY)
    if (made and made >= due) or (asked and asked > max(due, now - RETRY_AFTER)):
        return None
    try:
        request = enqueue(
            store, kind="full", parameters=asdict(RunParameters()), requested_by=NIGHTLY
        )
    except RunConflict:
        return None
    log.info("nightly_requested", run_id=request.run_id, due=due.isoformat())
    return request
