"""Rows of a source as data frames with the types the engine works with."""

from __future__ import annotations

from datetime import datetime

import pandas as pd


def utc(values: pd.Series) -> pd.Series:
    """Return times as ``datetime64[us, UTC]``, NaT where there is none.

    Times without zone are taken as UTC, as aura_auth means them.
    """
    return pd.to_datetime(values, utc=True).astype("datetime64[us, UTC]")


def among(values: pd.Series, known: pd.Index) -> pd.Series:
    """Return which values are in a unique index; NA is in none.

    ``Series.isin`` turns Arrow-backed strings into Python objects one by one, which takes a
    hundred times longer.
    """
    return pd.Series(known.get_indexer(pd.Index(values)) >= 0, index=values.index)


def require_aware(moment: datetime, name: str) -> datetime:
    """Return a zone-aware time as it is.

    Raises
    ------
    ValueError
        If it has no zone: such a time would mean something else on every machine.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"{name} must be zone-aware")
    return moment
