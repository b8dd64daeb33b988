"""Totals of a span by hour, day or week, with the runs of it marked."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from aura_engine.charts.data import TrendPoint, TrendsChart
from aura_engine.charts.periods import PeriodsChart
from aura_engine.store.access import Viewer
from aura_engine.store.reads import TrendStep, trend_steps


def steps_chart(
    connection: Connection,
    viewer: Viewer,
    periods: PeriodsChart,
    *,
    step: TrendStep,
    zone: ZoneInfo,
) -> TrendsChart:
    """Build what was known at the end of each step of the last period.

    Parameters
    ----------
    connection : Connection
        Of `aura_engine.store.connect.reading`.
    viewer : Viewer
        Who looks.
    periods : PeriodsChart
        The period, whose runs are marked, and the one before, whose last model goes on in it.
    step : TrendStep
        How long a step is.
    zone : ZoneInfo
        Of the reader, whose days they are.
    """
    span = periods.now
    runs = (*periods.before.points[-1:], *span.points)
    moments = [run.as_of for run in runs]

    def model_at(moment: datetime) -> int | None:
        place = bisect_right(moments, moment)
        return runs[place - 1].model_version_id if place else None

    found = trend_steps(
        connection, viewer, since=span.since, until=span.until, step=step, zone=zone.key
    )
    points = tuple(TrendPoint(**row, model_version_id=model_at(row["as_of"])) for row in found)
    return replace(span, points=points, runs=runs)
