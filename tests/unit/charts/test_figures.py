"""What is drawn is what was built."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_engine.charts import DistributionChart, HistoryChart, TrendPoint, TrendsChart
from aura_engine.charts import figures as drawn
from aura_engine.charts.cohort_figures import cohort_figure, cohort_severity_figure
from aura_engine.charts.cohorts import CohortChart
from aura_engine.charts.palette import LEVEL_FILL, LEVEL_TEXT, rgba
from aura_engine.charts.theme import Look
from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.store.reads import (
    SEVERITY_BINS,
    Cohort,
    CohortKind,
    LevelCount,
    Scatter,
    Severities,
)

LIGHT, DARK = Look(dark=False), Look(dark=True)
ZONE = ZoneInfo("America/Mexico_City")
AS_OF = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAYS = timedelta(days=1)
COUNTS = {
    RiskLevel.ALTO: LevelCount(12, insufficient=2, stopped_showing=1),
    RiskLevel.MODERADO: LevelCount(5),
    RiskLevel.BAJO: LevelCount(83, insufficient=4),
}


def trends(models=(1, 1, 2)):
    points = tuple(
        TrendPoint(
            AS_OF + timedelta(days=day),
            dict.fromkeys(KPI_COLUMNS, None if day == 1 else 0.1 * day),
            {level.value: 10 * day + rank for rank, level in enumerate(RiskLevel)},
            model,
        )
        for day, model in enumerate(models)
    )
    return TrendsChart(AS_OF - timedelta(days=1), AS_OF + timedelta(days=9), points)


def test_a_distribution_counts_everyone_once():
    chart = DistributionChart(COUNTS)
    assert (chart.total, chart.insufficient, chart.stopped_showing) == (100, 6, 1)
    assert chart.percent(RiskLevel.ALTO) == 12.0
    empty = DistributionChart(dict.fromkeys(RiskLevel, LevelCount()))
    assert empty.percent(RiskLevel.ALTO) is None
    assert drawn.distribution_figure(empty, LIGHT).data[0].x == (0, 0, 0)


def test_bars_show_the_counts_with_the_worst_on_top():
    bars = drawn.distribution_figure(DistributionChart(COUNTS), LIGHT).data[0]
    assert bars.x == (83, 5, 12)
    assert bars.y[-1] == "▲ Alto"
    assert bars.text[-1] == "12 · 12.0 %"
    assert bars.marker.color[-1] == LEVEL_FILL[RiskLevel.ALTO]
    assert bars.marker.line.color[-1] == LEVEL_TEXT[RiskLevel.ALTO]


def luminance(colour):
    def linear(part):
        value = int(part, 16) / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(colour[i : i + 2]) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("look", "page"), [(LIGHT, "#FFFFFF"), (DARK, "#0F172A")])
def test_labels_can_be_read_on_their_bars_and_beside_them(look, page):
    bars = drawn.distribution_figure(DistributionChart(COUNTS), look).data[0]
    for fill in bars.marker.color:
        assert contrast(bars.insidetextfont.color, fill) >= 4.5
    assert contrast(bars.outsidetextfont.color, page) >= 4.5
    for level in RiskLevel:
        assert contrast(look.outline(level), page) >= 3.0
    assert contrast(look.quiet, page) >= 3.0


@pytest.mark.parametrize(("look", "page"), [(LIGHT, "#FFFFFF"), (DARK, "#0F172A")])
def test_shares_can_be_read_on_the_bars_of_groups(look, page):
    cohort = Cohort("Jalisco", 50, dict.fromkeys(RiskLevel, 10), 40.0, (10,) * 5, None)
    chart = CohortChart(CohortKind.REGION, (cohort,))
    for figure in (cohort_figure(chart, look), cohort_severity_figure(chart, look)):
        for bar in figure.data:
            assert contrast(bar.insidetextfont.color, bar.marker.color) >= 4.5
            assert contrast(bar.marker.line.color, page) >= 3.0


def test_the_histogram_holds_every_bin_of_every_level():
    people = pd.DataFrame(
        0, index=list(SEVERITY_BINS), columns=[level.value for level in RiskLevel]
    )
    people.loc["80-100", RiskLevel.ALTO.value] = 7
    figure = drawn.severity_figure(Severities(people, 50.0, 99.0, 12.0), LIGHT)
    assert [trace.name for trace in figure.data] == ["▲ Alto", "◆ Moderado", "● Bajo"]
    assert figure.data[0].y == (0, 0, 0, 0, 7)


@pytest.mark.parametrize(("n", "kind"), [(12, "scatter"), (2_001, "scattergl")])
def test_the_map_draws_each_person_in_the_shape_of_their_level(n, kind):
    levels = np.resize([level.value for level in RiskLevel], n)
    points = pd.DataFrame(
        {
            "pca_x": np.arange(n) / 10,
            "pca_y": 0.5,
            "cluster_label": levels,
            "severity_index": 40.0,
            "kmeans_cluster": 2,
            "pseudonym": [f"A{i}" for i in range(n)],
        }
    )
    figure = drawn.scatter_figure(Scatter(points, n), LIGHT)
    assert sum(len(trace.x) for trace in figure.data) == n
    assert {trace.type for trace in figure.data} == {kind}
    assert [trace.name for trace in figure.data] == ["Bajo", "Moderado", "Alto"]
    assert len({trace.marker.symbol for trace in figure.data}) == 3
    points["kmeans_cluster"] = np.arange(n) % 4
    by_cluster = drawn.scatter_figure(Scatter(points, n), LIGHT, by_cluster=True)
    assert [trace.name for trace in by_cluster.data] == [f"grupo {i}" for i in range(4)]
    assert len({trace.marker.color for trace in by_cluster.data}) == 4
    assert {symbol for trace in by_cluster.data for symbol in trace.marker.symbol} == {
        trace.marker.symbol for trace in figure.data
    }


def test_an_empty_map_is_an_empty_figure():
    columns = ["pca_x", "pca_y", "cluster_label", "severity_index", "kmeans_cluster", "pseudonym"]
    assert drawn.scatter_figure(Scatter(pd.DataFrame(columns=columns), 0), LIGHT).data == ()


def test_trends_leave_a_gap_where_nobody_showed_a_kpi():
    figure = drawn.trends_figure(trends(), LIGHT, ZONE)
    assert len(figure.data) == len(KPI_COLUMNS)
    assert figure.data[0].y == (0.0, None, 0.2)


def test_runs_are_marked_where_the_points_are_others_and_tell_of_the_models() -> None:
    runs = trends().points
    chart = replace(trends((1, 1, 1)), runs=(replace(runs[0], as_of=AS_OF - 3 * DAYS), *runs[1:]))
    assert chart.marked_runs() == [run.as_of for run in runs[1:]]
    assert chart.model_changes() == [runs[2].as_of]
    levels = drawn.levels_figure(chart, LIGHT, ZONE)
    assert (levels.data[-1].name, len(levels.data[-1].x)) == ("Corrida", 2)
    assert len(levels.layout.shapes) == 1
    assert len(drawn.trends_figure(chart, LIGHT, ZONE).data) == len(KPI_COLUMNS) + 1


def test_moments_are_drawn_in_the_readers_wall_clock():
    figure = drawn.levels_figure(trends(), LIGHT, ZONE)
    assert figure.data[0].x[0] == datetime(2026, 3, 1, 3, 30)  # noqa: DTZ001


def test_a_new_model_is_marked_where_it_begins_and_nowhere_else():
    assert trends().model_changes() == [AS_OF + timedelta(days=2)]
    assert len(drawn.levels_figure(trends(), LIGHT, ZONE).layout.shapes) == 1
    assert len(drawn.levels_figure(trends((1, 1, 1)), LIGHT, ZONE).layout.shapes) == 0


def verdict(severity, *, model=1, days=0):
    return {
        "as_of": AS_OF + timedelta(days=days),
        "severity_index": severity,
        "cluster_label": "ALTO_RIESGO",
        "model_version_id": model,
        "reason": "behaviour",
    }


def test_a_history_ends_at_the_verdict_in_view():
    now = verdict(80.4) | {"extraction_date": AS_OF + timedelta(days=3)}
    chart = HistoryChart((verdict(80.0),), now)
    assert [point.severity for point in chart.points()] == [80.0, 80.4]
    assert [point.reason for point in chart.points()] == ["behaviour", None]
    same = HistoryChart((verdict(80.0),), now | {"extraction_date": AS_OF})
    assert len(same.points()) == 1
    line = drawn.history_figure(chart, LIGHT, ZONE).data[0]
    assert line.y == (80.0, 80.4)


def test_a_history_marks_where_another_model_gave_the_verdict():
    now = verdict(50.0, model=2) | {"extraction_date": AS_OF + timedelta(days=3)}
    chart = HistoryChart((verdict(80.0), verdict(51.0, model=2, days=2)), now)
    assert chart.model_changes() == [AS_OF + timedelta(days=2)]
    assert len(drawn.history_figure(chart, LIGHT, ZONE).layout.shapes) == 1


def history(*recorded, until, model=1):
    """Verdicts as pairs of day and ASI; the last one holds until a day, on which another begins."""
    records = tuple(verdict(severity, days=day) for day, severity in recorded)
    now = verdict(99.0, model=model) | {"extraction_date": AS_OF + timedelta(days=until)}
    return HistoryChart(records, now)


def test_the_usual_asi_is_the_one_that_held_for_half_of_the_time():
    assert history((0, 20.0), (16, 80.0), until=31).usual_severity() == 20.0
    assert history((0, 20.0), (15, 80.0), until=31).usual_severity() == 80.0
    assert history((0, 20.0), (10, 90.0), (20, 50.0), until=30).usual_severity() == 50.0
    assert history((0, 20.0), until=13).usual_severity() is None


def test_the_usual_asi_is_of_the_model_in_view_alone():
    assert history((0, 20.0), until=40, model=2).usual_severity() is None
    records = (verdict(90.0), verdict(20.0, model=2, days=30), verdict(30.0, model=2, days=40))
    now = verdict(99.0, model=2) | {"extraction_date": AS_OF + timedelta(days=46)}
    assert HistoryChart(records, now).usual_severity() == 20.0


@given(
    st.lists(st.tuples(st.integers(1, 20), st.integers(0, 100)), min_size=1, max_size=8),
)
def test_the_usual_asi_is_the_median_of_days(spans):
    begins = [sum(days for days, _ in spans[:place]) for place in range(len(spans))]
    until = sum(days for days, _ in spans)
    chart = history(
        *[(day, float(asi)) for day, (_, asi) in zip(begins, spans, strict=True)], until=until
    )
    by_day = sorted(asi for days, asi in spans for _ in range(days))
    expected = None if until < 14 else float(by_day[(len(by_day) - 1) // 2])
    assert chart.usual_severity() == expected


def test_today_compares_with_the_last_run_of_an_earlier_day_whatever_the_hour():
    def at(*moments):
        found = [
            TrendPoint(datetime(*moment, tzinfo=ZONE), {}, dict.fromkeys(RiskLevel, 0), 1)
            for moment in moments
        ]
        return TrendsChart(AS_OF, AS_OF, tuple(found)).before_today(ZONE)

    assert at() is None
    assert at((2026, 3, 2, 3, 30)) is None
    jitter = at((2026, 3, 1, 3, 30, 20), (2026, 3, 2, 3, 30, 5))
    assert jitter.as_of.day == 1
    evening = at((2026, 3, 1, 3, 30), (2026, 3, 1, 18), (2026, 3, 2, 3, 30), (2026, 3, 2, 17))
    assert (evening.as_of.day, evening.as_of.hour) == (1, 18)


def test_colours_with_opacity_are_css():
    assert rgba("#EF4444", 0.7) == "rgba(239, 68, 68, 0.7)"
