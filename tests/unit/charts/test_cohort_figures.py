"""Figures of groups draw those that are told, and nothing of the others."""

from __future__ import annotations

from datetime import date

from aura_engine.charts.cohort_figures import (
    cohort_days_figure,
    cohort_figure,
    cohort_severity_figure,
)
from aura_engine.charts.cohorts import CohortChart, CohortDaysChart
from aura_engine.charts.theme import Look
from aura_engine.domain import RiskLevel
from aura_engine.store.reads import Cohort, CohortDay, CohortKind, Hidden

LOOK = Look(dark=False)
DAYS = (date(2026, 3, 1), date(2026, 3, 2))
SMALL = Cohort("Oaxaca", None, None, None, None, Hidden.SMALL)


def told(name: str | None, high: int, low: int) -> Cohort:
    levels = {RiskLevel.ALTO: high, RiskLevel.MODERADO: 0, RiskLevel.BAJO: low}
    return Cohort(name, high + low, levels, 40.0, (low, 0, 0, 0, high), None)


def test_each_told_group_is_a_bar_of_shares() -> None:
    chart = CohortChart(CohortKind.REGION, (told("Jalisco", 5, 15), told(None, 0, 12), SMALL))
    high = cohort_figure(chart, LOOK).data[0]
    assert list(high.y) == ["Jalisco", "Sin dato"]
    assert list(high.x) == [25.0, 0.0]


def test_each_told_group_is_a_bar_of_bins_of_asi() -> None:
    chart = CohortChart(CohortKind.REGION, (told("Jalisco", 5, 15), told(None, 0, 12), SMALL))
    bars = cohort_severity_figure(chart, LOOK).data
    assert {bar.name: list(bar.x) for bar in bars} == {
        "ASI 0-20": [75.0, 100.0],
        "ASI 20-40": [0.0, 0.0],
        "ASI 40-60": [0.0, 0.0],
        "ASI 60-80": [0.0, 0.0],
        "ASI 80-100": [25.0, 0.0],
    }
    assert [list(people) for people in bars[0].customdata] == [[15], [12]]


def test_a_hidden_day_is_a_gap_in_its_line() -> None:
    days = (
        CohortDay(DAYS[0], (told("Jalisco", 5, 15), told("Oaxaca", 1, 9))),
        CohortDay(DAYS[1], (told("Jalisco", 10, 10), SMALL)),
    )
    lines = cohort_days_figure(CohortDaysChart(CohortKind.REGION, days), LOOK).data
    assert {line.name: list(line.y) for line in lines} == {
        "Jalisco": [25.0, 50.0],
        "Oaxaca": [10.0, None],
    }
    assert not any(line.connectgaps for line in lines)


def test_without_a_group_to_tell_the_figure_is_empty() -> None:
    chart = CohortChart(CohortKind.REGION, (SMALL,))
    for figure in (cohort_figure(chart, LOOK), cohort_severity_figure(chart, LOOK)):
        assert all(len(bar.x) == 0 for bar in figure.data)
