"""The radar of how groups of people behave on the mean."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from aura_engine.charts.palette import CLUSTERS, CLUSTERS_DARK, LEVEL_MARKER, rgba
from aura_engine.charts.profiles import Profile, ProfileBy, ProfilesChart
from aura_engine.charts.theme import Look, level_word
from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.i18n import t


def profile_name(group: Profile, by: ProfileBy) -> str:
    """Return a group's name for people; the cluster of risk says that it is."""
    if by is ProfileBy.LEVEL:
        return t(f"levels.{group.name}")
    name = t("profiles.cluster_name", number=group.name)
    return f"{name} ({t('profiles.is_risk')})" if group.is_risk else name


def profiles_figure(chart: ProfilesChart, look: Look) -> go.Figure:
    """Draw the mean profile of each group that is told, on the six scaled KPIs.

    Parameters
    ----------
    chart : ProfilesChart
        The groups.
    look : Look
        Colours.
    """
    axes = [t(f"kpis.{column}").replace(" ", "<br>") for column in KPI_COLUMNS]
    figure = go.Figure(
        layout=look.layout(
            height=460,
            margin={"l": 78, "r": 78, "t": 48, "b": 48},
            legend={"orientation": "h", "y": -0.12, "x": 0.5, "xanchor": "center"},
            polar={
                "bgcolor": "rgba(0, 0, 0, 0)",
                "radialaxis": {
                    "range": [0, chart.radius],
                    "gridcolor": look.line,
                    "dtick": 0.25,
                    "tickfont": {"size": 11},
                },
                "angularaxis": {
                    "gridcolor": look.line,
                    "linecolor": look.line,
                    "rotation": 90,
                    "direction": "clockwise",
                },
            },
        )
    )
    for group in chart.told:
        is_level = chart.by is ProfileBy.LEVEL
        name = level_word(RiskLevel(group.name)) if is_level else profile_name(group, chart.by)
        means = group.means or ()
        figure.add_scatterpolar(
            name=name,
            r=[*means, means[0]],
            theta=[*axes, axes[0]],
            fill="toself",
            mode="lines+markers",
            hovertemplate="%{r:.2f}<extra>" + name + "</extra>",
            **_style(group, chart.by, look),
        )
    return figure


def _style(group: Profile, by: ProfileBy, look: Look) -> dict[str, Any]:
    """Return how a group is told from others, by its colour and never by that alone."""
    if by is ProfileBy.LEVEL:
        level = RiskLevel(group.name)
        return {
            "fillcolor": rgba(look.fill(level), 0.12),
            "line": {"color": look.outline(level), "width": 2},
            "marker": {"symbol": LEVEL_MARKER[level], "size": 8},
        }
    colours = CLUSTERS_DARK if look.dark else CLUSTERS
    colour = colours[int(group.name) % len(colours)]
    return {
        "fillcolor": rgba(colour, 0.12 if group.is_risk else 0.04),
        "line": {
            "color": colour,
            "width": 3.5 if group.is_risk else 2,
            "dash": "solid" if group.is_risk else "dot",
        },
        "marker": {"symbol": "diamond" if group.is_risk else "circle", "size": 8},
    }
