"""Nothing yet, nobody allowed, nothing readable: each is said, none is an exception."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from aura_engine.i18n import t
from aura_engine.store.access import Role, Viewer
from aura_engine.store.connect import connect_store
from aura_ui.navigation import PAGES
from tests.integration.store.rows import freeze_totals, ids, publish
from tests.integration.ui.conftest import OpenPage

ROLES = [role for role in Role if role is not Role.SYSTEM]
NAMES = [entry.name for entry in PAGES]
OF_PEOPLE = (
    "hoy",
    "casos",
    "alto_riesgo",
    "distribucion",
    "mapa",
    "perfiles",
    "tendencias",
    "ficha",
    "pantalla",
)


def errors(page) -> str:
    return " ".join(element.value for element in page.error)


def footers(page) -> int:
    """How often a page says that a level is no diagnosis."""
    return sum(t("ui.footer") in element.proto.body for element in page.get("html"))


@pytest.mark.parametrize("role", ROLES, ids=str)
@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.name)
def test_a_page_is_drawn_for_its_roles_and_refused_to_all_others(open_page: OpenPage, entry, role):
    page = open_page(entry.name, viewer=Viewer("x", role))
    assert not page.exception
    if role in entry.roles:
        assert "no es para el rol" not in errors(page)
        assert page.title
    else:
        assert "no es para el rol" in errors(page)
        assert not page.title
    assert footers(page) == 1


@pytest.mark.parametrize("name", NAMES)
def test_without_a_viewer_a_page_shows_nothing(open_page: OpenPage, name: str):
    page = open_page(name, viewer=None)
    assert "sin identificarse" in errors(page)
    assert footers(page) == 1
    assert not page.title
    assert not page.dataframe


@pytest.mark.parametrize("name", OF_PEOPLE)
def test_before_the_first_run_a_page_says_what_will_come(open_page: OpenPage, name: str):
    page = open_page(name)
    assert not page.exception
    assert "Todavía no hay resultados" in page.info[0].value
    assert footers(page) == 1


def test_before_the_first_run_operations_are_drawn_all_the_same(open_page: OpenPage):
    page = open_page("operacion")
    assert not page.exception
    assert any("Todavía no hubo corridas" in caption.value for caption in page.caption)
    assert any("Todavía no hay modelo" in said.value for said in page.markdown)


@pytest.mark.parametrize("name", NAMES)
def test_a_database_that_is_away_is_an_explanation(open_page: OpenPage, store: Engine, name: str):
    away = connect_store(store.url.set(port=1))
    page = open_page(name, store=away)
    assert not page.exception
    assert "no responde" in errors(page)
    assert footers(page) == 1
    assert "password" not in errors(page)
    away.dispose()


def test_without_the_model_the_list_is_drawn_and_only_its_reasons_are_missing(
    open_page: OpenPage, store: Engine
):
    publish(store, ids(3), level="ALTO_RIESGO")
    freeze_totals(store)
    for name in ("hoy", "alto_riesgo"):
        page = open_page(name)
        assert not page.exception
        assert page.title
        assert "Las razones no se pueden mostrar" in page.warning[0].value
        assert not page.error


def test_totals_are_drawn_without_the_model(open_page: OpenPage, store: Engine):
    publish(store, ids(3), level="ALTO_RIESGO")
    freeze_totals(store)
    page = open_page("distribucion")
    assert not page.exception
    assert any("3 de 3 personas están en Alto (100.0 %)" in said.value for said in page.markdown)


@pytest.mark.parametrize(
    "name", ["A\x00B", "![](//A.BC)", "<IMG SRC=X>", "K7-FQ2", "K7-FQ2MM", "k7_fq2m", "' OR 1=1"]
)
def test_what_is_no_pseudonym_is_neither_asked_for_nor_repeated(
    open_page: OpenPage, store: Engine, name: str
):
    publish(store, ids(1))
    page = open_page("ficha", p=name)
    assert not page.exception
    assert [said.value for said in page.warning] == [
        "Un seudónimo tiene la forma K7-FQ2M. Compruébelo, o búsquelo en Alto riesgo."
    ]
