"""Profiles of levels and clusters: what is told of them, and what of small ones is not."""

from __future__ import annotations

import pytest

from aura_engine.charts import Profile, ProfileBy, ProfilesChart, cluster_profiles_chart
from aura_engine.charts.palette import CLUSTERS, LEVEL_DARK
from aura_engine.charts.profile_figures import profiles_figure
from aura_engine.charts.theme import Look
from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.store.reads import Hidden
from aura_ui.tables import profiles_table

LIGHT, DARK = Look(dark=False), Look(dark=True)
MEANS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)


def clusters(*sizes: int, risk: int = 0) -> ProfilesChart:
    return cluster_profiles_chart(
        {
            f"cluster_{number}": {
                **dict(zip(KPI_COLUMNS, MEANS, strict=True)),
                "count": size,
                "is_risk_cluster": number == risk,
            }
            for number, size in enumerate(sizes)
        }
    )


def test_the_radar_closes_each_line_and_ends_at_the_quarter_that_holds_all() -> None:
    chart = ProfilesChart(ProfileBy.LEVEL, (Profile(RiskLevel.ALTO.value, 30, MEANS),))
    figure = profiles_figure(chart, DARK)
    (trace,) = figure.data
    assert trace.r == (*MEANS, MEANS[0])
    assert trace.line.color == LEVEL_DARK[RiskLevel.ALTO]
    assert tuple(figure.layout.polar.radialaxis.range) == (0, 0.75)


def test_the_cluster_of_risk_is_told_by_word_line_and_mark() -> None:
    other, risk = profiles_figure(clusters(40, 20, risk=1), LIGHT).data
    assert (other.name, risk.name) == ("Grupo 0", "Grupo 1 (de riesgo)")
    assert (other.line.dash, risk.line.dash) == ("dot", "solid")
    assert other.marker.symbol != risk.marker.symbol
    assert other.line.color == CLUSTERS[0]


def test_clusters_stand_by_number_and_not_by_word() -> None:
    assert [group.name for group in clusters(*[20] * 10, 30).groups] == [str(n) for n in range(11)]


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ((40, 10), {}),
        ((40, 30, 9), {2: Hidden.SMALL, 1: Hidden.BESIDE}),
        ((40, 3, 4), {1: Hidden.SMALL, 2: Hidden.SMALL}),
    ],
    ids=str,
)
def test_a_small_group_is_not_told_nor_what_would_give_it_away(
    sizes: tuple[int, ...], hidden: dict[int, Hidden]
) -> None:
    chart = clusters(*sizes)
    assert {i: group.hidden for i, group in enumerate(chart.groups) if group.hidden} == hidden
    assert len(profiles_figure(chart, LIGHT).data) == len(sizes) - len(hidden)
    table = profiles_table(chart)
    for number, size in enumerate(sizes):
        words = {None: str(size), Hidden.SMALL: "<10", Hidden.BESIDE: "oculto"}
        assert table.loc[number, "Personas"] == words[hidden.get(number)]
        assert table.iloc[number, 2:].isna().all() == (number in hidden)


def test_groups_that_are_all_small_leave_nothing_to_draw() -> None:
    chart = clusters(5, 3)
    assert chart.told == ()
    assert profiles_figure(chart, LIGHT).data == ()
