"""Rows of people: arrive, change, leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection, Engine, text

from aura_engine.sql import load_queries, read_frame
from aura_engine.store.bulk import in_batches, stage_frame
from aura_engine.store.cases import leave_cases
from aura_engine.store.pseudonyms import draw_pseudonyms

_QUERIES: Final = load_queries("store_people")
_PERSON_COLUMNS: Final = (
    "user_id_raiz uuid",
    "pseudonym text",
    "age_band text",
    "region text",
    "is_active boolean",
    "account_created_at timestamptz",
    "last_activity_at timestamptz",
)
_MEMBERSHIP_COLUMNS: Final = ("user_id_raiz uuid", "community_id uuid", "category text")


def known_people(engine: Engine) -> pd.Series:
    """Return the pseudonym of everyone whom we hold, indexed by root id (str)."""
    with engine.connect() as connection:
        frame = read_frame(connection, _QUERIES["known_people"])
    return frame.set_index("user_id_raiz")["pseudonym"]


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
    known = known_people(engine)
    with engine.connect() as connection:
        taken = set(connection.scalars(text(_QUERIES["taken_pseudonyms"])))
    changed = 0
    for batch in in_batches(people.sort_index()):
        staged = batch.reset_index()
        pseudonyms = staged["user_id_raiz"].map(known).astype(object)
        newcomers = pseudonyms.isna()
        pseudonyms[newcomers] = draw_pseudonyms(int(newcomers.sum()), taken)
        staged.insert(1, "pseudonym", pseudonyms)
        theirs = memberships[memberships["user_id_raiz"].isin(batch.index)]
        with engine.begin() as connection:
            stage_frame(connection, "staged_person", _PERSON_COLUMNS, staged)
            stage_frame(connection, "staged_membership", _MEMBERSHIP_COLUMNS, theirs)
            connection.execute(text(_QUERIES["insert_people"]), {"as_of": as_of})
            for change in ("update_people", "remove_old_memberships", "upsert_memberships"):
                changed += connection.execute(text(_QUERIES[change])).rowcount
    if changed:
        # Cohorts and scopes are read from these rows at once, not with the next flip.
        with engine.begin() as connection:
            connection.execute(text(_QUERIES["touch_data_version"]))


def remove_people(connection: Connection, people: Sequence[str], *, as_of: datetime) -> None:
    """Forget people whose account is gone, in the caller's transaction.

    Their features, texts, history and events go; an open case of theirs keeps its pseudonym and
    notes for a while, a closed one is emptied.

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
    connection.execute(
        text(_QUERIES["delete_orphan_scores"]), {"hmacs": [bytes(hmac) for hmac in hmacs]}
    )
