"""Runs by the name of the process that took them, for whoever started that process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, text

from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.sql import load_queries
from aura_engine.store.events import write_error
from aura_engine.store.failures import store_errors
from aura_engine.store.runs import RUN_FAILED

log = get_logger(__name__)

_QUERIES: Final = load_queries("store_runs")


@dataclass(frozen=True, slots=True)
class EndedRun:
    """How a run that a process took ended."""

    run_id: int
    kind: str
    status: str
    error: str | None
    stages: list[dict[str, Any]]
    text_model: str | None


def hand_back(engine: Engine, instance: str) -> int | None:
    """Let the run that a process has taken wait again, as if it had not been taken.

    A run that flipped or ended meanwhile stays as it is, and so does one that another process
    took for dead: nobody's work is undone, whoever leads now.

    Returns
    -------
    int or None
        The run; None where there was none to hand back.
    """
    with store_errors(), engine.begin() as connection:
        run_id: int | None = connection.scalar(text(_QUERIES["hand_back"]), {"instance": instance})
    if run_id is not None:
        log.info("run_handed_back", run_id=run_id)
    return run_id


def end_claimed(engine: Engine, instance: str) -> EndedRun | None:
    """Return how the run ended that a process took which is gone now; None if it took none.

    A run that it left unfinished is marked as failed.
    """
    message = t("pipeline.interrupted")
    with store_errors(), engine.begin() as connection:
        failed = {"instance": instance, "error": message}
        run_id = connection.scalar(text(_QUERIES["fail_claimed"]), failed)
        if run_id is not None:
            write_error(connection, RUN_FAILED, message, run_id=run_id)
    if run_id is not None:
        log.warning("interrupted_run_marked_failed", run_id=run_id)
    with store_errors(), engine.connect() as connection:
        row = connection.execute(text(_QUERIES["how_it_ended"]), {"instance": instance})
        found = row.one_or_none()
    return None if found is None else EndedRun(*found)
