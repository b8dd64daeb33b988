"""Figures as SVG by Matplotlib, for clients that show them in a frame without any script.

They are drawn for a light ground; each colour is named so that `dark_style` can change it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any, Final
from xml.sax.saxutils import quoteattr

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from aura_engine.charts.data import DistributionChart, RadarChart, outermost
from aura_engine.charts.palette import CLUSTERS, CLUSTERS_DARK, LEVEL_ORDER
from aura_engine.charts.theme import Look
from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.i18n import t
from aura_engine.store.reads import SEVERITY_BINS, Scatter, Severities

MOST_POINTS: Final = 1_000
"""Of a map: with more, it would be heavier than what a frame should load."""
_INCH: Final = 72
"""Points; one of them is a pixel of the page."""
_WIDTH: Final = 560
_MARKERS: Final = {RiskLevel.ALTO: "^", RiskLevel.MODERADO: "D", RiskLevel.BAJO: "o"}
_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "legend.frameon": False,
}
_LOOK: Final = Look(dark=False)
_DARK: Final = Look(dark=True)
_LOCK: Final = threading.Lock()
"""Matplotlib's settings and fonts are one for the whole process."""
_ID: Final = re.compile(r' id="([^"]*)"')
_REFERENCE: Final = re.compile(r"#([A-Za-z][\w-]*)")
_HEX: Final = re.compile(r"#[0-9a-f]{6}\b")


def _dark_colours() -> dict[str, str]:
    """Return what each colour becomes on a dark ground."""
    pairs = [(getattr(_LOOK, name), getattr(_DARK, name)) for name in ("ink", "line", "quiet")]
    pairs += [(_LOOK.fill(level), _DARK.fill(level)) for level in LEVEL_ORDER]
    pairs += [(_LOOK.outline(level), _DARK.outline(level)) for level in LEVEL_ORDER]
    pairs += zip(CLUSTERS, CLUSTERS_DARK, strict=True)
    return {light.lower(): dark.lower() for light, dark in pairs}


_COLOURS: Final = _dark_colours()


def dark_style() -> str:
    """Return the style sheet's values for a dark ground, for ``:root``."""
    return "".join(f"--c{light[1:]}:{dark};" for light, dark in _COLOURS.items())


def distribution_svg(chart: DistributionChart) -> str:
    """Draw people by level as bars, the worst on top."""

    def draw(axes: Any) -> None:
        levels = list(reversed(LEVEL_ORDER))
        people = [chart.counts[level].people for level in levels]
        bars = axes.barh(
            [t(f"levels.{level}") for level in levels],
            people,
            color=[_LOOK.fill(level) for level in levels],
            edgecolor=[_LOOK.outline(level) for level in levels],
            height=0.62,
        )
        labels = [
            f"{n:,} · {chart.percent(v) or 0.0:.1f} %" for v, n in zip(levels, people, strict=True)
        ]
        axes.bar_label(bars, labels, padding=4, color=_LOOK.ink)
        axes.set_xlabel(t("charts.people"))
        axes.margins(x=0.25)
        axes.grid(visible=False, axis="y")

    return _drawn(draw, "distribution", height=200)


def severity_svg(chart: Severities) -> str:
    """Draw the histogram of the ASI, each bin divided by level."""

    def draw(axes: Any) -> None:
        below = np.zeros(len(SEVERITY_BINS))
        for level in LEVEL_ORDER:
            people = chart.people[level.value].to_numpy(float)
            axes.bar(
                list(SEVERITY_BINS),
                people,
                bottom=below,
                label=t(f"levels.{level}"),
                color=_LOOK.fill(level),
                edgecolor=_LOOK.outline(level),
            )
            below += people
        axes.set_xlabel(t("charts.severity_axis"))
        axes.set_ylabel(t("charts.people"))
        axes.grid(visible=False, axis="x")
        _legend(axes)

    return _drawn(draw, "severity")


def scatter_svg(chart: Scatter, *, by_cluster: bool = False) -> str:
    """Draw people on the two principal components, by level or by K-Means cluster.

    Parameters
    ----------
    chart : Scatter
        At most `MOST_POINTS` of them.
    by_cluster : bool
        Colour by cluster; the shape stays that of the level.
    """

    def draw(axes: Any) -> None:
        for level in reversed(LEVEL_ORDER):
            people = chart.points[chart.points["cluster_label"] == level.value]
            if people.empty:
                continue
            clusters = people["kmeans_cluster"].to_numpy(int) % len(CLUSTERS)
            axes.scatter(
                people["pca_x"],
                people["pca_y"],
                label=t(f"levels.{level}"),
                marker=_MARKERS[level],
                s=26,
                alpha=0.8,
                linewidths=0.8,
                c=[CLUSTERS[n] for n in clusters] if by_cluster else _LOOK.fill(level),
                edgecolors=None if by_cluster else _LOOK.outline(level),
            )
        axes.set_xlabel(t("charts.axis_x"))
        axes.set_ylabel(t("charts.axis_y"))
        if by_cluster:
            for number in sorted(set(chart.points.get("kmeans_cluster", ()))):
                name = f"{t('charts.cluster')} {number}"
                axes.scatter(
                    [], [], label=name, c=CLUSTERS[int(number) % len(CLUSTERS)], marker="s"
                )
        _legend(axes)

    return _drawn(draw, "kmeans" if by_cluster else "scatter", height=420)


def radar_svg(chart: RadarChart) -> str:
    """Draw the mean profile of each level on the six scaled KPIs."""

    def draw(axes: Any) -> None:
        angles = np.linspace(0, 2 * np.pi, len(KPI_COLUMNS), endpoint=False)
        axes.set_theta_offset(np.pi / 2)
        axes.set_theta_direction(-1)
        axes.set_xticks(angles, [t(f"kpis.{column}").replace(" ", "\n") for column in KPI_COLUMNS])
        axes.set_ylim(0, outermost(chart))
        for level in LEVEL_ORDER:
            values = chart.of(level)
            if values is None:
                continue
            around = np.append(angles, angles[0])
            axes.plot(
                around,
                [*values, values[0]],
                label=t(f"levels.{level}"),
                color=_LOOK.outline(level),
                marker=_MARKERS[level],
                markersize=5,
            )
            axes.fill(around, [*values, values[0]], color=_LOOK.fill(level), alpha=0.12)
        axes.spines["polar"].set_color(_LOOK.line)
        axes.tick_params(axis="x", pad=12)
        _legend(axes, anchor=(0.5, 1.28))

    return _drawn(draw, "radar", height=460, polar=True)


def metrics_svg(metrics: Mapping[str, float | None]) -> str:
    """Write how well the clusters are separated, and the share of the worst level.

    Parameters
    ----------
    metrics : mapping
        ``silhouette_score`` (-1 to 1), ``calinski_harabasz`` and ``high_risk_percentage``
        (0-100); None where it could not be told.
    """

    def draw(axes: Any) -> None:
        axes.set_axis_off()
        for place, name in enumerate(
            ("silhouette_score", "calinski_harabasz", "high_risk_percentage")
        ):
            value = metrics.get(name)
            said = "—" if value is None else t(f"charts.{name}_value", value=value)
            at = (place + 0.5) / 3
            axes.text(at, 0.62, said, ha="center", fontsize=24, color=_LOOK.ink)
            axes.text(at, 0.25, t(f"charts.{name}"), ha="center", color=_LOOK.quiet)

    return _drawn(draw, "metrics", height=120)


def _legend(axes: Any, anchor: tuple[float, float] = (0.0, 1.14)) -> None:
    if axes.get_legend_handles_labels()[0]:
        loc = "upper left" if anchor[0] == 0 else "upper center"
        axes.legend(loc=loc, bbox_to_anchor=anchor, ncols=4, labelcolor=_LOOK.ink, borderpad=0)


def _drawn(
    draw: Callable[[Any], None], name: str, *, height: int = 320, polar: bool = False
) -> str:
    """Return one figure; the ids in it are its own, so that a page can hold several."""
    with _LOCK, mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(_WIDTH / _INCH, height / _INCH), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots(subplot_kw={"projection": "polar"} if polar else {})
        axes.set_facecolor("none")
        axes.grid(color=_LOOK.line, linewidth=0.8)
        axes.tick_params(colors=_LOOK.ink, length=0)
        axes.xaxis.label.set_color(_LOOK.ink)
        axes.yaxis.label.set_color(_LOOK.ink)
        for spine in axes.spines.values():
            spine.set_color(_LOOK.line)
        draw(axes)
        written = StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    svg = written.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    referred = set(_REFERENCE.findall(svg))
    svg = _ID.sub(lambda found: found[0] if found[1] in referred else "", svg)
    svg = _HEX.sub(lambda found: _named(found[0]), svg)
    # As wide as the frame lets it be.
    svg = re.sub(r'(<svg [^>]*?)width="[^"]*" ', r"\1", svg, count=1)
    svg = re.sub(r'(<svg [^>]*?)height="[^"]*" ', r"\1", svg, count=1)
    label = quoteattr(t(f"charts.picture_{name}"))
    return svg.replace("<svg ", f'<svg role="img" aria-label={label} ', 1)


def _named(colour: str) -> str:
    return f"var(--c{colour[1:]},{colour})" if colour in _COLOURS else colour
