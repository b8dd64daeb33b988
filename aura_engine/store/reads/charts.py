"""Aggregates behind charts and lists of totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, RowMapping

from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.store.access import Viewer
from aura_engine.store.reads.scope import scoped

WORST_SHARE: Final = 0.8
"""Of a scatter that cannot show everyone, the part that is kept for the most severe."""
SEVERITY_BINS: Final = ("0-20", "20-40", "40-60", "60-80", "80-100")


class TrendStep(StrEnum):
    """How far apart the points of a trend are; the value is the server's word."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True)
class Scatter:
    """People on the two principal components.

    Parameters
    ----------
    points : DataFrame
        Columns pca_x, pca_y, cluster_label, severity_index, kmeans_cluster, pseudonym; most
        severe first as far as they are not a sample.
    total : int
        How many people there are; more than points where not everyone is shown.
    """

    points: pd.DataFrame
    total: int


@dataclass(frozen=True)
class Severities:
    """How the ASI is distributed.

    Parameters
    ----------
    people : DataFrame
        Five rows, indexed by `SEVERITY_BINS`; a column of counts for each level.
    mean, highest : float or None
        Of the ASI; None where nobody is in view.
    above_60_percent : float or None
        Share of people whose ASI is above 60, 0-100.
    """

    people: pd.DataFrame
    mean: float | None
    highest: float | None
    above_60_percent: float | None


def scatter(connection: Connection, viewer: Viewer, *, max_points: int) -> Scatter:
    """Return where people stand; of too many the worst, and a steady sample of the rest.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    max_points : int
        Most people to return.
    """
    viewer.require_aggregates()
    worst = int(max_points * WORST_SHARE)
    result = connection.execute(
        scoped("store_charts", "scatter"),
        {
            "points": max_points,
            "worst": worst,
            "sampled": max_points - worst,
            "scope": viewer.scope(),
        },
    )
    found = pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))
    total = int(found["total"].iloc[0]) if len(found) else 0
    return Scatter(found.drop(columns="total"), total)


def level_profiles(connection: Connection, viewer: Viewer) -> pd.DataFrame:
    """Return the mean of each scaled KPI (0-1) by level, for levels that hold someone.

    Returns
    -------
    DataFrame
        Indexed by level, worst first; columns people and ``KPI_COLUMNS``.
    """
    viewer.require_aggregates()
    rows = connection.execute(
        scoped("store_charts", "level_profiles"), {"scope": viewer.scope()}
    ).mappings()
    found = pd.DataFrame(rows.all(), columns=["cluster_label", "people", *KPI_COLUMNS])
    return _by_level(found.set_index("cluster_label"))


def severities(connection: Connection, viewer: Viewer) -> Severities:
    """Count people by bin of ASI and level."""
    viewer.require_aggregates()
    rows = connection.execute(
        scoped("store_charts", "severity_bins"), {"scope": viewer.scope()}
    ).mappings()
    found = rows.all()
    people = pd.DataFrame(
        0, index=list(SEVERITY_BINS), columns=[level.value for level in RiskLevel]
    )
    for row in found:
        people.loc[SEVERITY_BINS[row["bin"]], row["cluster_label"]] = row["people"]
    total = sum(row["people"] for row in found)
    if not total:
        return Severities(people, None, None, None)
    return Severities(
        people,
        mean=_sum(found, "severity") / total,
        highest=max(row["highest"] for row in found),
        above_60_percent=100 * _sum(found, "above_60") / total,
    )


def run_totals(
    connection: Connection, viewer: Viewer, *, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Return what each run in a span found, oldest first.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    since, until : datetime
        The span.

    Returns
    -------
    list of dict
        as_of, averages (raw KPIs by column, None where nobody showed any), distribution (people
        by level), model_version_id. Totals of everyone, whatever the viewer's scope.
    """
    viewer.require_aggregates()
    rows = connection.execute(
        scoped("store_charts", "run_totals"), {"since": since, "until": until}
    ).mappings()
    return [dict(row) for row in rows]


def trend_steps(
    connection: Connection,
    viewer: Viewer,
    *,
    since: datetime,
    until: datetime,
    step: TrendStep,
    zone: str,
) -> list[dict[str, Any]]:
    """Return the last totals that are known of each step of a span, oldest first.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    since, until : datetime
        The span.
    step : TrendStep
        How long a step is.
    zone : str
        IANA name of the zone in which days and weeks begin.

    Returns
    -------
    list of dict
        as_of, averages, distribution as `run_totals` has them; a step of which nothing is known is
        not there. Totals of everyone, whatever the viewer's scope.
    """
    viewer.require_aggregates()
    asked = {"since": since, "until": until, "step": step.value, "zone": zone}
    rows = connection.execute(scoped("store_charts", "trend_steps"), asked).mappings()
    return [dict(row) for row in rows]


def _by_level(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reindex([level.value for level in RiskLevel if level.value in frame.index])


def _sum(rows: Sequence[RowMapping], column: str) -> float:
    return float(sum(row[column] for row in rows))
