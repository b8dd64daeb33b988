"""What each figure shows: one builder a figure, read by pages and bridge alike.

Numbers are as stored, unrounded; renderers and routes round for their readers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection

from aura_engine.charts.palette import LEVEL_ORDER
from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.store.access import Viewer
from aura_engine.store.reads import (
    LevelCount,
    Scatter,
    Severities,
    distribution,
    level_profiles,
    run_totals,
    scatter,
    severities,
)


@dataclass(frozen=True, slots=True)
class DistributionChart:
    """How many people are in each level; all three are there."""

    counts: dict[RiskLevel, LevelCount]

    @property
    def total(self) -> int:
        """People in view."""
        return sum(count.people for count in self.counts.values())

    @property
    def insufficient(self) -> int:
        """Of them, those of whom too little is known."""
        return sum(count.insufficient for count in self.counts.values())

    @property
    def stopped_showing(self) -> int:
        """Of them, those who keep a verdict from when more was seen."""
        return sum(count.stopped_showing for count in self.counts.values())

    def percent(self, level: RiskLevel) -> float | None:
        """Return the share of a level, 0-100; None where nobody is in view."""
        return 100 * self.counts[level].people / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class RadarChart:
    """Mean of each scaled KPI (0-1) by level, for levels that hold someone.

    Parameters
    ----------
    profiles : DataFrame
        Indexed by level, worst first; columns people and ``KPI_COLUMNS``.
    """

    profiles: pd.DataFrame

    def of(self, level: RiskLevel) -> list[float] | None:
        """Return the six means of a level in the order of ``KPI_COLUMNS``; None if it is empty."""
        if level.value not in self.profiles.index:
            return None
        return [float(value) for value in self.profiles.loc[level.value, list(KPI_COLUMNS)]]


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """What one run found in totals, or what was known at a moment between runs.

    Parameters
    ----------
    as_of : datetime
        Moment of the verdicts.
    averages : dict
        Mean raw KPI of the people who showed it, by column; None where nobody did.
    distribution : dict
        People by level.
    model_version_id : int or None
        Which model gave the levels; None where no run near tells.
    """

    as_of: datetime
    averages: dict[str, float | None]
    distribution: dict[str, int]
    model_version_id: int | None


@dataclass(frozen=True, slots=True)
class TrendsChart:
    """What the runs of a span found, oldest first, or what was known at each step of it.

    Parameters
    ----------
    since, until : datetime
        The span.
    points : tuple of TrendPoint
        The runs, or the steps.
    runs : tuple of TrendPoint
        Where the points are steps: the runs of the span, and the last one before it.
    """

    since: datetime
    until: datetime
    points: tuple[TrendPoint, ...]
    runs: tuple[TrendPoint, ...] = ()

    def kpi(self, column: str) -> list[float | None]:
        """Return the mean of one raw KPI, a value for each run."""
        return [point.averages.get(column) for point in self.points]

    def people(self, level: RiskLevel) -> list[int]:
        """Return the people of one level, a value for each run."""
        return [point.distribution[level.value] for point in self.points]

    def before_today(self, zone: tzinfo) -> TrendPoint | None:
        """Return the last run of an earlier day than the newest one's, what today compares with.

        Parameters
        ----------
        zone : tzinfo
            In which days begin.
        """
        if not self.points:
            return None
        today = self.points[-1].as_of.astimezone(zone).date()
        earlier = (p for p in reversed(self.points) if p.as_of.astimezone(zone).date() < today)
        return next(earlier, None)

    def model_changes(self) -> list[datetime]:
        """Return the moments from which another model gave the levels."""
        return _changes_of_model(self.runs or self.points)

    def marked_runs(self) -> list[datetime]:
        """Return the moments of the runs within the span, where the points are others."""
        return [run.as_of for run in self.runs if run.as_of > self.since]


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """One verdict of one person.

    Parameters
    ----------
    as_of : datetime
        Of the verdict.
    severity : float
        ASI, 0-100.
    level : RiskLevel
        Its level.
    model_version_id : int
        Which model gave it.
    reason : str or None
        Why it differs from the former one: first, behaviour, model or both; None for the present
        one, which differs too little to be recorded.
    """

    as_of: datetime
    severity: float
    level: RiskLevel
    model_version_id: int
    reason: str | None


USUAL_AFTER: Final = timedelta(days=14)
"""A person's own usual ASI takes at least so long a history of the model in view."""


@dataclass(frozen=True, slots=True)
class HistoryChart:
    """One person's recorded verdicts, oldest first.

    Parameters
    ----------
    records : tuple of dict
        Rows of `aura_engine.store.reads.history`.
    current : dict
        The row in view, where the line ends: a small move of the ASI is not recorded.
    """

    records: tuple[dict[str, Any], ...]
    current: dict[str, Any]

    def points(self) -> list[HistoryPoint]:
        """Return a point for each record and one for the present."""
        recorded = [
            HistoryPoint(
                r["as_of"],
                r["severity_index"],
                RiskLevel(r["cluster_label"]),
                r["model_version_id"],
                r["reason"],
            )
            for r in self.records
        ]
        now = self.current
        present = HistoryPoint(
            now["extraction_date"],
            now["severity_index"],
            RiskLevel(now["cluster_label"]),
            now["model_version_id"],
            None,
        )
        if recorded and recorded[-1].as_of >= present.as_of:
            return recorded
        return [*recorded, present]

    def usual_severity(self) -> float | None:
        """Return the ASI that held for half of the time and was not exceeded, 0-100.

        Only what the model in view found counts, since scores of two models are not compared; and
        the last value counts for nothing, since it has only just begun. None where that history is
        shorter than `USUAL_AFTER`.
        """
        points = self.points()
        of_others = [
            place
            for place, point in enumerate(points)
            if point.model_version_id != points[-1].model_version_id
        ]
        points = points[of_others[-1] + 1 :] if of_others else points
        known = points[-1].as_of - points[0].as_of
        if known < USUAL_AFTER:
            return None
        held = timedelta(0)
        spans = [(now.severity, then.as_of - now.as_of) for now, then in pairwise(points)]
        for severity, span in sorted(spans):
            held += span
            if 2 * held >= known:
                return severity
        raise AssertionError("all spans together are all that is known")

    def model_changes(self) -> list[datetime]:
        """Return the moments from which another model gave this person's verdict."""
        return _changes_of_model(self.points())


def distribution_chart(connection: Connection, viewer: Viewer) -> DistributionChart:
    """Build the distribution of levels."""
    return DistributionChart(distribution(connection, viewer))


def scatter_chart(connection: Connection, viewer: Viewer, *, max_points: int) -> Scatter:
    """Build the map of people on the two principal components.

    Parameters
    ----------
    connection : Connection
        Of `aura_engine.store.connect.reading`, as in every builder.
    viewer : Viewer
        Who looks.
    max_points : int
        Of more people than this, the worst four fifths and a steady sample of the rest are kept.
    """
    return scatter(connection, viewer, max_points=max_points)


def radar_chart(connection: Connection, viewer: Viewer) -> RadarChart:
    """Build the profiles of the levels."""
    return RadarChart(level_profiles(connection, viewer))


def severity_chart(connection: Connection, viewer: Viewer) -> Severities:
    """Build the histogram of the ASI in five bins."""
    return severities(connection, viewer)


def trends_chart(
    connection: Connection, viewer: Viewer, *, since: datetime, until: datetime
) -> TrendsChart:
    """Build the averages and levels that runs found.

    Parameters
    ----------
    connection, viewer
        As of the other builders.
    since, until : datetime
        Zone-aware; runs after the first, up to the second.
    """
    found = run_totals(connection, viewer, since=since, until=until)
    return TrendsChart(since, until, tuple(TrendPoint(**row) for row in found))


def outermost(chart: RadarChart) -> float:
    """Return where a radar ends: the quarter that holds its largest mean."""
    largest = max((max(chart.of(level) or [0.0]) for level in LEVEL_ORDER), default=1.0)
    return max(0.25, math.ceil(4 * largest) / 4)


def _changes_of_model(points: Sequence[TrendPoint | HistoryPoint]) -> list[datetime]:
    return [b.as_of for a, b in pairwise(points) if a.model_version_id != b.model_version_id]
