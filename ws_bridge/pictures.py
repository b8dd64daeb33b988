"""Figures as pages that a client shows in a frame: no script, light or dark, as wide as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from html import escape
from typing import Final

from sqlalchemy import Connection

from aura_engine.charts import distribution_chart, radar_chart, scatter_chart, severity_chart
from aura_engine.charts.svg import (
    MOST_POINTS,
    dark_style,
    distribution_svg,
    metrics_svg,
    radar_svg,
    scatter_svg,
    severity_svg,
)
from aura_engine.i18n import t
from aura_engine.store.access import Viewer
from aura_engine.store.reads import DataVersion

POINTS_AMONG_OTHERS: Final = 400
"""Of each map where all figures are on one page, so that together they are as light as one."""
_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{margin:0;padding:8px;font-family:system-ui,sans-serif;color:#334155;background:#fff}"
    "figure{margin:0 auto 16px;max-width:720px}svg{display:block;width:100%;height:auto}"
    "figcaption,footer{font-size:13px;text-align:center;padding:4px}"
    ".all{display:grid;gap:8px;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr))}"
    "@media (prefers-color-scheme:dark){body{color:#e2e8f0;background:#0f172a}:root{DARK}}"
)


class Picture(StrEnum):
    """What can be shown."""

    SCATTER = "scatter"
    DISTRIBUTION = "distribution"
    RADAR = "radar"
    SEVERITY = "severity"
    KMEANS = "kmeans"
    METRICS = "metrics"
    DASHBOARD = "dashboard"


_OF_DASHBOARD: Final = (
    Picture.METRICS,
    Picture.DISTRIBUTION,
    Picture.SEVERITY,
    Picture.RADAR,
    Picture.SCATTER,
    Picture.KMEANS,
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure whose numbers have been read, and that is still to be drawn."""

    picture: Picture
    draw: Callable[[], str]


def read_drawings(
    connection: Connection, viewer: Viewer, version: DataVersion, picture: Picture
) -> list[Drawing]:
    """Read what one figure shows, or all of them; drawing takes long, and needs no connection.

    Parameters
    ----------
    connection : Connection
        Of `aura_engine.store.connect.reading`.
    viewer : Viewer
        Who looks.
    version : DataVersion
        What is in view.
    picture : Picture
        Which figure.
    """
    is_all = picture is Picture.DASHBOARD
    shown, points = (_OF_DASHBOARD, POINTS_AMONG_OTHERS) if is_all else ((picture,), MOST_POINTS)
    return [Drawing(one, _read(connection, viewer, version, one, points)) for one in shown]


def page(picture: Picture, drawings: Sequence[Drawing]) -> str:
    """Draw figures, and return the page that shows them.

    Parameters
    ----------
    picture : Picture
        What was asked for.
    drawings : sequence of Drawing
        As of `read_drawings`.
    """
    figures = "".join(
        f"<figure>{one.draw()}"
        f"<figcaption>{escape(t(f'charts.picture_{one.picture}'))}</figcaption></figure>"
        for one in drawings
    )
    title = escape(t(f"charts.picture_{picture}"))
    return (
        f'<!doctype html><html lang="es"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE.replace('DARK', dark_style())}</style></head><body>"
        f'<main class="all">{figures}</main><footer>{escape(t("bridge.picture_note"))}</footer>'
        "</body></html>"
    )


def _read(
    connection: Connection, viewer: Viewer, version: DataVersion, picture: Picture, points: int
) -> Callable[[], str]:
    match picture:
        case Picture.DISTRIBUTION:
            return partial(distribution_svg, distribution_chart(connection, viewer))
        case Picture.RADAR:
            return partial(radar_svg, radar_chart(connection, viewer))
        case Picture.SEVERITY:
            return partial(severity_svg, severity_chart(connection, viewer))
        case Picture.METRICS:
            return partial(metrics_svg, version.results["metrics"])
    people = scatter_chart(connection, viewer, max_points=points)
    return partial(scatter_svg, people, by_cluster=picture is Picture.KMEANS)
