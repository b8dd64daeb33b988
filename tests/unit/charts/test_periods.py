"""Two periods beside each other: means of their runs, and nothing where one is not known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aura_engine.charts import PeriodsChart, TrendPoint, TrendsChart
from aura_engine.charts.periods import HIGH_SHARE, Compared
from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_ui.tables import periods_table

AS_OF = datetime(2026, 3, 8, 9, 30, tzinfo=UTC)
WEEK = timedelta(days=7)


def point(days_ago: int, high: int, night: float | None, model: int = 1) -> TrendPoint:
    levels = {RiskLevel.ALTO: high, RiskLevel.MODERADO: 10, RiskLevel.BAJO: 100 - high - 10}
    averages = dict.fromkeys(KPI_COLUMNS) | {"ratio_night_messages": night}
    distribution = {level.value: people for level, people in levels.items()}
    return TrendPoint(AS_OF - timedelta(days=days_ago), averages, distribution, model)


def chart(before: tuple[TrendPoint, ...], now: tuple[TrendPoint, ...]) -> PeriodsChart:
    return PeriodsChart(
        TrendsChart(AS_OF - 2 * WEEK, AS_OF - WEEK, before), TrendsChart(AS_OF - WEEK, AS_OF, now)
    )


def rows(periods: PeriodsChart) -> dict[str, Compared]:
    return {row.name: row for row in periods.rows()}


def test_a_period_is_the_mean_of_its_runs() -> None:
    found = rows(chart((point(9, 10, 0.1), point(8, 20, None)), (point(2, 30, 0.3),)))
    assert found[RiskLevel.ALTO.value] == Compared("ALTO_RIESGO", 15.0, 30.0)
    assert found[RiskLevel.ALTO.value].change == 15.0
    assert found[HIGH_SHARE].change == 15.0
    # A run that saw nobody's nights does not count as one of zero.
    assert found["ratio_night_messages"].before == 0.1
    assert found["ratio_night_messages"].change == pytest.approx(0.2)
    assert found["reciprocity_ratio"] == Compared("reciprocity_ratio", None, None)


def test_a_period_without_runs_has_no_figures_and_no_change() -> None:
    found = rows(chart((), (point(2, 30, 0.3),)))
    assert found[RiskLevel.ALTO.value].before is None
    assert found[RiskLevel.ALTO.value].change is None


def test_a_new_model_is_told_between_the_periods_and_within_them() -> None:
    one, same, other = point(9, 10, 0.1), point(2, 10, 0.1), point(1, 10, 0.1, model=2)
    assert not chart((one,), (same,)).is_of_several_models
    assert chart((one,), (other,)).is_of_several_models
    assert chart((), (same, other)).is_of_several_models


def test_the_table_says_each_figure_with_its_change() -> None:
    table = periods_table(chart((point(9, 10, 0.1234),), (point(2, 12, 0.2),)))
    said = {row[0]: list(row[1:]) for row in table.to_numpy()}
    assert said["Personas en ▲ Alto"] == [10.0, 12.0, 2.0]
    assert said["Porcentaje en Alto"] == [10.0, 12.0, 2.0]
    assert [0.123, 0.2, 0.077] in said.values()
