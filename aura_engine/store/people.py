"""Rows of people: arrive, change, leave."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Engine, text

from aura_engine.copying import read_table
from aura_engine.sql import load_queries
from aura_engine.store.bulk import in_batches, stage_frame
from aura_engine.store.cases import leave_cases
from aura_engine.store.pseudonyms import draw_pseudonyms
from aura_engine.store.texts import delete_orphans

_QUERIES: Final = load_queries("store_people")
_PERSON_COLUMNS: Final = (
    "user_id_raiz uuid",
    "age_band text",
    "region text",
    "is_active boolean",
    "account_created_at timestamptz",
    "last_activity_at timestamptz",
)
_PSEUDONYM_COLUMNS: Final = ("user_id_raiz uuid", "pseudonym text")
_MEMBERSHIP_COLUMNS: Final = ("user_id_raiz uuid", "community_id uuid", "category text")


def missing_people(engine: Engine, present: pd.Index) -> tuple[list[str], int]:
    """Find whom we hold though they are not present any more.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    present : Index of str
        Root ids of the population.

    Returns
    -------
    tuple of list of str and int
        Root ids in ascending order, and how many people we hold.
    """
    with engine.connect() as connection:
        known = read_table(connection, _QUERIES["known_people"])["user_id_raiz"]
    # Arrow compares without a Python string for everyone.
    still_here = pc.is_in(pa.array(known), value_set=pa.array(present.array))
    return list(known[~still_here.to_numpy(zero_copy_only=False)]), len(known)


def save_people(
    engine: Engine, people: pd.DataFrame, memberships: pd.DataFrame, *, as_of: datetime
) -> None:
    """Insert who is new, update who changed, replace their memberships; in batches.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    people : DataFrame
        Index ``user_id_raiz`` (str); columns age_band, region, is_active,
        account_created_at, last_activity_at.
    memberships : DataFrame
        Columns user_id_raiz, community_id, category.
    as_of : datetime
        When someone new was first seen.
    """
    people = people.take(people.index.array.argsort())
    memberships = memberships.sort_values("user_id_raiz", kind="stable")
    owners = memberships["user_id_raiz"].array
    changed = reached = 0
    for batch in in_batches(people):
        end = bisect_right(owners, batch.index[-1], lo=reached)
        with engine.begin() as connection:
            stage_frame(connection, "staged_person", _PERSON_COLUMNS, batch.reset_index())
            stage_frame(
                connection, "staged_membership", _MEMBERSHIP_COLUMNS, memberships[reached:end]
            )
            _give_pseudonyms(connection)
            connection.execute(text(_QUERIES["insert_people"]), {"as_of": as_of})
            for change in ("update_people", "remove_old_memberships", "upsert_memberships"):
                changed += connection.execute(text(_QUERIES[change])).rowcount
        reached = end
    if changed:
        # Cohorts and scopes are read from these rows at once, not with the next flip.
        with engine.begin() as connection:
            connection.execute(text(_QUERIES["touch_data_version"]))


def save_memberships(
    connection: Connection, people: Sequence[str], memberships: pd.DataFrame
) -> None:
    """Replace the memberships of a few people, in the caller's transaction.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    people : sequence of str
        Root ids.
    memberships : DataFrame
        As of `save_people`; those of others are left out.
    """
    theirs = memberships[memberships["user_id_raiz"].isin(people)]
    members = pd.DataFrame({"user_id_raiz": list(people)}, dtype="str")
    stage_frame(connection, "staged_person", _PERSON_COLUMNS[:1], members)
    stage_frame(connection, "staged_membership", _MEMBERSHIP_COLUMNS, theirs)
    for change in ("remove_old_memberships", "upsert_memberships"):
        connection.execute(text(_QUERIES[change]))


def _give_pseudonyms(connection: Connection) -> None:
    """Draw a pseudonym for everyone of the staged batch who is new to us."""
    newcomers = connection.scalars(text(_QUERIES["newcomers"])).all()
    taken: set[str] = set()
    free: list[str] = []
    while len(free) < len(newcomers):
        drawn = draw_pseudonyms(len(newcomers) - len(free), taken)
        held = set(connection.scalars(text(_QUERIES["taken_pseudonyms"]), {"drawn": drawn}))
        free += [pseudonym for pseudonym in drawn if pseudonym not in held]
    given = pd.DataFrame({"user_id_raiz": newcomers, "pseudonym": free}, dtype="str")
    stage_frame(connection, "given_pseudonym", _PSEUDONYM_COLUMNS, given)


def remove_people(connection: Connection, people: Sequence[str], *, as_of: datetime) -> None:
    """Forget people whose account is gone, in the caller's transaction.

    Their features, samples, texts, history and events go; an open case of theirs keeps its
    pseudonym and notes for a while, a closed one is emptied.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    people : sequence of str
        Root ids.
    as_of : datetime
        Moment of the run.
    """
    who = {"people": list(people)}
    hmacs = connection.scalars(text(_QUERIES["hmacs_of_people"]), who).all()
    leave_cases(connection, people, as_of=as_of)
    connection.execute(text(_QUERIES["delete_features"]), who)
    connection.execute(text(_QUERIES["delete_people"]), who)
    delete_orphans(connection, [bytes(hmac) for hmac in hmacs])
