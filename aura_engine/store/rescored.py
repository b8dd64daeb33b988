"""Who was rescored beside the runs, and the day's row that stands for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection, text

from aura_engine.copying import read_table
from aura_engine.i18n import t
from aura_engine.sql import load_queries

_QUERIES: Final = load_queries("store_rescored")


def note_rescored(connection: Connection, people: Collection[str]) -> None:
    """Note that these people's rows changed, or went; under the writer lock."""
    connection.execute(text(_QUERIES["note_rescored"]), {"people": sorted(people)})


def last_rescored(connection: Connection) -> int:
    """Return the number of the last note."""
    return int(connection.execute(text(_QUERIES["last_rescored"])).scalar_one())


def rescored_since(connection: Connection, number: int) -> tuple[list[str], int]:
    """Return who was noted after a number, and the number of the last of them."""
    rows = connection.execute(text(_QUERIES["rescored_since"]), {"seq": number}).all()
    return [row.user_id_raiz for row in rows], rows[-1].seq if rows else number


def forget_rescored(connection: Connection) -> None:
    """Delete all notes, once a run has taken them over; under the writer lock."""
    connection.execute(text(_QUERIES["forget_rescored"]))


def existing_people(connection: Connection, people: Sequence[str]) -> list[str]:
    """Return which of some people we hold, in ascending order."""
    found = connection.scalars(text(_QUERIES["existing_people"]), {"people": list(people)})
    return sorted(found)


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """What an incremental batch did; `postponed` people left, but more than may go unasked."""

    people: int
    transitions: int = 0
    alerts: int = 0
    removed: int = 0
    postponed: int = 0


def incremental_run(connection: Connection, *, as_of: datetime) -> int:
    """Return the run that stands for the incremental ones of a day, made if it is not there."""
    found = connection.scalar(text(_QUERIES["incremental_run"]), {"as_of": as_of})
    if found is None:
        found = connection.execute(
            text(_QUERIES["begin_incremental_run"]),
            {"as_of": as_of, "requested_by": t("pipeline.requested_by_changes")},
        ).scalar_one()
    return int(found)


def advance_incremental_run(
    connection: Connection, run_id: int, counts: BatchCounts, *, as_of: datetime, model_id: int
) -> None:
    """Add a batch to the day's row, and tell whoever caches that the data changed.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    run_id : int
        As of `incremental_run`.
    counts : BatchCounts
        Of the batch.
    as_of : datetime
        Moment of the batch.
    model_id : int
        The version that scored.
    """
    values = {**asdict(counts), "run_id": run_id, "as_of": as_of, "model_version_id": model_id}
    connection.execute(text(_QUERIES["advance_incremental_run"]), values)
    connection.execute(text(_QUERIES["touch_data_version"]))


def removed_today(connection: Connection, run_id: int) -> int:
    """Return how many people the day's incremental runs have removed."""
    return int(connection.execute(text(_QUERIES["removed_today"]), {"run_id": run_id}).scalar_one())


def count_people(connection: Connection) -> int:
    """Return how many people we hold."""
    return int(connection.execute(text(_QUERIES["count_people"])).scalar_one())


def latest_as_of(connection: Connection) -> datetime | None:
    """Return the latest moment that anybody was scored for; None before the first run."""
    moment: datetime | None = connection.scalar(text(_QUERIES["latest_as_of"]))
    return moment


def last_of_everyone(connection: Connection) -> datetime | None:
    """Return the latest moment that everyone was judged for; None before the first run."""
    moment: datetime | None = connection.scalar(text(_QUERIES["last_of_everyone"]))
    return moment


def messaging_through(connection: Connection) -> datetime | None:
    """Return the latest moment that everyone's messages were counted for."""
    moment: datetime | None = connection.scalar(text(_QUERIES["messaging_through"]))
    return moment


def stored_kpis(connection: Connection) -> pd.DataFrame:
    """Return the raw KPIs of the generation in view.

    Returns
    -------
    DataFrame
        Index ``user_id_raiz``, ascending; extraction_date, and the KPIs under their own names.
    """
    found = read_table(connection, _QUERIES["stored_kpis"])
    return found.set_index("user_id_raiz").rename(columns=lambda name: name.removeprefix("raw_"))
