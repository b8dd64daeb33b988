"""Plotly figures of what `aura_engine.charts.data` built."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aura_engine.charts.data import (
    DistributionChart,
    HistoryChart,
    TrendsChart,
)
from aura_engine.charts.palette import CLUSTERS, CLUSTERS_DARK, LEVEL_MARKER, LEVEL_ORDER
from aura_engine.charts.theme import LEGEND, MOMENT, Look, level_word
from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.store.reads import SEVERITY_BINS, Scatter, Severities

TREND_KPIS: Final = (
    ("days_since_last_seen", "charts.average_inactivity", "charts.unit_days"),
    ("sentiment_negativity_index", "charts.average_negativity", "charts.unit_share"),
    ("ratio_night_messages", "charts.average_night", "charts.unit_share"),
    ("reciprocity_ratio", "kpi_names.reciprocity_ratio", "charts.unit_ratio"),
    ("is_profile_incomplete", "kpi_names.is_profile_incomplete", "charts.unit_share"),
    ("num_community_categories", "kpi_names.num_community_categories", "charts.unit_categories"),
)
"""The KPIs whose averages are followed over time: column, name, unit."""
INK_ON_FILLS: Final = "#0F172A"
"""Text on the levels' fills, which are light enough for it in both themes."""
SVG_POINTS: Final = 2_000
"""Up to here a scatter is drawn as SVG, beyond it by WebGL."""


def distribution_figure(chart: DistributionChart, look: Look) -> go.Figure:
    """Draw people by level as bars, the worst on top."""
    levels = list(reversed(LEVEL_ORDER))
    people = [chart.counts[level].people for level in levels]
    labels = [
        f"{count:,} · {chart.percent(level) or 0.0:.1f} %"
        for level, count in zip(levels, people, strict=True)
    ]
    bars = go.Bar(
        x=people,
        y=[t(f"levels.{level}") for level in levels],
        orientation="h",
        text=labels,
        textposition="auto",
        insidetextfont={"color": INK_ON_FILLS},
        outsidetextfont={"color": look.ink},
        cliponaxis=False,
        marker={
            "color": [look.fill(level) for level in levels],
            "line": {"color": [look.outline(level) for level in levels], "width": 1},
        },
        hovertemplate="%{y}: %{x:,} " + t("charts.people").lower() + "<extra></extra>",
        width=0.62,
    )
    return go.Figure(
        bars,
        look.layout(
            height=230,
            xaxis=look.axis(title=t("charts.people"), rangemode="tozero"),
            yaxis=look.axis(showgrid=False),
            showlegend=False,
        ),
    )


def severity_figure(chart: Severities, look: Look) -> go.Figure:
    """Draw the histogram of the ASI, each bin divided by level."""
    figure = go.Figure(
        layout=look.layout(
            height=320,
            barmode="stack",
            legend={**LEGEND, "traceorder": "normal"},
            xaxis=look.axis(title=t("charts.severity_axis"), showgrid=False, type="category"),
            yaxis=look.axis(title=t("charts.people"), rangemode="tozero"),
        )
    )
    for level in LEVEL_ORDER:
        figure.add_bar(
            name=t(f"levels.{level}"),
            x=list(SEVERITY_BINS),
            y=[int(count) for count in chart.people[level.value]],
            marker={
                "color": look.fill(level),
                "line": {"color": look.outline(level), "width": 1},
            },
            hovertemplate="ASI %{x}: %{y:,}<extra>" + t(f"levels.{level}") + "</extra>",
        )
    return figure


def scatter_figure(chart: Scatter, look: Look, *, by_cluster: bool = False) -> go.Figure:
    """Draw people on the two principal components, by level or by K-Means cluster.

    Parameters
    ----------
    chart : Scatter
        People, each with pseudonym, level and ASI.
    look : Look
        Colours.
    by_cluster : bool
        Colour by cluster; the shape stays that of the level.
    """
    figure = go.Figure(
        layout=look.layout(
            height=560,
            dragmode="select",
            legend={**LEGEND, "traceorder": "normal" if by_cluster else "reversed"},
            xaxis=look.axis(title=t("charts.axis_x")),
            yaxis=look.axis(title=t("charts.axis_y"), scaleanchor="x"),
        )
    )
    trace = go.Scatter if len(chart.points) <= SVG_POINTS else go.Scattergl
    for name, people in _groups(chart.points, by_cluster=by_cluster):
        levels = [RiskLevel(level) for level in people["cluster_label"]]
        colour = _cluster_colour(int(people["kmeans_cluster"].iloc[0]), look)
        figure.add_trace(
            trace(
                name=name,
                mode="markers",
                x=people["pca_x"].to_numpy("float32"),
                y=people["pca_y"].to_numpy("float32"),
                customdata=np.column_stack(
                    [
                        people[["pseudonym", "severity_index", "kmeans_cluster"]].to_numpy(),
                        [t(f"levels.{level}") for level in levels],
                    ]
                ),
                marker={
                    "symbol": [LEVEL_MARKER[level] for level in levels]
                    if by_cluster
                    else LEVEL_MARKER[levels[0]],
                    "size": 8,
                    "opacity": 0.8,
                    "color": colour if by_cluster else look.fill(levels[0]),
                    "line": {
                        "color": colour if by_cluster else look.outline(levels[0]),
                        "width": 1,
                    },
                },
                hovertemplate="%{customdata[0]} · ASI %{customdata[1]:.0f} · "
                + t("charts.cluster")
                + " %{customdata[2]}<extra>%{customdata[3]}</extra>",
            )
        )
    return figure


def _groups(points: pd.DataFrame, *, by_cluster: bool) -> list[tuple[str, pd.DataFrame]]:
    """Return what is drawn and listed together: people of a level, the worst last, or a cluster."""
    if by_cluster:
        return [
            (f"{t('charts.cluster')} {cluster}", members)
            for cluster, members in points.groupby("kmeans_cluster")
        ]
    return [
        (level_word(level), members)
        for level in reversed(LEVEL_ORDER)
        if len(members := points[points["cluster_label"] == level.value])
    ]


def trends_figure(chart: TrendsChart, look: Look, zone: tzinfo) -> go.Figure:
    """Draw the averages of the KPIs, each on a scale of its own; runs and new models are marked.

    Parameters
    ----------
    chart : TrendsChart
        What the runs found.
    look : Look
        Colours.
    zone : tzinfo
        Of the reader.
    """
    figure = make_subplots(
        rows=len(TREND_KPIS), cols=1, shared_xaxes=True, vertical_spacing=0.05,
        subplot_titles=[f"{t(name)} ({t(unit)})" for _, name, unit in TREND_KPIS],
    )  # fmt: skip
    moments = _local([point.as_of for point in chart.points], zone)
    for row, (column, name, _) in enumerate(TREND_KPIS, start=1):
        figure.add_scatter(
            x=moments,
            y=chart.kpi(column),
            name=t(name),
            mode="lines+markers",
            line={"color": look.accent, "width": 2},
            marker={"size": 5},
            hovertemplate=f"%{{x|{MOMENT}}} · %{{y:.2f}}<extra></extra>",
            row=row,
            col=1,
        )
        figure.update_yaxes(look.axis(rangemode="tozero"), row=row, col=1)
        figure.update_xaxes(look.time_axis(), row=row, col=1)
    figure.update_layout(
        look.layout(height=1_000, showlegend=False, margin={"l": 56, "r": 16, "t": 32, "b": 36})
    )
    figure.update_annotations(font={"size": 13, "color": look.ink}, x=0, xanchor="left")
    if chart.marked_runs():
        figure.add_trace(_run_marks(chart, look, zone), row=len(TREND_KPIS), col=1)
    _mark(figure, chart.model_changes(), look, zone)
    return figure


def levels_figure(chart: TrendsChart, look: Look, zone: tzinfo, *, height: int = 320) -> go.Figure:
    """Draw how many people were in ALTO and in MODERADO, run by run.

    Parameters
    ----------
    chart : TrendsChart
        What the runs found.
    look : Look
        Colours.
    zone : tzinfo
        Of the reader.
    height : int
        Pixels.
    """
    figure = go.Figure(
        layout=look.layout(
            height=height,
            xaxis=look.time_axis(),
            yaxis=look.axis(title=t("charts.people"), rangemode="tozero"),
        )
    )
    moments = _local([point.as_of for point in chart.points], zone)
    for level in (RiskLevel.ALTO, RiskLevel.MODERADO):
        figure.add_scatter(
            name=level_word(level),
            x=moments,
            y=chart.people(level),
            mode="lines+markers",
            line={"color": look.outline(level), "width": 2},
            marker={
                "symbol": LEVEL_MARKER[level],
                "size": 8,
                "color": look.fill(level),
                "line": {"color": look.outline(level), "width": 1},
            },
            hovertemplate=f"%{{x|{MOMENT}}} · %{{y:,}}<extra>" + t(f"levels.{level}") + "</extra>",
        )
    if chart.marked_runs():
        figure.add_trace(_run_marks(chart, look, zone))
    _mark(figure, chart.model_changes(), look, zone)
    return figure


def history_figure(chart: HistoryChart, look: Look, zone: tzinfo) -> go.Figure:
    """Draw one person's ASI over time, each record with the mark of its level.

    Parameters
    ----------
    chart : HistoryChart
        What was recorded of the person.
    look : Look
        Colours.
    zone : tzinfo
        Of the reader.
    """
    points = chart.points()
    line = go.Scatter(
        x=_local([point.as_of for point in points], zone),
        y=[point.severity for point in points],
        mode="lines+markers",
        line={"color": look.quiet, "width": 2, "shape": "hv"},
        marker={
            "size": 10,
            "symbol": [LEVEL_MARKER[point.level] for point in points],
            "color": [look.fill(point.level) for point in points],
            "line": {"color": [look.outline(point.level) for point in points], "width": 1},
        },
        customdata=[t(f"levels.{point.level}") for point in points],
        hovertemplate=f"%{{x|{MOMENT}}} · ASI %{{y:.1f}}<extra>%{{customdata}}</extra>",
    )
    figure = go.Figure(
        line,
        look.layout(
            height=220,
            showlegend=False,
            xaxis=look.time_axis(),
            yaxis=look.axis(title=t("charts.severity"), range=[0, 105]),
        ),
    )
    _mark(figure, chart.model_changes(), look, zone)
    return figure


def _local(moments: list[datetime], zone: tzinfo) -> list[datetime]:
    """Return wall-clock times: Plotly draws the digits that it gets."""
    return [moment.astimezone(zone).replace(tzinfo=None) for moment in moments]


def _mark(figure: go.Figure, moments: list[datetime], look: Look, zone: tzinfo) -> None:
    for moment in _local(moments, zone):
        figure.add_vline(x=moment, line={"color": look.accent, "dash": "dot", "width": 1.5})


def _run_marks(chart: TrendsChart, look: Look, zone: tzinfo) -> go.Scatter:
    """Return a mark at the foot of the figure for each run of the span."""
    moments = _local(chart.marked_runs(), zone)
    return go.Scatter(
        name=t("trends.run_mark"),
        x=moments,
        y=[0] * len(moments),
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 9, "color": look.quiet, "line": {"width": 2}},
        hovertemplate=f"%{{x|{MOMENT}}}<extra>" + t("trends.run_mark") + "</extra>",
    )


def _cluster_colour(cluster: int, look: Look) -> str:
    colours = CLUSTERS_DARK if look.dark else CLUSTERS
    return colours[cluster % len(colours)]
