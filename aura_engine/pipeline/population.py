"""The population of a run: who arrived, who left, and how many may leave at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Engine

from aura_engine.errors import ConfirmationNeeded, RunError
from aura_engine.features.cohorts import age_band, region
from aura_engine.i18n import t
from aura_engine.sources import Extraction
from aura_engine.sources.people import PeopleRead
from aura_engine.store.activity import save_everyone
from aura_engine.store.people import missing_people, save_people

MAX_LEAVING_SHARE: Final = 0.05
MAX_LEAVING: Final = 20
"""More than both at once is likelier to be a broken source than people leaving."""


def leavers(engine: Engine, accounts: pd.Index[Any], *, confirmed: bool) -> list[str]:
    """Return who has no account any more.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    accounts : Index of str
        Root ids of everyone who has one.
    confirmed : bool
        Whether somebody confirmed that many may go.

    Returns
    -------
    list of str
        Root ids.

    Raises
    ------
    RunError
        If the sources hold nobody at all.
    ConfirmationNeeded
        If more than 5 % of the people, and more than 20, would go without a confirmation.
    """
    if accounts.empty:
        raise RunError(t("pipeline.nobody"))
    gone, known = missing_people(engine, accounts)
    if not confirmed and len(gone) > max(MAX_LEAVING, MAX_LEAVING_SHARE * known):
        raise ConfirmationNeeded(t("pipeline.too_many_leave", gone=len(gone), known=known))
    return gone


def save_population(engine: Engine, extraction: Extraction, *, as_of: datetime) -> None:
    """Bring everyone's rows up to date with an extraction: people, memberships, activity.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    extraction : Extraction
        What the sources gave.
    as_of : datetime
        Moment of the run.
    """
    people = _rows(extraction.activity, as_of)
    save_people(engine, people, extraction.memberships, as_of=as_of)
    save_everyone(engine, extraction.activity, extraction.identity.pairs(), read_at=as_of)


def save_some(engine: Engine, read: PeopleRead, people: Sequence[str], *, as_of: datetime) -> None:
    """Bring the rows of a few people, and of their memberships, up to date.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    read : PeopleRead
        What all sources say of them.
    people : sequence of str
        Root ids.
    as_of : datetime
        Moment of the reading.
    """
    memberships = read.memberships
    theirs = memberships[memberships["user_id_raiz"].isin(people)]
    save_people(engine, _rows(read.activity.loc[list(people)], as_of), theirs, as_of=as_of)


def _rows(activity: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    regions = {place: region(place) for place in activity["location"].unique()}
    return pd.DataFrame(
        {
            "age_band": [age_band(born, as_of.date()) for born in activity["birth_date"]],
            "region": activity["location"].map(regions),
            "is_active": activity["is_active"],
            "account_created_at": activity["account_created_at"],
            "last_activity_at": activity["last_activity_at"],
        },
        index=activity.index,
    )
