"""Generations of ``feature`` and months of ``risk_history``: load aside, attach, flip."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import pandas as pd
from psycopg2.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from aura_engine.copying import read_few, read_table
from aura_engine.domain import RiskLevel
from aura_engine.errors import RunError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.sql import load_queries
from aura_engine.store.bulk import copy_frame, in_batches, stage_frame
from aura_engine.store.samples import discard_staged_samples

log = get_logger(__name__)

_QUERIES: Final = load_queries("store_generation")
_LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = '2s'"
_SWEEP_TIMEOUT: Final = "SET LOCAL lock_timeout = '100ms'"
"""Readers queue behind an exclusive lock that waits, so it may not wait long."""


_HISTORY_COLUMNS: Final = (
    "as_of timestamptz",
    "user_id_raiz uuid",
    "cluster_label text",
    "previous_label text",
    "severity_index double precision",
    "previous_severity double precision",
    "reason text",
    "model_version_id bigint",
)
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
    for batch in in_batches(history):
        with engine.begin() as connection:
            add_history(connection, run_id, batch)


def replace_rows(
    connection: Connection, run_id: int, people: Sequence[str], rows: pd.DataFrame
) -> None:
    """Replace some people's rows in a generation, in the caller's transaction.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    run_id : int
        Whose generation.
    people : sequence of str
        Root ids; who has no new row has none any more.
    rows : DataFrame
        As of `load_generation`.
    """
    names = _partition(run_id)
    query = _QUERIES["delete_rows"].format(**names)
    connection.execute(text(query), {"people": list(people)})
    copy_frame(connection, str(names["partition"]), rows.assign(run_id=run_id))


def replace_active_rows(connection: Connection, people: Sequence[str], rows: pd.DataFrame) -> None:
    """Replace some people's rows in the generation that readers see; under the writer lock.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    people, rows
        As of `replace_rows`.

    Raises
    ------
    RunError
        If there is no generation yet.
    """
    run_id = active_generation(connection)
    if run_id is None:
        raise RunError(t("pipeline.no_model"))
    replace_rows(connection, run_id, people, rows)


def replace_staged_history(
    connection: Connection, run_id: int, people: Sequence[str], history: pd.DataFrame
) -> None:
    """Replace what a run that has not flipped yet staged of some people's history.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    run_id : int
        The run.
    people : sequence of str
        Root ids.
    history : DataFrame
        As of `stage_history`.
    """
    who = {"run_id": run_id, "people": list(people)}
    connection.execute(text(_QUERIES["delete_staged_history"]), who)
    add_history(connection, run_id, history)


def add_history(connection: Connection, run_id: int, history: pd.DataFrame) -> None:
    """Append history rows of a run in the caller's transaction.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    run_id : int
        The run.
    history : DataFrame
        As of `stage_history`.
    """
    columns = [column.partition(" ")[0] for column in _HISTORY_COLUMNS]
    staged = history.reindex(columns=columns)
    stage_frame(connection, "staged_history", _HISTORY_COLUMNS, staged)
    connection.execute(text(_QUERIES["insert_history"]), {"run_id": run_id})


def flip(connection: Connection, run_id: int) -> None:
    """Make a loaded generation the one that everyone reads, in the caller's transaction."""
    connection.execute(text(_QUERIES["flip"]), {"run_id": run_id})


def previous_generation(
    connection: Connection, people: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return the verdicts that readers see now, indexed by root id (str).

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    people : sequence of str, optional
        Root ids; everyone when not given.
    """
    asked = {"people": None if people is None else list(people)}
    read = read_table if people is None else read_few
    frame = read(connection, _QUERIES["previous_generation"], asked)
    return frame.set_index("user_id_raiz")


def active_generation(connection: Connection) -> int | None:
    """Return the run whose rows readers see; None before the first flip."""
    run_id: int | None = connection.scalar(text(_QUERIES["active_generation"]))
    return run_id


def sweep_generations(engine: Engine) -> None:
    """Drop what runs that ended badly left behind, and generations that nobody reads any more.

    Readers are hardly waited for: at the first refusal the rest is left to the next sweep.
    """
    discard_staged_samples(engine)
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


def active_distribution(connection: Connection) -> dict[str, int]:
    """Return how many people are on each level in the generation in view, all levels there."""
    found = {
        row.cluster_label: row.people
        for row in connection.execute(text(_QUERIES["active_distribution"]))
    }
    return {level.value: int(found.get(level, 0)) for level in RiskLevel}


def version_mark(connection: Connection) -> str:
    """Return a mark of the data in view, of this installation and moment and of no other."""
    return str(connection.scalar(text(_QUERIES["version_mark"])) or "")
