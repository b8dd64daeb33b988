"""Generations of ``feature`` and months of ``risk_history``: load aside, attach, flip."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

import pandas as pd
from psycopg2.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from aura_engine.copying import read_table
from aura_engine.logs import get_logger
from aura_engine.sql import load_queries
from aura_engine.store.bulk import copy_frame, in_batches

log = get_logger(__name__)

_QUERIES: Final = load_queries("store_generation")
_LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = '2s'"
_SWEEP_TIMEOUT: Final = "SET LOCAL lock_timeout = '100ms'"
"""Readers queue behind an exclusive lock that waits, so it may not wait long."""


PLANNING_SECONDS: Final = 2.0
"""More than any statement needs between its plan and its snapshot."""


def _ddl(connection: Connection, query: str, **names: object) -> None:
    connection.exec_driver_sql(_QUERIES[query].format(**names))


def _partition(run_id: int) -> dict[str, object]:
    return {"partition": f"feature_{run_id:d}", "run_id": f"{run_id:d}"}


def nobody(_rows: int) -> None:
    """Tell nobody how far it is."""


def load_generation(
    engine: Engine, run_id: int, rows: pd.DataFrame, *, loaded: Callable[[int], None] = nobody
) -> None:
    """Load a run's rows beside what readers see, in committed batches, and attach them.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    run_id : int
        The run; its rows become visible with `flip`, not before.
    rows : DataFrame
        Columns of ``feature`` without ``id`` and ``run_id``.
    loaded : callable, optional
        Told after each batch how many rows are there.
    """
    names = _partition(run_id)
    with engine.begin() as connection:
        _ddl(connection, "create_partition", **names)
    done = 0
    for batch in in_batches(rows.assign(run_id=run_id)):
        with engine.begin() as connection:
            done += copy_frame(connection, str(names["partition"]), batch)
        loaded(done)
    with engine.begin() as connection:
        _ddl(connection, "index_partition", **names)
    with engine.begin() as connection:
        connection.exec_driver_sql(_LOCK_TIMEOUT)
        _ddl(connection, "attach_partition", **names)
    _outlast_planned_reads(engine)


def _outlast_planned_reads(engine: Engine) -> None:
    """Wait, within bounds, for reads that were planned before a partition was attached.

    A READ COMMITTED statement takes its snapshot after its plan: planned without the partition
    and run after the flip it would find nobody. Transactions that stay longer than the bound hold
    their snapshot, or are past planning.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        planned = set(connection.scalars(text(_QUERIES["reading_transactions"])))
        give_up = time.monotonic() + PLANNING_SECONDS
        while planned and time.monotonic() < give_up:
            time.sleep(0.005)
            planned &= set(connection.scalars(text(_QUERIES["reading_transactions"])))


def ensure_history_month(engine: Engine, as_of: datetime) -> None:
    """Make the month of ``risk_history`` that holds `as_of`, if it is not there yet."""
    first = as_of.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    partition = f"risk_history_{first:%Y_%m}"
    with engine.begin() as connection:
        if connection.scalar(text(_QUERIES["history_month_exists"]), {"partition": partition}):
            return
        connection.exec_driver_sql(_LOCK_TIMEOUT)
        _ddl(
            connection,
            "create_history_month",
            partition=partition,
            first=first.isoformat(),
            next=following.isoformat(),
        )


def stage_history(engine: Engine, run_id: int, history: pd.DataFrame) -> None:
    """Load a run's history rows in committed batches; they show once the run has flipped.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    run_id : int
        The run.
    history : DataFrame
        Columns of ``risk_history`` but run_id.
    """
    for batch in in_batches(history.assign(run_id=run_id)):
        with engine.begin() as connection:
            copy_frame(connection, "risk_history", batch)


def flip(connection: Connection, run_id: int) -> None:
    """Make a loaded generation the one that everyone reads, in the caller's transaction."""
    connection.execute(text(_QUERIES["flip"]), {"run_id": run_id})


def previous_generation(engine: Engine) -> pd.DataFrame:
    """Return the verdicts that readers see now, indexed by root id (str)."""
    with engine.connect() as connection:
        frame = read_table(connection, _QUERIES["previous_generation"])
    return frame.set_index("user_id_raiz")


def sweep_generations(engine: Engine) -> None:
    """Drop what runs that ended badly left behind, and generations that nobody reads any more.

    Readers are hardly waited for: at the first refusal the rest is left to the next sweep.
    """
    with engine.begin() as connection:
        connection.execute(text(_QUERIES["discard_staged_history"]))
        abandoned = connection.scalars(text(_QUERIES["abandoned_partitions"])).all()
        outdated = connection.scalars(text(_QUERIES["outdated_partitions"])).all()
        attached = set(connection.scalars(text(_QUERIES["attached_partitions"])))
    for partition in [*abandoned, *outdated]:
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql(_SWEEP_TIMEOUT)
                if partition in attached:
                    _ddl(connection, "detach_partition", partition=partition)
                _ddl(connection, "drop_partition", partition=partition)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            log.info("partitions_kept", first=partition)
            return
