"""Two periods of the same length beside each other: the last one, and the one before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean
from typing import Final

from sqlalchemy import Connection

from aura_engine.charts.data import TrendPoint, TrendsChart, trends_chart
from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.store.access import Viewer

HIGH_SHARE: Final = "high_share"
"""Row of the share of ALTO, 0-100."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure in two periods: the mean of what their runs found.

    Parameters
    ----------
    name : str
        Of a level, `HIGH_SHARE`, or a KPI column.
    before, now : float or None
        None where no run of the period knows it.
    """

    name: str
    before: float | None
    now: float | None

    @property
    def change(self) -> float | None:
        """How far it went up; None where one of the two is not known."""
        return None if self.before is None or self.now is None else self.now - self.before


@dataclass(frozen=True, slots=True)
class PeriodsChart:
    """The last period and the one before it.

    Parameters
    ----------
    before, now : TrendsChart
        What the runs of each found; the second begins where the first ends.
    """

    before: TrendsChart
    now: TrendsChart

    def rows(self) -> list[Compared]:
        """Return the levels, the share of ALTO and the KPIs, in that order."""
        return [
            *(self._row(level.value, _people(level)) for level in RiskLevel),
            self._row(HIGH_SHARE, _high_share),
            *(self._row(column, _average(column)) for column in KPI_COLUMNS),
        ]

    @property
    def is_of_several_models(self) -> bool:
        """Whether not all runs judged by one model, so that part of a change may be its."""
        points = (*self.before.points, *self.now.points)
        return any(a.model_version_id != b.model_version_id for a, b in pairwise(points))

    def _row(self, name: str, value: Callable[[TrendPoint], float | None]) -> Compared:
        return Compared(name, _mean(self.before.points, value), _mean(self.now.points, value))


def periods_chart(
    connection: Connection, viewer: Viewer, *, span: timedelta, until: datetime
) -> PeriodsChart:
    """Build the comparison of a period with the one before it.

    Parameters
    ----------
    connection : Connection
        Of `aura_engine.store.connect.reading`.
    viewer : Viewer
        Who looks.
    span : timedelta
        Length of each.
    until : datetime
        When the last one ends, zone-aware.
    """
    middle = until - span
    return PeriodsChart(
        before=trends_chart(connection, viewer, since=middle - span, until=middle),
        now=trends_chart(connection, viewer, since=middle, until=until),
    )


def _mean(
    points: Sequence[TrendPoint], value: Callable[[TrendPoint], float | None]
) -> float | None:
    found = [known for point in points if (known := value(point)) is not None]
    return fmean(found) if found else None


def _people(level: RiskLevel) -> Callable[[TrendPoint], float | None]:
    return lambda point: float(point.distribution[level.value])


def _average(column: str) -> Callable[[TrendPoint], float | None]:
    return lambda point: point.averages.get(column)


def _high_share(point: TrendPoint) -> float | None:
    total = sum(point.distribution.values())
    return 100 * point.distribution[RiskLevel.ALTO.value] / total if total else None
