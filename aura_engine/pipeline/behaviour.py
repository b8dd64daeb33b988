"""What people did, as KPIs are computed from it: activity with the sums of their texts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import Connection

from aura_engine.pipeline.scoring import TEXT_COLUMNS
from aura_engine.store.activity import stored_activity
from aura_engine.store.texts import negativity


def with_negativity(
    connection: Connection,
    activity: pd.DataFrame,
    revision: str | None,
    *,
    as_of: datetime,
    window_days: int,
    people: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Join the sums of P(negative) over everyone's texts in the window.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    activity : DataFrame
        Indexed by root id.
    revision : str or None
        Of the language model; without one nothing is joined, and KPI 5 is missing.
    as_of : datetime
        End of the window.
    window_days : int
        Its length.
    people : sequence of str, optional
        Who is in `activity`, where that is not everyone.
    """
    if revision is None:
        return activity
    since = as_of - timedelta(days=window_days)
    sums = negativity(connection, since=since, as_of=as_of, revision=revision, people=people)
    joined = activity.join(sums)
    joined[TEXT_COLUMNS] = joined[TEXT_COLUMNS].fillna(0)  # no texts: counts of zero
    return joined


def stored_behaviour(
    connection: Connection,
    revision: str | None,
    *,
    as_of: datetime,
    window_days: int,
    people: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return what the sources last said of people, with the sums of their texts.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    revision, as_of, window_days
        As of `with_negativity`.
    people : sequence of str, optional
        Root ids; everyone when not given.
    """
    return with_negativity(
        connection,
        stored_activity(connection, people),
        revision,
        as_of=as_of,
        window_days=window_days,
        people=people,
    )
