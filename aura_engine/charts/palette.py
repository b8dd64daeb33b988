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

CLUSTERS: Final = (
    "#3B6EA8", "#B45309", "#6D28D9", "#0F766E", "#BE185D",
    "#4D7C0F", "#0369A1", "#A16207", "#7E22CE", "#475569",
)  # fmt: skip
"""Clusters have no order, so they get colours that are no level's."""
CLUSTERS_DARK: Final = (
    "#7FA8D6", "#E0A070", "#B79CF2", "#5CC8BC", "#F08CB8",
    "#A9CF6B", "#6CC3EE", "#D9B65C", "#CFA0F5", "#A9B6C8",
)  # fmt: skip

SEVERITY: Final = ("#DBE7F3", "#A9C5E2", "#74A2D1", "#3B6EA8", "#234A78")
"""Bins of ASI, the lowest first, on light and dark surfaces; the outline is the accent's."""

ACCENT: Final = "#3B6EA8"
ACCENT_DARK: Final = "#7FA8D6"


def rgba(colour: str, alpha: float) -> str:
    """Return a ``#RRGGBB`` colour with an opacity from 0 to 1, as CSS writes it."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha:g})"
