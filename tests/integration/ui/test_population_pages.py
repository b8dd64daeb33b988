"""Pages of the population: groups and periods, as the address asks for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from tests.integration.store.rows import (
    a_model,
    freeze_totals,
    generation,
    ids,
    publish,
    publish_rows,
)
from tests.integration.ui.conftest import OpenPage
from tests.integration.ui.test_case_panel import said


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
        assert "En este periodo no hubo corridas." in shown
        assert not page.dataframe


def test_a_period_that_is_chosen_is_in_the_address(open_page: OpenPage, population: Engine) -> None:
    page = open_page("tendencias")
    page.segmented_control(key="trend_span").set_value("90d")
    page.run()
    assert dict(page.query_params) == {"periodo": "90d"}
    assert not page.exception
