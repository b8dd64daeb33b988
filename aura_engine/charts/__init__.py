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
from aura_engine.charts.profiles import (
    Profile,
    ProfileBy,
    ProfilesChart,
    cluster_profiles_chart,
    level_profiles_chart,
)
from aura_engine.charts.steps import steps_chart

__all__ = [
    "CohortChart",
    "CohortDaysChart",
    "DistributionChart",
    "HistoryChart",
    "HistoryPoint",
    "PeriodsChart",
    "Profile",
    "ProfileBy",
    "ProfilesChart",
    "RadarChart",
    "TrendPoint",
    "TrendsChart",
    "cluster_profiles_chart",
    "cohort_chart",
    "cohort_days_chart",
    "distribution_chart",
    "level_profiles_chart",
    "periods_chart",
    "radar_chart",
    "scatter_chart",
    "severity_chart",
    "steps_chart",
    "trends_chart",
]
