"""Raw KPIs of everyone, kept once a week: what is usual for a person is told by them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pandas as pd
from sqlalchemy import Connection, Engine, text

from aura_engine.domain import KPI_COLUMNS
from aura_engine.sql import load_queries
from aura_engine.store.bulk import delete_in_batches, in_batches, stage_frame

_QUERIES: Final = load_queries("store_samples")
_COLUMNS: Final = ("user_id_raiz uuid", *(f"{column} real" for column in KPI_COLUMNS))
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


def stage_samples(engine: Engine, run_id: int, rows: pd.DataFrame) -> None:
    """Keep the raw KPIs of a run's rows, in committed batches; they show once it has flipped.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    run_id : int
        The run.
    rows : DataFrame
        Columns user_id_raiz and ``raw_`` with each of ``KPI_COLUMNS``; missing where nothing was
        observed.
    """
    raw = rows[["user_id_raiz", *(f"raw_{column}" for column in KPI_COLUMNS)]]
    for batch in in_batches(raw.set_axis(["user_id_raiz", *KPI_COLUMNS], axis=1)):
        with engine.begin() as connection:
            stage_frame(connection, "staged_samples", _COLUMNS, batch)
            connection.execute(text(_QUERIES["insert_samples"]), {"run_id": run_id})


def discard_staged_samples(engine: Engine) -> None:
    """Delete samples of runs that ended, or were handed back, before they flipped."""
    delete_in_batches(engine, _QUERIES["discard_staged_samples"])


def sweep_samples(engine: Engine, *, now: datetime) -> int:
    """Delete samples older than 90 days, and return how many there were."""
    return delete_in_batches(engine, _QUERIES["sweep_samples"], before=now - SAMPLES_KEPT)
