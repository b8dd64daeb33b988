"""Pages of the population: groups and periods, as the address asks for them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from aura_engine.domain import KPI_COLUMNS
from aura_engine.store.access import Role, Viewer
from aura_engine.store.model_versions import activate_model
from aura_engine.store.reads import Box
from aura_ui import figures, map_view
from tests.integration.store.rows import (
    a_model,
    freeze_totals,
    generation,
    ids,
    publish,
    publish_rows,
    scalar,
)
from tests.integration.ui.conftest import OpenPage
from tests.integration.ui.drawn import said

NEWEST = "SELECT max(id) FROM model_version"


@pytest.fixture
def population(store: Engine) -> Engine:
    """Twelve people of one region, three of another and ten of none; runs of two weeks."""
    users = ids(25)
    publish(store, users, level="ALTO_RIESGO")
    rows = generation(users, model_id=a_model(store), level="ALTO_RIESGO")
    for days in (10, 2):
        publish_rows(store, rows, as_of=datetime.now(UTC) - timedelta(days=days))
    freeze_totals(store)
    with store.begin() as connection:
        for region, some in (("Puebla", users[12:15]), (None, users[15:])):
            connection.execute(
                text(
                    "UPDATE person SET region = :region WHERE user_id_raiz = ANY(:users ::uuid[])"
                ),
                {"region": region, "users": some},
            )
    return store


def test_groups_are_those_of_the_address_and_small_ones_are_not_told(
    open_page: OpenPage, population: Engine
) -> None:
    page = open_page("distribucion", por="region")
    assert "Mayor porcentaje en Alto: Jalisco, 100.0 % de 12 personas" in said(page)
    table = next(d.value for d in page.dataframe if "Región" in d.value)
    assert dict(zip(table["Región"], table["Personas"], strict=True)) == {
        "Jalisco": "12",
        "Puebla": "<10",
        "Sin dato": "oculto",
    }
    page.segmented_control(key="cohort_kind").set_value("edad")
    page.run()
    assert dict(page.query_params) == {"por": "edad"}
    assert any("Edad" in d.value for d in page.dataframe)


def test_without_memberships_no_group_is_told(open_page: OpenPage, population: Engine) -> None:
    shown = said(open_page("distribucion", por="nada"))
    assert "Ningún grupo tiene personas suficientes" in shown
    assert "Todavía no terminó ningún día con datos de estos grupos." in shown


@pytest.mark.parametrize(
    ("span", "now", "before"), [("7d", 1, 1), ("30d", 2, 0), ("24h", 0, 0), ("x", 1, 1)]
)
def test_a_period_stands_beside_the_one_before(
    open_page: OpenPage, population: Engine, span: str, now: int, before: int
) -> None:
    page = open_page("tendencias", periodo=span)
    shown = said(page)
    if now + before:
        assert f"vieron las corridas: {now} del " in shown
        assert f", y {before} de los días anteriores" in shown
        assert list(page.dataframe[-1].value["Periodo anterior"].dropna() != "") == [True] * (
            4 if before else 0
        )
    else:
        assert "De este periodo no se sabe nada" in shown
        assert not page.dataframe


def test_a_period_that_is_chosen_is_in_the_address(open_page: OpenPage, population: Engine) -> None:
    page = open_page("tendencias")
    page.segmented_control(key="trend_span").set_value("90d")
    page.run()
    assert dict(page.query_params) == {"periodo": "90d"}
    assert not page.exception


@pytest.mark.parametrize(
    ("query", "points"),
    [({"periodo": "30d"}, 2), ({"periodo": "30d", "cada": "semana"}, 2),
     ({"periodo": "90d", "cada": "nada"}, 2), ({"periodo": "7d", "cada": "hora"}, 1)],
    ids=str,
)  # fmt: skip
def test_a_period_is_told_by_the_step_of_the_address(
    open_page: OpenPage, population: Engine, query: dict[str, str], points: int
) -> None:
    page = open_page("tendencias", **query)
    table = page.dataframe[0].value
    assert len(table) == points
    assert {"Inactividad", "Modelo"} & set(table.columns)
    assert "lo último que se supo" in said(page)


def test_a_step_that_is_chosen_is_in_the_address(open_page: OpenPage, population: Engine) -> None:
    page = open_page("tendencias", periodo="90d")
    page.segmented_control(key="trend_step_90d").set_value("semana")
    page.run()
    assert dict(page.query_params) == {"periodo": "90d", "cada": "semana"}
    assert not page.exception


def of_clusters(store: Engine, *sizes: int) -> None:
    """Let the last run have found these clusters, the first of them the one of risk."""
    profiles = {
        f"cluster_{number}": {
            **dict.fromkeys(KPI_COLUMNS, 0.5),
            "count": size,
            "is_risk_cluster": number == 0,
        }
        for number, size in enumerate(sizes)
    }
    with store.begin() as connection:
        connection.execute(
            text("UPDATE pipeline_run SET results = results || CAST(:told AS jsonb)"),
            {"told": json.dumps({"profiles": profiles})},
        )


def test_profiles_are_of_levels_or_of_clusters_as_the_address_says(
    open_page: OpenPage, population: Engine
) -> None:
    of_clusters(population, 12, 30)
    by_level = open_page("perfiles")
    table = by_level.dataframe[0].value
    assert table[["Nivel", "Personas"]].to_numpy().tolist() == [["▲ Alto", "25"]]
    by_level.segmented_control(key="profiles_by").set_value("grupo")
    by_level.run()
    assert dict(by_level.query_params) == {"por": "grupo"}
    table = by_level.dataframe[0].value
    assert table[["Grupo de K-Means", "Personas"]].to_numpy().tolist() == [
        ["Grupo 0 (de riesgo)", "12"],
        ["Grupo 1", "30"],
    ]


def test_a_cluster_of_few_is_not_told(open_page: OpenPage, population: Engine) -> None:
    of_clusters(population, 9, 30, 60)
    page = open_page("perfiles", por="grupo")
    assert list(page.dataframe[0].value["Personas"]) == ["<10", "oculto", "60"]
    assert "De un grupo de menos de 10 personas" in said(page)


def test_levels_of_few_leave_nothing_to_draw(open_page: OpenPage, store: Engine) -> None:
    publish(store, ids(9), level="ALTO_RIESGO")
    freeze_totals(store)
    for by in ("nivel", "grupo"):
        page = open_page("perfiles", por=by)
        assert "Ningún grupo tiene 10 personas o más" in said(page)
        assert not page.dataframe


def test_a_rectangle_of_the_map_is_asked_of_the_database(
    open_page: OpenPage, population: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_view, "MAX_LISTED", 20)
    drawn: list[object] = []
    monkeypatch.setattr(figures, "boxes", lambda _state: drawn)
    page = open_page("mapa")
    assert "Dibuje un rectángulo" in said(page)
    drawn.append(Box(0.0, 1.0, -1.0, 0.0))
    page.run()
    assert "25 personas; estas son las 20 de mayor ASI" in said(page)
    assert len(page.dataframe[-1].value) == 20
    noted = "SELECT count(*) FROM audit_log WHERE action = 'mapa'"
    assert scalar(population, noted) == 2
    drawn[:] = [Box(7.0, 8.0, 7.0, 8.0)]
    page.run()
    assert "no hay nadie" in said(page)


def test_an_open_map_stays_as_it_is_until_its_reader_asks(
    open_page: OpenPage, population: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    axis = SimpleNamespace(leading=list)
    monkeypatch.setattr(map_view, "read_axes", lambda *_: (axis, axis))
    page = open_page("mapa")
    assert "Hay datos nuevos" not in said(page)
    rows = generation(ids(24), model_id=a_model(population), level="ALTO_RIESGO")
    publish_rows(population, rows, as_of=datetime.now(UTC))
    freeze_totals(population)
    page.run()
    assert "25 personas según su conducta" in said(page)
    assert "Hay datos nuevos" in said(page)
    page.button(key="map_redraw").click().run()
    assert "24 personas según su conducta" in said(page)
    assert "Hay datos nuevos" not in said(page)
    monkeypatch.setattr(map_view, "KEPT_FOR", timedelta())
    publish_rows(population, rows.iloc[:23], as_of=datetime.now(UTC))
    freeze_totals(population)
    page.run()
    assert "23 personas según su conducta" in said(page)


def test_the_map_that_one_reader_opened_is_not_another_s_whose_scope_is_smaller(
    open_page: OpenPage, population: Engine
) -> None:
    assert "25 personas según su conducta" in said(open_page("mapa"))
    scoped = Viewer("user:1", Role.COUNSELOR, frozenset({UUID(int=99)}))
    assert "0 personas según su conducta" in said(open_page("mapa", viewer=scoped))


def test_more_people_than_can_be_drawn_are_cells(
    open_page: OpenPage, population: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_view, "DENSE", 24)
    monkeypatch.setattr(map_view, "MAX_OUTLIERS", 10)
    page = open_page("mapa")
    assert "25 personas: más oscuro, más personas; los puntos son 10" in said(page)


def test_without_the_model_the_map_is_drawn_and_only_its_axes_are_not_explained(
    open_page: OpenPage, population: Engine
) -> None:
    with population.begin() as connection:
        activate_model(connection, int(str(scalar(population, NEWEST))), as_of=datetime.now(UTC))
    page = open_page("mapa")
    assert "Los ejes no se pueden explicar" in said(page)
    assert "Dibuje un rectángulo" in said(page)
