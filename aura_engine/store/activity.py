"""What each source last said of everyone, from which KPIs are computed without asking it again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection, Engine, text

from aura_engine.copying import read_few, read_table
from aura_engine.sql import load_queries
from aura_engine.store.bulk import in_batches, stage_frame

_QUERIES: Final = load_queries("store_activity")
_COLUMNS: Final = {
    "social": (
        "user_id_raiz uuid",
        "has_social_profile boolean",
        "followers double precision",
        "following double precision",
        "bio_blank boolean",
        "has_complete_profile boolean",
        "community_categories bigint",
        "social_active_at timestamptz",
        "social_is_active boolean",
    ),
    "messaging": (
        "user_id_raiz uuid",
        "messages bigint",
        "night_messages bigint",
        "messaging_active_at timestamptz",
        "messaging_is_active boolean",
    ),
}
"""What is kept of each source."""


def save_activity(
    connection: Connection,
    source: str,
    activity: pd.DataFrame,
    *,
    read_at: datetime,
    always: bool = True,
) -> None:
    """Keep what a source said of some people, unless a later reading is there.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    source : str
        ``social`` or ``messaging``.
    activity : DataFrame
        Rows of an extraction, indexed by root id.
    read_at : datetime
        Moment of the reading.
    always : bool
        Whether a reading that says the same is kept too, as the later one.
    """
    columns = [column.partition(" ")[0] for column in _COLUMNS[source]]
    staged = activity[columns[1:]].reset_index(names="user_id_raiz")
    stage_frame(connection, f"staged_{source}", _COLUMNS[source], staged)
    connection.execute(text(_QUERIES[f"upsert_{source}"]), {"read_at": read_at, "always": always})


def save_references(connection: Connection, people: Collection[str], pairs: pd.DataFrame) -> None:
    """Make `pairs` all the references that mean these people.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    people : collection of str
        Root ids.
    pairs : DataFrame
        Columns reference and user_id_raiz, of these people only.
    """
    owners = pd.DataFrame({"user_id_raiz": sorted(people)}, dtype="str")
    stage_frame(connection, "staged_owner", ("user_id_raiz uuid",), owners)
    columns = ("reference uuid", "user_id_raiz uuid")
    stage_frame(connection, "staged_reference", columns, pairs[["reference", "user_id_raiz"]])
    connection.execute(text(_QUERIES["forget_references"]))
    connection.execute(text(_QUERIES["upsert_references"]))


def save_everyone(
    engine: Engine, activity: pd.DataFrame, pairs: pd.DataFrame, *, read_at: datetime
) -> None:
    """Keep a whole extraction, in committed batches.

    Parameters
    ----------
    engine : Engine
        Of the analytics database; everyone has a row in ``person``.
    activity : DataFrame
        Of the extraction, in ascending order of the root id.
    pairs : DataFrame
        Columns reference and user_id_raiz, in the same order.
    read_at : datetime
        Moment of the extraction.
    """
    owners = pairs["user_id_raiz"].array
    reached = 0
    for batch in in_batches(activity):
        end = bisect_right(owners, batch.index[-1], lo=reached)
        with engine.begin() as connection:
            for source in _COLUMNS:
                save_activity(connection, source, batch, read_at=read_at, always=False)
            save_references(connection, batch.index, pairs[reached:end])
        reached = end


def settle_people(connection: Connection, people: Sequence[str]) -> None:
    """Bring what ``person`` says of activity up to date with both sources.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    people : sequence of str
        Root ids.
    """
    connection.execute(text(_QUERIES["settle_people"]), {"people": list(people)})


def references_of(connection: Connection, references: Sequence[str]) -> pd.DataFrame:
    """Return every reference of the people whom some references mean.

    Returns
    -------
    DataFrame
        Columns reference and user_id_raiz (str).
    """
    return read_few(connection, _QUERIES["references_of"], {"references": list(references)})


def references_of_people(connection: Connection, people: Sequence[str]) -> pd.DataFrame:
    """Return every reference of some people, as `references_of` does."""
    return read_few(connection, _QUERIES["references_of_people"], {"people": list(people)})


def stored_activity(connection: Connection, people: Sequence[str] | None = None) -> pd.DataFrame:
    """Return what the sources last said.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    people : sequence of str, optional
        Root ids; everyone when not given.

    Returns
    -------
    DataFrame
        Index ``user_id_raiz``, ascending; the columns that KPIs are computed from, as of
        `aura_engine.sources.Extraction`.
    """
    asked = {"people": None if people is None else list(people)}
    read = read_table if people is None else read_few
    found = read(connection, _QUERIES["stored_activity"], asked)
    return found.set_index("user_id_raiz")
