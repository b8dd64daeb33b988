"""Raw KPIs of everyone, kept once a week: what is usual for a person is told by them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import pandas as pd
from sqlalchemy import Connection, Engine, text

from aura_engine.domain import KPI_COLUMNS
from aura_engine.sql import load_queries
from aura_engine.store.bulk import delete_in_batches, in_batches, stage_frame

_QUERIES: Final = load_queries("store_samples")
SAMPLED: Final = tuple(column for column in KPI_COLUMNS if column != "is_profile_incomplete")
"""Of which KPIs it is told what is usual for a person: those that are more than a yes or a no."""
_RAW: Final = [f"raw_{column}" for column in SAMPLED]
_COLUMNS: Final = ("user_id_raiz uuid", *(f"{column} real" for column in SAMPLED))
SAMPLED_EVERY: Final = timedelta(days=7)
_EARLIER: Final = timedelta(hours=12)
"""A night's run is hardly ever as of the same minute."""
SAMPLES_KEPT: Final = timedelta(days=90)


def is_sample_due(connection: Connection, as_of: datetime) -> bool:
    """Return whether the last sample is a week old, or there is none.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    as_of : datetime
        Moment of the run that would be sampled, zone-aware.
    """
    last: datetime | None = connection.scalar(text(_QUERIES["last_sampled"]))
    return last is None or as_of - last >= SAMPLED_EVERY - _EARLIER


def stage_samples(
    engine: Engine, run_id: int, generation: pd.DataFrame, *, staged: Callable[[], None]
) -> None:
    """Keep the raw KPIs of a run's rows, in committed batches; they show once it has flipped.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    run_id : int
        The run.
    generation : DataFrame
        Indexed by user_id_raiz; columns ``raw_`` with each of `SAMPLED`, missing where nothing was
        observed.
    staged : callable
        Called after each batch.
    """
    raw = generation[_RAW].set_axis(list(SAMPLED), axis=1).reset_index()
    for batch in in_batches(raw):
        with engine.begin() as connection:
            stage_frame(connection, "staged_samples", _COLUMNS, batch)
            connection.execute(text(_QUERIES["insert_samples"]), {"run_id": run_id})
        staged()


def discard_staged_samples(engine: Engine) -> None:
    """Delete samples of runs that ended, or were handed back, before they flipped."""
    with engine.connect() as connection:
        runs = connection.scalars(text(_QUERIES["unfinished_runs"])).all()
    _delete(engine, runs)


def sweep_samples(engine: Engine, *, now: datetime) -> int:
    """Delete samples older than 90 days, and return how many there were."""
    with engine.connect() as connection:
        asked = {"before": now - SAMPLES_KEPT}
        runs = connection.scalars(text(_QUERIES["outdated_runs"]), asked).all()
    return _delete(engine, runs)


def _delete(engine: Engine, runs: Sequence[int]) -> int:
    return delete_in_batches(engine, _QUERIES["delete_samples"], runs=list(runs)) if runs else 0
