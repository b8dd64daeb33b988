"""What is usual for one person: the medians of their own KPIs over the weeks before."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from aura_engine.store.access import Viewer
from aura_engine.store.reads.scope import scoped
from aura_engine.store.samples import SAMPLED, SAMPLED_EVERY, SAMPLES_KEPT

KNOWN_FOR: Final = timedelta(days=30)
"""Since when somebody must be known before anything is said to be usual for them."""
FEWEST_SAMPLES: Final = 4
"""Weeks in which a KPI must have been observed."""


def usual_kpis(connection: Connection, viewer: Viewer, pseudonym: str) -> dict[str, float | None]:
    """Return the median of a person's raw KPIs over the weeks before the last one.

    Parameters
    ----------
    connection : Connection
        Of `aura_engine.store.connect.reading`.
    viewer : Viewer
        Who asks.
    pseudonym : str
        Of the person.

    Returns
    -------
    dict of str to float or None
        By column of `SAMPLED`, in raw units; None where the person is not known for `KNOWN_FOR`,
        where the KPI was observed too seldom, or before the present silence not long enough, for
        negativity that another language model read, and for whom the viewer may not see.
    """
    asked = {
        "pseudonym": pseudonym,
        "scope": viewer.scope(),
        "kept": SAMPLES_KEPT,
        "recent": SAMPLED_EVERY,
    }
    row = connection.execute(scoped("store_samples", "own_usual"), asked).mappings().one()
    is_known = row["known_for"] is not None and row["known_for"] >= KNOWN_FOR
    return {
        column: row[column] if is_known and row[f"n_{column}"] >= FEWEST_SAMPLES else None
        for column in SAMPLED
    }
