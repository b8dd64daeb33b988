"""Colours and shapes of the levels: the same in pages, charts and answers to clients."""

from __future__ import annotations

from typing import Final

from aura_engine.domain import RiskLevel

LEVEL_FILL: Final = {
    RiskLevel.ALTO: "#EF4444",
    RiskLevel.MODERADO: "#F59E0B",
    RiskLevel.BAJO: "#10B981",
}
"""Fill of marks; the contract with clients names these."""

LEVEL_TEXT: Final = {
    RiskLevel.ALTO: "#B91C1C",
    RiskLevel.MODERADO: "#92400E",
    RiskLevel.BAJO: "#047857",
}
"""Text and outlines on light surfaces, where the fills alone have too little contrast."""

LEVEL_DARK: Final = {
    RiskLevel.ALTO: "#F87171",
    RiskLevel.MODERADO: "#FBBF24",
    RiskLevel.BAJO: "#34D399",
}
"""Fill, text and outlines on dark surfaces."""

LEVEL_MARKER: Final = {
    RiskLevel.ALTO: "triangle-up",
    RiskLevel.MODERADO: "diamond",
    RiskLevel.BAJO: "circle",
}
"""Shape of a mark, in Plotly's names: colour is never the only carrier."""

LEVEL_ORDER: Final = (RiskLevel.ALTO, RiskLevel.MODERADO, RiskLevel.BAJO)
"""Order of legends and tables, the worst first."""

ACCENT: Final = "#3B6EA8"
ACCENT_DARK: Final = "#7FA8D6"


def rgba(colour: str, alpha: float) -> str:
    """Return a ``#RRGGBB`` colour with an opacity from 0 to 1, as CSS writes it."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha:g})"
