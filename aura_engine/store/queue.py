"""The queue of runs: asked for by pages and clients, taken by the scheduler."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from aura_engine.errors import RunConflict, RunError
from aura_engine.i18n import t
from aura_engine.sql import load_queries
from aura_engine.store.failures import store_errors

_QUERIES: Final = load_queries("store_runs")
_QUEUE_LOCK: Final = 0x41555241_0004
"""Held while a request looks for a run to join and adds one if there is none."""
CHANNEL: Final = "aura_run"
"""Woken when a run is asked for; a poll covers a notification that is lost."""
SWEEP: Final = "sweep"


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What became of a request: `joined` tells whether the run was there already."""

    run_id: int
    joined: bool


def enqueue(
    engine: Engine, *, kind: str, parameters: dict[str, Any], requested_by: str
) -> Enqueued:
    """Ask for a run, or join the one that waits or goes on with the same parameters.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    kind : str
        ``full``, ``recluster`` or ``sweep``; only sweeps wait beside runs of another kind.
    parameters : dict
        Of the run, as it is to be recorded.
    requested_by : str
        Who asks; goes to the run's row.

    Raises
    ------
    RunConflict
        If a run with other parameters waits or goes on.
    StoreError
        If the analytics database does not answer.
    """
    with store_errors(), engine.begin() as connection:
        return _join_or_add(connection, kind, parameters, requested_by=requested_by)


def retry(engine: Engine, run_id: int, *, reason: str, requested_by: str) -> Enqueued:
    """Ask once more for a run that ended badly, with the same parameters.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    run_id : int
        A run that failed or was cancelled.
    reason : str
        Why; goes to the new run's row.
    requested_by : str
        Who asks.

    Raises
    ------
    RunError
        If there is no such run, it ended well or has not ended, no reason is given, or the same
        run waits or goes on already.
    RunConflict
        If a run with other parameters waits or goes on.
    StoreError
        If the analytics database does not answer.
    """
    if not reason.strip():
        raise RunError(t("pipeline.retry_needs_reason"))
    with store_errors(), engine.begin() as connection:
        former = connection.execute(text(_QUERIES["to_retry"]), {"run_id": run_id}).one_or_none()
        if former is None:
            raise RunError(t("pipeline.not_to_retry", run_id=run_id))
        request = _join_or_add(
            connection,
            former.kind,
            former.parameters,
            requested_by=requested_by,
            retry_of=run_id,
            reason=reason.strip(),
        )
        if request.joined:
            raise RunError(t("pipeline.retry_joined", run_id=request.run_id))
    return request


def _join_or_add(
    connection: Connection,
    kind: str,
    parameters: dict[str, Any],
    *,
    requested_by: str,
    retry_of: int | None = None,
    reason: str | None = None,
) -> Enqueued:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _QUEUE_LOCK})
    for run in connection.execute(text(_QUERIES["waiting_or_running"])):
        if (run.kind == SWEEP) != (kind == SWEEP):
            continue  # a sweep takes seconds and comes by itself: it is in nobody's way
        if (run.kind, run.parameters) != (kind, parameters):
            raise RunConflict(t("pipeline.conflict", run_id=run.id))
        return Enqueued(run.id, joined=True)
    run_id = connection.execute(
        text(_QUERIES["enqueue_run"]),
        {
            "kind": kind,
            "parameters": json.dumps(parameters),
            "requested_by": requested_by,
            "retry_of": retry_of,
            "reason": reason,
        },
    ).scalar_one()
    connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return Enqueued(int(run_id), joined=False)


def is_busy(engine: Engine) -> bool:
    """Tell whether a run waits or goes on, in whichever process."""
    with store_errors(), engine.connect() as connection:
        return bool(connection.scalar(text(_QUERIES["is_busy"])))


def is_waiting(engine: Engine) -> bool:
    """Tell whether a run waits to be taken."""
    with store_errors(), engine.connect() as connection:
        return bool(connection.scalar(text(_QUERIES["is_waiting"])))


def last_request(engine: Engine, *, requested_by: str) -> datetime | None:
    """Return when someone last asked for a run; None if they never did."""
    with store_errors(), engine.connect() as connection:
        moment: datetime | None = connection.scalar(
            text(_QUERIES["last_request"]), {"requested_by": requested_by}
        )
        return moment


def cancel(engine: Engine, run_id: int) -> bool:
    """Cancel a waiting run at once, or ask one that goes on to stop at its next step.

    Returns
    -------
    bool
        False if the run has ended already, or there is none.
    """
    with store_errors(), engine.begin() as connection:
        who = {"run_id": run_id}
        waiting = connection.scalar(
            text(_QUERIES["cancel_waiting"]), {**who, "error": t("pipeline.cancelled")}
        )
        return (waiting or connection.scalar(text(_QUERIES["ask_to_cancel"]), who)) is not None
