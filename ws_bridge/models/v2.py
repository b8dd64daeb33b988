"""Answers of v2: what Chart.js draws as it is, and the state of the live channels."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from ws_bridge.models.common import Answer, ChartPart
from ws_bridge.models.service import PartState


class Bars(ChartPart):
    """Bars or slices, each in its colour."""

    label: str
    data: list[int]
    background_color: list[str]
    border_color: list[str]
    border_width: int


class DistributionMeta(Answer):
    """Of how many people a distribution speaks."""

    total_users: int
    high_risk_percentage: float
    last_updated: datetime | None


class Distribution(Answer):
    """People by level."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "labels": ["BAJO RIESGO", "RIESGO MODERADO", "ALTO RIESGO"],
        "datasets": [
            {
                "label": "Personas",
                "data": [1691, 94, 215],
                "backgroundColor": ["#10B981", "#F59E0B", "#EF4444"],
                "borderColor": ["#047857", "#92400E", "#B91C1C"],
                "borderWidth": 1,
            }
        ],
        "meta": {
            "total_users": 2000,
            "high_risk_percentage": 10.8,
            "last_updated": "2026-03-01T09:30:02Z",
        },
    }

    labels: list[str]
    datasets: list[Bars]
    meta: DistributionMeta


class Point(Answer):
    """Where someone stands."""

    x: float
    y: float


class Points(ChartPart):
    """The people of one level on the map."""

    label: str
    data: list[Point]
    background_color: str
    point_radius: int
    point_hover_radius: int


class ScatterMeta(Answer):
    """How many people there are, drawn or not, and what the axes are."""

    total_points: int
    axis_labels: dict[str, str]


class ScatterChart(Answer):
    """People on the two principal components."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "datasets": [
            {
                "label": "ALTO RIESGO",
                "data": [{"x": 0.812, "y": -0.104}],
                "backgroundColor": "rgba(239, 68, 68, 0.7)",
                "pointRadius": 6,
                "pointHoverRadius": 8,
            }
        ],
        "meta": {
            "total_points": 2000,
            "axis_labels": {"x": "Componente principal 1", "y": "Componente principal 2"},
        },
    }

    datasets: list[Points]
    meta: ScatterMeta


class RadarArea(ChartPart):
    """The mean person of one level."""

    label: str
    data: list[float | None]
    fill: bool
    background_color: str
    border_color: str
    point_background_color: str


class RadarMeta(Answer):
    """How to read the areas."""

    description: str


class Radar(Answer):
    """Mean of each scaled KPI by level."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "labels": ["Reciprocidad Social", "Días Inactivo", "Mensajes Nocturnos"],
        "datasets": [
            {
                "label": "ALTO RIESGO",
                "data": [0.61, 0.48, 0.39],
                "fill": True,
                "backgroundColor": "rgba(239, 68, 68, 0.2)",
                "borderColor": "#B91C1C",
                "pointBackgroundColor": "#EF4444",
            }
        ],
        "meta": {"description": "Media de cada indicador, de 0 a 1, por nivel."},
    }

    labels: list[str]
    datasets: list[RadarArea]
    meta: RadarMeta


class HistogramMeta(Answer):
    """What the ASI is like, 0 to 100."""

    mean_severity: float
    max_severity: float
    above_60_percent: float


class Histogram(Answer):
    """People by ASI."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "labels": ["0-20", "20-40", "40-60", "60-80", "80-100"],
        "datasets": [
            {
                "label": "Personas",
                "data": [1310, 410, 120, 98, 62],
                "backgroundColor": ["rgba(59, 110, 168, 0.35)"] * 5,
                "borderColor": ["#3B6EA8"] * 5,
                "borderWidth": 1,
            }
        ],
        "meta": {"mean_severity": 18.42, "max_severity": 98.7, "above_60_percent": 8.0},
    }

    labels: list[str]
    datasets: list[Bars]
    meta: HistogramMeta


class Line(ChartPart):
    """One mean over time; null where nobody showed it."""

    label: str
    data: list[float | None]
    border_color: str
    tension: float


class TrendsMeta(Answer):
    """How far back the lines go."""

    time_range_hours: int
    data_points: int


class Trends(Answer):
    """Means of the runs of a span."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "labels": ["03:30"],
        "datasets": [
            {
                "label": "Inactividad Promedio",
                "data": [4.2],
                "borderColor": "#3B6EA8",
                "tension": 0.4,
            }
        ],
        "meta": {"time_range_hours": 24, "data_points": 1},
    }

    labels: list[str]
    datasets: list[Line]
    meta: TrendsMeta


class Factors(Answer):
    """Scaled KPIs from 0 to 100; of community engagement more is better."""

    inactivity: float
    night_activity: float
    negativity: float
    community_engagement: float


class HighRiskUser(Answer):
    """One person of ALTO_RIESGO."""

    user_id: str
    risk_level: str
    severity_index: float
    factors: Factors
    last_updated: datetime
    sufficient_data: bool
    stopped_showing: bool


class HighRiskMeta(Answer):
    """What was asked, and when."""

    query_limit: int
    generated_at: datetime


class HighRiskUsers(Answer):
    """The most severe of ALTO_RIESGO."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "users": [
            {
                "user_id": "7d3c0a52-6a0e-4f5e-9a53-0d1f4c1d2b11",
                "risk_level": "ALTO_RIESGO",
                "severity_index": 87.31,
                "factors": {
                    "inactivity": 51.1,
                    "night_activity": 44.1,
                    "negativity": 61.3,
                    "community_engagement": 0.0,
                },
                "last_updated": "2026-03-01T09:30:00Z",
                "sufficient_data": True,
                "stopped_showing": False,
            }
        ],
        "total_high_risk": 215,
        "meta": {"query_limit": 10, "generated_at": "2026-03-01T09:41:00Z"},
    }

    users: list[HighRiskUser]
    total_high_risk: int
    meta: HighRiskMeta


class ChannelsStatus(Answer):
    """State of the live channels and of what feeds them."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "websocket_connections": {"clustering": 0, "alerts": 0},
        "available_channels": ["clustering", "alerts"],
        "api_version": "v2",
        "features": ["Distribución por nivel"],
        "listener": {"is_up": False, "since": None},
        "scheduler": {"is_up": True, "since": "2026-03-01T09:12:00Z"},
        "sources": {"aura_auth": {"is_up": True, "since": "2026-03-01T09:12:00Z"}},
    }

    websocket_connections: dict[str, int]
    available_channels: list[str]
    api_version: str
    features: list[str]
    listener: PartState
    scheduler: PartState
    sources: dict[str, PartState]
