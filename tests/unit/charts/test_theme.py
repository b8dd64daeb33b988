"""What Plotly itself writes is Spanish: its buttons and notes, days, months and numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import streamlit

from aura_engine.charts import HistoryChart, TrendPoint, TrendsChart
from aura_engine.charts import figures as drawn
from aura_engine.charts.theme import CONFIG, DAY, MOMENT, Look
from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.i18n import room
from aura_ui import formats

ZONE = ZoneInfo("America/Mexico_City")
AS_OF = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LOCALE = CONFIG["locales"][CONFIG["locale"]]
ASKED_FOR = re.compile(r"\(\w+(?:\.\w+)?,`([A-Z][^`$]{2,70})`\)")
NOT_OURS = re.compile(
    r"title|Cloud|Share|JSON|Produced|Draw|Erase|camera|rotation|Component|account|chart will"
)
"""Of figures that are edited, three-dimensional, or sent elsewhere."""


def asked_for() -> set[str]:
    """What the Plotly that Streamlit ships asks a language's dictionary for."""
    (bundle,) = Path(streamlit.__file__).parent.glob("static/static/js/PlotlyChart.*.js")
    found = ASKED_FOR.findall(bundle.read_text(encoding="utf-8"))
    return {words for words in found if not NOT_OURS.search(words)}


def test_every_button_and_note_of_our_charts_has_spanish_words():
    known = room("plotly")
    wanted = asked_for()
    assert {"Zoom", "Pan", "Download plot as a PNG", "Double-click to zoom back out"} <= wanted
    shown = {words for words in wanted if " " in words or words in known}
    assert shown - set(known) == set()
    assert LOCALE["dictionary"] == known
    assert all(spanish != english for english, spanish in known.items())


def test_days_and_months_are_those_of_every_other_text():
    week = LOCALE["format"]["shortDays"]
    assert [week[0], week[1]] == ["dom", "lun"]
    assert [len(LOCALE["format"][name]) for name in ("days", "months")] == [7, 12]
    for days in range(400):
        when = AS_OF + timedelta(days=days)
        local = when.astimezone(ZONE)
        said = MOMENT.replace("%a", week[(local.weekday() + 1) % 7])
        said = said.replace("%b", LOCALE["format"]["shortMonths"][local.month - 1])
        said = said.replace("%-d", str(local.day)).replace("%H:%M", f"{local:%H:%M}")
        assert said == formats.moment(when, ZONE)


def test_numbers_have_the_separators_of_mexico():
    assert (LOCALE["format"]["decimal"], LOCALE["format"]["thousands"]) == (".", ",")
    look = Look(dark=False)
    assert look.layout()["separators"] == ".,"
    axis = look.axis()
    assert (axis["separatethousands"], axis["exponentformat"]) == (True, "none")


def moments_figures():
    points = tuple(
        TrendPoint(
            AS_OF + timedelta(days=day),
            dict.fromkeys(KPI_COLUMNS, 0.2),
            dict.fromkeys((level.value for level in RiskLevel), 3),
            1,
        )
        for day in range(3)
    )
    trends = TrendsChart(AS_OF, AS_OF + timedelta(days=9), points)
    row = {
        "extraction_date": AS_OF, "severity_index": 12.0, "cluster_label": RiskLevel.BAJO.value,
        "model_version_id": 1,
    }  # fmt: skip
    look = Look(dark=False)
    return [
        drawn.levels_figure(trends, look, ZONE),
        drawn.trends_figure(trends, look, ZONE),
        drawn.history_figure(HistoryChart((), row), look, ZONE),
    ]


@pytest.mark.parametrize("place", range(3), ids=("levels", "trends", "history"))
def test_moments_are_named_alike_on_axes_and_hovers(place):
    figure = moments_figures()[place]
    assert all(f"%{{x|{MOMENT}}}" in trace.hovertemplate for trace in figure.data)
    axes = list(figure.select_xaxes())
    assert axes
    for axis in axes:
        said = [stop.value for stop in axis.tickformatstops]
        assert said == ["%H:%M\n%-d %b", "%-d %b", "%b %Y"]
        assert not axis.tickformat


def test_a_day_is_named_like_a_moment_without_its_hour():
    assert MOMENT.startswith(DAY)
