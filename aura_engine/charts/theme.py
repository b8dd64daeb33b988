"""How Plotly figures look: transparent ground, few lines, Spanish hover and buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from aura_engine.charts.palette import (
    ACCENT,
    ACCENT_DARK,
    LEVEL_DARK,
    LEVEL_FILL,
    LEVEL_TEXT,
)
from aura_engine.domain import RiskLevel
from aura_engine.i18n import room, t

FONT: Final = "Inter, sans-serif"

_CALENDAR: Final = {name: words.split() for name, words in room("calendar").items()}
_LOCALE: Final = {
    "dictionary": room("plotly"),
    "format": {
        # Weeks of Plotly's calendar begin on Sunday.
        "days": [_CALENDAR["days"][-1], *_CALENDAR["days"][:-1]],
        "shortDays": [_CALENDAR["short_days"][-1], *_CALENDAR["short_days"][:-1]],
        "months": _CALENDAR["months"],
        "shortMonths": _CALENDAR["short_months"],
        "date": "%d/%m/%Y",
        "year": "%Y",
        "month": "%b %Y",
        "dayMonth": "%-d %b",
        "dayMonthYear": "%-d %b %Y",
        "decimal": ".",
        "thousands": ",",
    },
}

CONFIG: Final[dict[str, Any]] = {
    "locale": "es",
    "locales": {"es": _LOCALE},
    "displaylogo": False,
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "png", "filename": "aura", "scale": 2},
}
"""What every figure is shown with; the modebar speaks Spanish and nothing is fetched."""

MOMENT: Final = "%a %-d %b, %H:%M"
"""How a hover names a moment, as `aura_ui.formats.moment` does,"""
DAY: Final = "%a %-d %b"
"""and a day."""
_DAY_MS: Final = 86_400_000
_TIMES: Final = (
    ([None, _DAY_MS - 1], "%H:%M\n%-d %b"),
    ([_DAY_MS, 28 * _DAY_MS], "%-d %b"),
    (["M1", None], "%b %Y"),
)
"""How an axis names its moments, by how far apart they are."""

LEGEND: Final = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}


def level_word(level: RiskLevel) -> str:
    """Return a level's name without its shape, for a legend whose own marks have it."""
    return t(f"levels.{level}").partition(" ")[2]


@dataclass(frozen=True, slots=True)
class Look:
    """Colours of one theme.

    Parameters
    ----------
    dark : bool
        Whether the page is dark.
    """

    dark: bool

    @property
    def ink(self) -> str:
        """Text."""
        return "#E2E8F0" if self.dark else "#334155"

    @property
    def line(self) -> str:
        """Grid lines."""
        return "#334155" if self.dark else "#E2E8F0"

    @property
    def quiet(self) -> str:
        """Lines that only connect marks."""
        return "#94A3B8" if self.dark else "#64748B"

    @property
    def accent(self) -> str:
        """Marks that belong to no level."""
        return ACCENT_DARK if self.dark else ACCENT

    def fill(self, level: RiskLevel) -> str:
        """Return the fill of a level's marks."""
        return LEVEL_DARK[level] if self.dark else LEVEL_FILL[level]

    def outline(self, level: RiskLevel) -> str:
        """Return the outline of a level's marks, with contrast enough on this ground."""
        return LEVEL_DARK[level] if self.dark else LEVEL_TEXT[level]

    def layout(self, **more: Any) -> dict[str, Any]:
        """Return the layout that figures share, with what is their own."""
        return {
            "font": {"family": FONT, "size": 13, "color": self.ink},
            "paper_bgcolor": "rgba(0, 0, 0, 0)",
            "plot_bgcolor": "rgba(0, 0, 0, 0)",
            "margin": {"l": 56, "r": 16, "t": 8, "b": 44},
            "legend": LEGEND,
            "hoverlabel": {"font": {"family": FONT}},
            "separators": ".,",
            "dragmode": "zoom",
            **more,
        }

    def axis(self, title: str | None = None, **more: Any) -> dict[str, Any]:
        """Return an axis, with its title in the size of its numbers."""
        return {
            "title": {"text": title, "font": {"size": 13}},
            "gridcolor": self.line,
            "linecolor": self.line,
            "zeroline": False,
            "automargin": True,
            "exponentformat": "none",
            "separatethousands": True,
            **more,
        }

    def time_axis(self) -> dict[str, Any]:
        """Return an axis of moments, each named as finely as their distance asks for."""
        stops = [{"dtickrange": apart, "value": said} for apart, said in _TIMES]
        return self.axis(showgrid=False, tickformatstops=stops)
