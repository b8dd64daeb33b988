"""Plotly figures of groups of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Final

import plotly.graph_objects as go

from aura_engine.charts.cohorts import MOST_LINES, CohortChart, CohortDaysChart, bin_share, share
from aura_engine.charts.figures import INK_ON_FILLS
from aura_engine.charts.palette import CLUSTERS, CLUSTERS_DARK, LEVEL_ORDER, SEVERITY
from aura_engine.charts.theme import DAY, LEGEND, Look
from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.store.reads import SEVERITY_BINS, SeverityDay

MARKS: Final = ("circle", "square", "diamond", "cross", "triangle-up", "star")
"""Colour is never all that tells two lines apart."""


SHARE_WITH_ROOM: Final = 6
"""Percent from which a part of a bar is wide enough for its number."""
FIRST_DEEP: Final = 3
"""Place of the first bin of ASI whose fill asks for white letters."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What each group's bar has of one level, or of one bin."""

    name: str
    shares: list[float]
    people: list[int]
    fill: str
    outline: str
    ink: str


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
    parts = [
        _Part(
            t(f"levels.{level}"),
            [share(cohort, level) or 0.0 for cohort in chart.shown],
            [cohort.levels[level] if cohort.levels else 0 for cohort in chart.shown],
            look.fill(level),
            look.outline(level),
            INK_ON_FILLS,
        )
        for level in LEVEL_ORDER
    ]
    return _stacked(chart, parts, look)


def cohort_severity_figure(chart: CohortChart, look: Look) -> go.Figure:
    """Draw the share of each bin of ASI in the groups that are told, a bar for each.

    Parameters
    ----------
    chart : CohortChart
        The groups.
    look : Look
        Colours.
    """
    parts = [
        _Part(
            f"ASI {name}",
            [bin_share(cohort, place) or 0.0 for cohort in chart.shown],
            [cohort.bins[place] if cohort.bins else 0 for cohort in chart.shown],
            fill,
            look.accent,
            INK_ON_FILLS if place < FIRST_DEEP else "#FFFFFF",
        )
        for place, (name, fill) in enumerate(zip(SEVERITY_BINS, SEVERITY, strict=True))
    ]
    return _stacked(chart, parts, look)


def _stacked(chart: CohortChart, parts: Sequence[_Part], look: Look) -> go.Figure:
    """Draw a bar for each group that is told, the first of them at the top."""
    figure = go.Figure(
        layout=look.layout(
            height=120 + 30 * max(1, len(chart.shown)),
            barmode="stack",
            legend={**LEGEND, "traceorder": "normal"},
            xaxis=look.axis(title=t("ui.share"), range=[0, 100], ticksuffix=" %"),
            yaxis=look.axis(showgrid=False, type="category", autorange="reversed"),
        )
    )
    names = [cohort_name(cohort.name) for cohort in chart.shown]
    for part in parts:
        figure.add_bar(
            name=part.name,
            x=part.shares,
            y=names,
            orientation="h",
            text=[f"{value:.1f} %" if value >= SHARE_WITH_ROOM else "" for value in part.shares],
            textposition="inside",
            insidetextanchor="middle",
            insidetextfont={"color": part.ink},
            customdata=[[people] for people in part.people],
            marker={"color": part.fill, "line": {"color": part.outline, "width": 1}},
            hovertemplate=f"%{{y}}: %{{x:.1f}} % · %{{customdata[0]:,}}<extra>{part.name}</extra>",
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
