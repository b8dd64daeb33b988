"""Plotly figure of a map of more people than can be drawn one by one."""

from __future__ import annotations

from typing import Final

import numpy as np
import plotly.graph_objects as go

from aura_engine.charts.figures import scatter_figure
from aura_engine.charts.palette import rgba
from aura_engine.charts.theme import Look
from aura_engine.i18n import t
from aura_engine.store.reads import Density, Scatter

_DARKEST: Final = 0.75


def dense_figure(
    everyone: Density, outliers: Scatter, look: Look, *, by_cluster: bool = False
) -> go.Figure:
    """Draw how many people stand where, and some of them as points on top.

    Parameters
    ----------
    everyone : Density
        People by cell; what is drawn grows with the logarithm, so that few are seen beside many.
    outliers : Scatter
        Whom points show.
    look : Look
        Colours.
    by_cluster : bool
        As of `aura_engine.charts.figures.scatter_figure`.
    """
    figure = scatter_figure(outliers, look, by_cluster=by_cluster)
    rows, columns = everyone.people.shape
    people = everyone.people
    figure.add_heatmap(
        z=np.where(people > 0, np.log10(np.maximum(people, 1)), np.nan).astype("float32"),
        customdata=people,
        x0=_first(everyone.x, columns),
        dx=_width(everyone.x, columns),
        y0=_first(everyone.y, rows),
        dy=_width(everyone.y, rows),
        zmin=0,
        colorscale=[[0, rgba(look.accent, 0.08)], [1, rgba(look.accent, _DARKEST)]],
        showscale=False,
        hoverongaps=False,
        hovertemplate="%{customdata:,} " + t("charts.people").lower() + "<extra></extra>",
    )
    figure.data = (figure.data[-1], *figure.data[:-1])
    return figure


def _width(edges: tuple[float, float], cells: int) -> float:
    return (edges[1] - edges[0]) / cells or 1.0


def _first(edges: tuple[float, float], cells: int) -> float:
    """Return the middle of the first cell; where all stand in one place, they do in the middle."""
    if edges[0] == edges[1]:
        return edges[0] - cells // 2
    return edges[0] + _width(edges, cells) / 2
