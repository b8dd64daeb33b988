"""Groups of people as they are and day by day: counted by level, the small ones never told."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from aura_engine.charts import cohort_chart, cohort_days_chart
from aura_engine.charts.cohort_figures import severity_days_figure
from aura_engine.charts.theme import Look
from aura_engine.domain import RiskLevel
from aura_engine.store import reads
from aura_engine.store.access import SYSTEM, Role, Viewer
from aura_engine.store.generation import ensure_history_month, stage_history
from aura_engine.store.people import save_people
from aura_engine.store.reads import Cohort, CohortKind, Hidden
from aura_engine.store.trends import record_day
from aura_ui.tables import (
    cohort_days_table,
    cohort_severity_table,
    cohort_table,
    severity_days_table,
)
from tests.integration.store.rows import (
    AS_OF,
    a_model,
    generation,
    history,
    ids,
    people,
    publish_rows,
)
from tests.integration.store.test_reads import GROUP, read

ZONE = ZoneInfo("America/Mexico_City")
REGIONS = ["Jalisco"] * 14 + ["Puebla"] * 12 + ["Oaxaca"] * 3 + [None] * 11
DAY = date(2026, 3, 1)


@pytest.fixture
def grouped(store: Engine) -> Engine:
    """Forty people of four regions, one of them unknown, and of two categories that overlap."""
    users = ids(len(REGIONS))
    joined = pd.DataFrame(
        {
            "user_id_raiz": [*users[:30], *users[20:24], users[0]],
            "community_id": [str(GROUP)] * 30 + ["00000000-0000-0000-0000-00000000004e"] * 5,
            "category": ["arte"] * 30 + ["deporte"] * 5,
        }
    )
    save_people(store, people(users).assign(region=REGIONS), joined, as_of=AS_OF)
    found = generation(users, model_id=a_model(store)).assign(
        severity_index=[80.0] * 7 + [20.0] * 33
    )
    found.loc[users[:7], "cluster_label"] = RiskLevel.ALTO.value
    ensure_history_month(store, AS_OF)
    run_id = publish_rows(store, found)
    stage_history(store, run_id, history(found))
    with store.begin() as connection:
        record_day(connection, DAY, zone=ZONE)
    return store


def by_name(cohorts: list[Cohort] | tuple[Cohort, ...]) -> dict[str | None, Cohort]:
    return {cohort.name: cohort for cohort in cohorts}


def test_a_small_region_is_hidden_and_with_it_the_next_smallest(grouped: Engine) -> None:
    found = by_name(read(grouped, reads.cohorts, SYSTEM, CohortKind.REGION))
    levels = {RiskLevel.ALTO: 7, RiskLevel.MODERADO: 0, RiskLevel.BAJO: 7}
    assert found["Jalisco"] == Cohort("Jalisco", 14, levels, 50.0, (0, 7, 0, 0, 7), None)
    assert found["Puebla"].people == 12
    assert found["Oaxaca"] == Cohort("Oaxaca", None, None, None, None, Hidden.SMALL)
    assert found[None] == Cohort(None, None, None, None, None, Hidden.BESIDE)


def test_whoever_is_in_two_categories_counts_in_both_and_small_ones_are_hidden(
    grouped: Engine,
) -> None:
    found = by_name(read(grouped, reads.cohorts, SYSTEM, CohortKind.CATEGORY))
    assert set(found) == {"arte", "deporte"}
    assert found["deporte"].hidden is Hidden.SMALL
    assert found["arte"].hidden is Hidden.BESIDE


def test_groups_are_of_those_in_scope(grouped: Engine) -> None:
    of_group = Viewer("eva", Role.COUNSELOR, frozenset({GROUP}))
    found = by_name(read(grouped, reads.cohorts, of_group, CohortKind.AGE_BAND))
    assert found["16-17"].people == 30
    nobody = Viewer("leo", Role.COUNSELOR, frozenset())
    assert read(grouped, reads.cohorts, nobody, CohortKind.AGE_BAND) == []


def test_of_a_day_s_end_those_of_no_region_are_a_group_too(grouped: Engine) -> None:
    (day,) = read(grouped, reads.cohort_days, SYSTEM, CohortKind.REGION, since=DAY)
    found = by_name(day.cohorts)
    assert day.day == DAY
    assert found["Jalisco"].people == 14
    assert found["Jalisco"].bins == (0, 7, 0, 0, 7)
    assert found["Oaxaca"] == Cohort("Oaxaca", None, None, None, None, Hidden.SMALL)
    assert found[None].hidden is Hidden.BESIDE
    later = DAY + timedelta(days=1)
    assert read(grouped, reads.cohort_days, SYSTEM, CohortKind.REGION, since=later) == []


def test_what_hides_a_small_group_on_one_day_does_so_on_every_day_that_hides_one(
    grouped: Engine,
) -> None:
    """On the second day Puebla is the next smallest, and without a rule Sin dato would be told."""
    with grouped.begin() as connection:
        users = ids(len(REGIONS))
        connection.execute(
            text("UPDATE person SET region = NULL WHERE user_id_raiz = ANY(:some ::uuid[])"),
            {"some": users[14:15]},
        )
        record_day(connection, DAY + timedelta(days=1), zone=ZONE)
    first, second = read(grouped, reads.cohort_days, SYSTEM, CohortKind.REGION, since=DAY)
    for day in (first, second):
        found = by_name(day.cohorts)
        assert found["Oaxaca"].hidden is Hidden.SMALL
        assert found[None].hidden is found["Puebla"].hidden is Hidden.BESIDE
        assert found["Jalisco"].people is not None


def test_a_day_s_categories_count_each_person_once_in_each(grouped: Engine) -> None:
    with grouped.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO person_community SELECT user_id_raiz, gen_random_uuid(), 'arte'"
                " FROM person_community WHERE category = 'arte'"
            )
        )
        connection.execute(text("DELETE FROM daily_snapshot"))
        record_day(connection, DAY, zone=ZONE)
        counted = connection.scalar(
            text("SELECT sum(people) FROM daily_snapshot WHERE cohort = 'arte'")
        )
    assert counted == 30


def test_the_tables_and_their_files_tell_no_small_group(grouped: Engine) -> None:
    now = cohort_table(read(grouped, cohort_chart, SYSTEM, CohortKind.REGION))
    assert now.iloc[:, :3].to_numpy().tolist()[:2] == [["Jalisco", "14", 7], ["Puebla", "12", 0]]
    spread = cohort_severity_table(read(grouped, cohort_chart, SYSTEM, CohortKind.REGION))
    assert list(spread.iloc[0]) == ["Jalisco", "14", 0, 7, 0, 0, 7]
    assert spread.iloc[2:, 2:].isna().all(axis=None)
    hidden = now.iloc[2:]
    assert hidden.iloc[:, :2].to_numpy().tolist() == [["Oaxaca", "<10"], ["Sin dato", "oculto"]]
    assert hidden.iloc[:, 2:].isna().all(axis=None)
    days = cohort_days_table(read(grouped, cohort_days_chart, SYSTEM, CohortKind.REGION, since=DAY))
    oaxaca = days[days["Región"] == "Oaxaca"].iloc[0]
    assert oaxaca["Personas"] == "<10"
    assert oaxaca.iloc[3:].isna().all()


def test_lines_over_time_are_of_the_groups_that_are_told(grouped: Engine) -> None:
    chart = read(grouped, cohort_days_chart, SYSTEM, CohortKind.REGION, since=DAY)
    assert chart.names() == ["Jalisco", "Puebla"]
    assert chart.percent("Jalisco", RiskLevel.ALTO) == [(DAY, 50.0)]
    assert chart.percent("Oaxaca", RiskLevel.ALTO) == [(DAY, None)]


def test_how_the_asi_spread_is_told_day_by_day(grouped: Engine) -> None:
    with grouped.begin() as connection:
        record_day(connection, DAY + timedelta(days=1), zone=ZONE)
    found = read(grouped, reads.severity_days, SYSTEM, since=DAY)
    assert [day.day for day in found] == [DAY, DAY + timedelta(days=1)]
    assert {day.people for day in found} == {(0, 33, 0, 0, 7)}
    drawn = severity_days_figure(found, Look(dark=False)).data
    assert [line.y[0] for line in drawn] == [0, 82.5, 0, 0, 17.5]
    table = severity_days_table(found)
    assert list(table.iloc[0]) == [(DAY + timedelta(days=1)).isoformat(), 0, 33, 0, 0, 7]
    assert read(grouped, reads.severity_days, SYSTEM, since=DAY + timedelta(days=2)) == []
