"""Figures: a data builder for each, and renderers that draw what it built."""

from aura_engine.charts.cohorts import (
    CohortChart,
    CohortDaysChart,
    cohort_chart,
    cohort_days_chart,
)
from aura_engine.charts.data import (
    DistributionChart,
    HistoryChart,
    HistoryPoint,
    RadarChart,
    TrendPoint,
    TrendsChart,
    distribution_chart,
    radar_chart,
    scatter_chart,
    severity_chart,
    trends_chart,
)
from aura_engine.charts.periods import PeriodsChart, periods_chart

__all__ = [
    "CohortChart",
    "CohortDaysChart",
    "DistributionChart",
    "HistoryChart",
    "HistoryPoint",
    "PeriodsChart",
    "RadarChart",
    "TrendPoint",
    "TrendsChart",
    "cohort_chart",
    "cohort_days_chart",
    "distribution_chart",
    "periods_chart",
    "radar_chart",
    "scatter_chart",
    "severity_chart",
    "trends_chart",
]
