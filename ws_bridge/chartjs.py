"""Charts as Chart.js draws them; only rounded and reshaped, the numbers are the engine's."""

from __future__ import annotations

from datetime import timedelta, tzinfo
from typing import Final

from aura_engine.charts import DistributionChart, RadarChart, TrendsChart
from aura_engine.charts.palette import ACCENT, LEVEL_FILL, LEVEL_ORDER, LEVEL_TEXT, rgba
from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.i18n import t
from aura_engine.store.reads import SEVERITY_BINS, DataVersion, Scatter, Severities
from ws_bridge.models import v2

ORDER: Final = tuple(reversed(LEVEL_ORDER))
"""Of labels and datasets: low first, as clients have always had it."""
TREND_LINES: Final = (
    ("average_inactivity", "days_since_last_seen", ACCENT),
    ("average_negativity", "sentiment_negativity_index", "#7C3AED"),
    ("average_night", "ratio_night_messages", "#0F766E"),
)
_BIN_ALPHAS: Final = (0.35, 0.5, 0.65, 0.8, 0.95)
_A_DAY: Final = timedelta(hours=24)


def label(level: RiskLevel) -> str:
    """Return a level as charts name it."""
    return level.value.replace("_", " ")


def distribution(chart: DistributionChart, version: DataVersion | None) -> v2.Distribution:
    """Return people by level; empty lists before the first run."""
    bars = v2.Bars(
        label=t("charts.people"),
        data=[chart.counts[level].people for level in ORDER],
        background_color=[LEVEL_FILL[level] for level in ORDER],
        border_color=[LEVEL_TEXT[level] for level in ORDER],
        border_width=1,
    )
    return v2.Distribution(
        labels=[label(level) for level in ORDER] if version else [],
        datasets=[bars] if version else [],
        meta=v2.DistributionMeta(
            total_users=chart.total,
            high_risk_percentage=round(chart.percent(RiskLevel.ALTO) or 0.0, 1),
            last_updated=version.changed_at if version else None,
        ),
    )


def scatter(chart: Scatter) -> v2.ScatterChart:
    """Return people on the two principal components, a dataset for each level that is there."""
    of_level = dict(iter(chart.points.groupby("cluster_label")))
    return v2.ScatterChart(
        datasets=[
            v2.Points(
                label=label(level),
                data=[
                    v2.Point(x=round(x, 3), y=round(y, 3))
                    for x, y in of_level[level.value][["pca_x", "pca_y"]].to_numpy().tolist()
                ],
                background_color=rgba(LEVEL_FILL[level], 0.7),
                point_radius=6,
                point_hover_radius=8,
            )
            for level in ORDER
            if level.value in of_level
        ],
        meta=v2.ScatterMeta(
            total_points=chart.total,
            axis_labels={"x": t("charts.axis_x"), "y": t("charts.axis_y")},
        ),
    )


def radar(chart: RadarChart, version: DataVersion | None) -> v2.Radar:
    """Return the mean person of each level; nulls for a level without anyone."""
    areas = []
    for level in ORDER:
        means = chart.of(level)
        areas.append(
            v2.RadarArea(
                label=label(level),
                data=[round(mean, 4) for mean in means] if means else [None] * len(KPI_COLUMNS),
                fill=True,
                background_color=rgba(LEVEL_FILL[level], 0.2),
                border_color=LEVEL_TEXT[level],
                point_background_color=LEVEL_FILL[level],
            )
        )
    return v2.Radar(
        labels=[t(f"kpis.{column}") for column in KPI_COLUMNS] if version else [],
        datasets=areas if version else [],
        meta=v2.RadarMeta(description=t("bridge.radar_note")),
    )


def histogram(chart: Severities, version: DataVersion | None) -> v2.Histogram:
    """Return people by ASI; empty lists before the first run."""
    bars = v2.Bars(
        label=t("charts.people"),
        data=[int(count) for count in chart.people.sum(axis=1)],
        background_color=[rgba(ACCENT, alpha) for alpha in _BIN_ALPHAS],
        border_color=[ACCENT] * len(SEVERITY_BINS),
        border_width=1,
    )
    return v2.Histogram(
        labels=list(SEVERITY_BINS) if version else [],
        datasets=[bars] if version else [],
        meta=v2.HistogramMeta(
            mean_severity=round(chart.mean or 0.0, 2),
            max_severity=round(chart.highest or 0.0, 2),
            above_60_percent=round(chart.above_60_percent or 0.0, 1),
        ),
    )


def trends(
    chart: TrendsChart, version: DataVersion | None, *, hours: int, zone: tzinfo
) -> v2.Trends:
    """Return the means of the runs of a span.

    Parameters
    ----------
    chart : TrendsChart
        What the runs found.
    version : DataVersion or None
        Of the data in view; None before the first run.
    hours : int
        The span as it was asked for.
    zone : tzinfo
        Of the population, by whose clock the runs are labelled.
    """
    short = chart.until - chart.since <= _A_DAY
    pattern = "%H:%M" if short else "%d/%m %H:%M"
    lines = [
        v2.Line(
            label=t(f"charts.{name}"),
            data=[value if value is None else round(value, 4) for value in chart.kpi(column)],
            border_color=colour,
            tension=0.4,
        )
        for name, column, colour in TREND_LINES
    ]
    return v2.Trends(
        labels=[point.as_of.astimezone(zone).strftime(pattern) for point in chart.points],
        datasets=lines if version else [],
        meta=v2.TrendsMeta(time_range_hours=hours, data_points=len(chart.points)),
    )
