"""Plotly figures of groups of people."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Final

import plotly.graph_objects as go

from aura_engine.charts.cohorts import MOST_LINES, CohortChart, CohortDaysChart, share
from aura_engine.charts.figures import INK_ON_FILLS
from aura_engine.charts.palette import CLUSTERS, CLUSTERS_DARK, LEVEL_ORDER
from aura_engine.charts.theme import DAY, LEGEND, Look
from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.store.reads import SEVERITY_BINS, SeverityDay

MARKS: Final = ("circle", "square", "diamond", "cross", "triangle-up", "star")
"""Colour is never all that tells two lines apart."""


def cohort_name(name: str | None) -> str:
    """Return what a group is called."""
    return t("cohorts.unknown") if name is None else name


def cohort_figure(chart: CohortChart, look: Look) -> go.Figure:
    """Draw the share of each level in the groups that are told, a bar for each.

    Parameters
    ----------
    chart : CohortChart
        The groups.
    look : Look
        Colours.
    """
    shown = chart.shown[::-1]
    figure = go.Figure(
        layout=look.layout(
            height=120 + 30 * max(1, len(shown)),
            barmode="stack",
            legend={**LEGEND, "traceorder": "normal"},
            xaxis=look.axis(title=t("ui.share"), range=[0, 100], ticksuffix=" %"),
            yaxis=look.axis(showgrid=False, type="category"),
        )
    )
    for level in LEVEL_ORDER:
        shares = [share(cohort, level) or 0.0 for cohort in shown]
        figure.add_bar(
            name=t(f"levels.{level}"),
            x=shares,
            y=[cohort_name(cohort.name) for cohort in shown],
            orientation="h",
            text=[f"{value:.1f} %" if value >= 6 else "" for value in shares],
            textposition="inside",
            insidetextanchor="middle",
            insidetextfont={"color": INK_ON_FILLS},
            customdata=[[cohort.levels[level] if cohort.levels else 0] for cohort in shown],
            marker={
                "color": look.fill(level),
                "line": {"color": look.outline(level), "width": 1},
            },
            hovertemplate="%{y}: %{x:.1f} % · %{customdata[0]:,}<extra>"
            + t(f"levels.{level}")
            + "</extra>",
        )
    return figure


def cohort_days_figure(chart: CohortDaysChart, look: Look) -> go.Figure:
    """Draw the share of ALTO in the largest groups day by day; a hidden day is a gap.

    Parameters
    ----------
    chart : CohortDaysChart
        The groups by day.
    look : Look
        Colours.
    """
    figure = go.Figure(
        layout=look.layout(
            height=340,
            xaxis=look.time_axis(),
            yaxis=look.axis(title=t("cohorts.high_share"), rangemode="tozero", ticksuffix=" %"),
        )
    )
    colours = cycle(CLUSTERS_DARK if look.dark else CLUSTERS)
    for name, colour, mark in zip(chart.names()[:MOST_LINES], colours, MARKS, strict=False):
        points = chart.percent(name, RiskLevel.ALTO)
        figure.add_scatter(
            name=cohort_name(name),
            x=[day for day, _ in points],
            y=[value for _, value in points],
            mode="lines+markers",
            connectgaps=False,
            line={"color": colour, "width": 2},
            marker={"symbol": mark, "size": 7},
            hovertemplate=f"%{{x|{DAY}}} · %{{y:.1f}} %<extra>%{{fullData.name}}</extra>",
        )
    return figure


def severity_days_figure(days: Sequence[SeverityDay], look: Look) -> go.Figure:
    """Draw the share of people in each bin of ASI day by day.

    Parameters
    ----------
    days : sequence of SeverityDay
        The oldest first.
    look : Look
        Colours.
    """
    figure = go.Figure(
        layout=look.layout(
            height=340,
            xaxis=look.time_axis(),
            yaxis=look.axis(title=t("cohorts.bin_share"), rangemode="tozero", ticksuffix=" %"),
        )
    )
    colours = CLUSTERS_DARK if look.dark else CLUSTERS
    for place, (name, mark) in enumerate(zip(SEVERITY_BINS, MARKS, strict=False)):
        figure.add_scatter(
            name=f"ASI {name}",
            x=[day.day for day in days],
            y=[100 * day.people[place] / sum(day.people) for day in days],
            mode="lines+markers",
            line={"color": colours[place % len(colours)], "width": 2},
            marker={"symbol": mark, "size": 7},
            hovertemplate=f"%{{x|{DAY}}} · %{{y:.1f}} %<extra>%{{fullData.name}}</extra>",
        )
    return figure
