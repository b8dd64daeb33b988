"""The page of cases: its views, filters in the address, and acting on several at once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from aura_engine.settings import Settings
from aura_engine.store import case_actions
from aura_engine.store.access import LOCAL, Role, Viewer
from aura_engine.store.accounts import add_account
from aura_engine.store.case_actions import CaseRef, Outcome
from aura_engine.store.cases import CaseState
from aura_ui import databases
from aura_ui.case_filters import Wanted
from aura_ui.navigation import FOLDER
from aura_ui.outcomes import OUTCOME
from aura_ui.outcomes import Outcome as Told
from aura_ui.page import DRAWN_CASES
from tests.integration.store.case_rows import actions, case_row, change, look, open_case, population
from tests.integration.store.rows import freeze_totals, scalar
from tests.integration.ui.conftest import OpenPage
from tests.integration.ui.drawn import labels, press, said

COUNSELOR = Viewer("user:1", Role.COUNSELOR)
NAMES = [f"{letter}2-AAAA" for letter in "ABCD"]


@pytest.fixture
def cases(store: Engine, now: datetime) -> list[CaseRef]:
    """A waits, B is due sooner, C is to review, D is the local viewer's; A to D by pseudonym."""
    users = population(store, 4)
    freeze_totals(store)
    with store.begin() as connection:
        connection.execute(
            text("UPDATE person SET pseudonym = :name WHERE user_id_raiz = :user"),
            [{"name": name, "user": user} for name, user in zip(NAMES, users, strict=True)],
        )
    opened = [
        open_case(store, user, at=now - timedelta(hours=hours), state=state)
        for user, hours, state in zip(
            users,
            (1, 2, 3, 4),
            (CaseState.OPEN, CaseState.OPEN, CaseState.TO_REVIEW, CaseState.OPEN),
            strict=True,
        )
    ]
    look(store, now)
    for case, hours in zip(opened, (9, 3, 0, 5), strict=True):
        if hours:
            change(store, case, "due_at = :due", due=now + timedelta(hours=hours, minutes=5))
    case_actions.acknowledge(store, LOCAL, CaseRef(opened[3], 1), at=now)
    return [CaseRef(case, version) for case, version in zip(opened, (1, 1, 1, 2), strict=True)]


def people(page: AppTest) -> list[str]:
    """Pseudonyms in the page's first table."""
    assert not page.exception
    return [] if not page.dataframe else list(page.dataframe[0].value["Persona"])


def select(page: AppTest, *rows: int) -> AppTest:
    page.session_state[page.dataframe[0].key] = {
        "selection": {"rows": list(rows), "columns": [], "cells": []}
    }
    return page.run()


def test_the_page_begins_with_what_is_mine(open_page: OpenPage, cases: list[CaseRef]) -> None:
    page = open_page("casos")
    assert people(page) == [NAMES[3]]
    [row] = page.dataframe[0].value.to_dict("records")
    assert row["Abierto"] == "hace 4 h"
    assert row["Plazo"].startswith("reconocido ")
    assert "Lo que más pesa" in row
    assert "A su cargo: 1." in said(page)
    assert "Además hay 1 por revisar" in said(page)


def test_who_has_none_is_told_where_they_wait(open_page: OpenPage, cases: list[CaseRef]) -> None:
    page = open_page("casos", viewer=COUNSELOR)
    assert not page.dataframe
    assert "No tiene casos a su cargo. En «Equipo»" in said(page)


@pytest.mark.parametrize(
    ("query", "who"),
    [
        ({"vista": "equipo"}, "BAD"),
        ({"vista": "revisar"}, "C"),
        ({"vista": "equipo", "etapa": "en_curso"}, "D"),
        ({"vista": "equipo", "libres": "1"}, "BA"),
        ({"vista": "equipo", "prioridad": "urgente"}, "BAD"),
        ({"vista": "nadie", "etapa": "x", "pagina": "-1"}, "D"),
        ({"vista": "equipo", "pagina": "99"}, "BAD"),
        ({"vista": "revisar", "forma": "tablero", "etapa": "sin_reconocer"}, "C"),
        ({"vista": "revisar", "forma": "tablero", "etapa": "pospuesto"}, ""),
        ({"vista": "revisar", "etapa": "cerrado"}, "C"),
        ({"vista": "revisar", "prioridad": "urgente", "vencidos": "1"}, "C"),
        ({"libres": "1"}, "D"),
    ],
    ids=str,
)
def test_the_address_says_which_cases_are_shown(
    open_page: OpenPage, cases: list[CaseRef], query: dict[str, str], who: str
) -> None:
    page = open_page("casos", **query)
    assert people(page) == [f"{letter}2-AAAA" for letter in who]


def test_what_the_team_s_list_leaves_out_is_counted_whoever_holds_it(
    open_page: OpenPage, store: Engine, cases: list[CaseRef], now: datetime
) -> None:
    case_actions.acknowledge(store, LOCAL, cases[2], at=now)  # the one to review
    assert "Además hay 1 por revisar" in said(open_page("casos", vista="equipo"))
    assert "por revisar, sin plazo" not in said(open_page("casos", vista="mios"))
    case_actions.close(store, LOCAL, CaseRef(cases[2].id, 2), Outcome.ATTENDED, at=now)
    assert "por revisar, sin plazo" not in said(open_page("casos", vista="equipo"))


def test_a_list_to_review_has_no_board_and_draws_the_filter_that_it_applies(
    open_page: OpenPage, cases: list[CaseRef]
) -> None:
    page = open_page("casos", vista="revisar", forma="tablero")
    assert people(page) == [NAMES[2]]
    assert not [one for one in page.segmented_control if one.key == "cases_form"]
    stage = page.selectbox(key="cases_etapa")
    assert "Cerrado" not in stage.options
    stage.set_value("en_curso")
    page.run()
    assert "Ningún caso cumple estos filtros." in said(page)
    page.segmented_control(key="cases_view").set_value("equipo")
    page.run()
    assert page.subheader[0].value.startswith("Sin reconocer")
    assert dict(page.query_params) == {"vista": "equipo", "forma": "tablero"}


def test_a_board_drops_from_its_address_the_stage_that_it_shows_all_of(
    open_page: OpenPage, cases: list[CaseRef]
) -> None:
    page = open_page("casos", vista="equipo", etapa="en_curso")
    page.segmented_control(key="cases_form").set_value("tablero")
    page.run()
    assert dict(page.query_params) == {"vista": "equipo", "forma": "tablero"}
    assert page.subheader[0].value == "Sin reconocer · 2"


def test_a_filter_that_is_chosen_is_in_the_address_and_can_be_dropped(
    open_page: OpenPage, cases: list[CaseRef]
) -> None:
    page = open_page("casos", vista="equipo")
    page.selectbox(key="cases_etapa").set_value("pospuesto")
    page.run()
    assert dict(page.query_params) == {"vista": "equipo", "etapa": "pospuesto"}
    assert "Ningún caso cumple estos filtros." in said(page)
    press(page, "Quitar filtros")
    assert people(page) == [NAMES[1], NAMES[0], NAMES[3]]
    assert page.selectbox(key="cases_etapa").value == ""
    assert not [one for one in page.warning if "razones" not in one.value]


def test_another_view_begins_without_filters(open_page: OpenPage, cases: list[CaseRef]) -> None:
    page = open_page("casos", vista="equipo", etapa="pospuesto")
    page.segmented_control(key="cases_view").set_value("revisar")
    page.run()
    assert people(page) == [NAMES[2]]
    assert dict(page.query_params) == {"vista": "revisar"}
    assert not [one for one in page.warning if "razones" not in one.value]


def test_an_address_holds_only_what_differs_and_is_read_as_it_was_written() -> None:
    wanted = Wanted(vista="equipo", nivel="alto", vencidos=True, pagina=3)
    assert wanted.query() == {"vista": "equipo", "nivel": "alto", "vencidos": "1", "pagina": "3"}
    assert Wanted.from_query(wanted.query()) == wanted
    assert Wanted().query() == {}


def test_several_cases_are_acknowledged_at_once_and_lost_races_are_named(
    open_page: OpenPage, store: Engine, cases: list[CaseRef], now: datetime
) -> None:
    page = open_page("casos", vista="equipo")
    assert "Elija filas" in said(page)
    select(page, 0, 1)
    assert "Reconocer (2)" in labels(page)
    case_actions.add_note(store, COUNSELOR, cases[0], "la conozco", at=now)
    press(page, "Reconocer (2)")
    shown = said(page)
    assert f"Reconocidos: 1. {NAMES[1]}." in shown
    assert f"{NAMES[0]}: No se guardó nada: la cuenta 1 escribió una nota el" in shown
    assert case_row(store, cases[1].id)["acknowledged_by"] == "local"
    assert case_row(store, cases[0].id)["acknowledged_at"] is None
    # What was refused is still selected, wherever it stands now.
    press(page, "Reconocer (1)")
    assert case_row(store, cases[0].id)["acknowledged_by"] == "local"
    assert "No se guardó nada" not in said(page)


def test_what_became_of_several_is_told_once_and_not_after_another_page(
    open_page: OpenPage, store: Engine, cases: list[CaseRef]
) -> None:
    page = select(open_page("casos", vista="equipo"), 0)
    press(page, "Reconocer (1)")
    assert "Reconocidos: 1." in said(page)
    page.run()
    assert "Reconocidos: 1." not in said(page)
    outcomes_left = Told("cases", "Hecho.", ())
    page.session_state[OUTCOME] = outcomes_left
    page.switch_page(str(FOLDER / "hoy.py")).run()
    assert "Hecho." not in said(page)
    page.switch_page(str(FOLDER / "casos.py")).run()
    assert "Hecho." not in said(page)


def test_what_became_of_several_is_told_where_nobody_is_left(
    open_page: OpenPage, store: Engine, cases: list[CaseRef]
) -> None:
    page = select(open_page("casos", vista="equipo", etapa="sin_reconocer"), 0, 1)
    press(page, "Reconocer (2)")
    assert "Ningún caso cumple estos filtros." in said(page)
    assert f"Reconocidos: 2. {NAMES[1]}, {NAMES[0]}." in said(page)


def test_several_cases_are_given_to_a_colleague(
    open_page: OpenPage, store: Engine, cases: list[CaseRef]
) -> None:
    with store.begin() as connection:
        number = add_account(connection, Role.COUNSELOR, email="eva@escuela.example")
    page = select(open_page("casos", vista="equipo"), 0, 2)
    page.selectbox(key="cases_assignee").set_value(f"user:{number}")
    press(page, "Asignar (2)")
    assert "Asignados: 2." in said(page)
    assert {case_row(store, cases[i].id)["assigned_to"] for i in (1, 3)} == {f"user:{number}"}
    assert actions(store, cases[0].id) == ["abierto"]


def test_a_selection_survives_a_redraw_that_changes_the_order(
    open_page: OpenPage, store: Engine, cases: list[CaseRef], now: datetime
) -> None:
    page = select(open_page("casos", vista="equipo"), 1)
    case_actions.close(store, COUNSELOR, cases[1], Outcome.ATTENDED, at=now)
    page.run()
    assert people(page) == [NAMES[0], NAMES[3]]
    press(page, "Reconocer (1)")
    assert case_row(store, cases[0].id)["acknowledged_by"] == "local"


def test_the_board_has_a_column_for_each_stage(
    open_page: OpenPage, store: Engine, cases: list[CaseRef], now: datetime
) -> None:
    case_actions.close(store, COUNSELOR, cases[1], Outcome.REFERRED, at=now)
    page = open_page("casos", vista="equipo", forma="tablero")
    heads = [column.value for column in page.subheader][:4]
    assert heads == ["Sin reconocer · 1", "En curso · 1", "Pospuesto · 0", "Cerrado · 1"]
    assert "Ninguno pospuesto." in said(page)
    assert "Derivado" in said(page)


def test_the_load_of_the_team_is_for_who_answers_for_it(
    open_page: OpenPage, cases: list[CaseRef]
) -> None:
    page = open_page("casos", vista="equipo")
    assert page.dataframe[1].value.to_numpy().tolist() == [["quien usa esta máquina", 1, 0, 0]]
    assert len(open_page("casos", vista="equipo", viewer=COUNSELOR).dataframe) == 1


def test_people_of_whom_too_little_is_known_have_a_list_of_their_own(
    open_page: OpenPage, store: Engine, cases: list[CaseRef]
) -> None:
    page = open_page("casos", vista="insuficientes")
    assert "De todas las personas se sabe lo suficiente" in said(page)
    with store.begin() as connection:
        connection.execute(
            text("UPDATE feature SET is_sufficient = false, evidence = 1 WHERE user_id_raiz = :u"),
            {"u": scalar(store, "SELECT user_id_raiz FROM person WHERE pseudonym = 'A2-AAAA'")},
        )
    page = open_page("casos", vista="insuficientes")
    assert people(page) == [NAMES[0]]
    assert "se sabe demasiado poco: 1." in said(page)


def test_hoy_shows_as_many_as_a_day_holds_and_what_is_mine(
    open_page: OpenPage, store: Engine, cases: list[CaseRef]
) -> None:
    page = open_page("hoy")
    assert "Estas 3 hoy; nadie más espera." in said(page)
    # D was taken up today and counts.
    limited = Settings.load({"AURA_EMBEDDED": "1", "AURA_CASES_PER_DAY": "3"})
    databases.provide(limited, store)
    shown = said(page.run())
    assert "Estas 2 hoy; queda 1." in shown
    assert shown.index(NAMES[1]) < shown.index(NAMES[0])
    assert NAMES[2] not in shown
    assert "vence en 3 h 0" in shown
    assert "A su cargo: 1 · con plazo vencido: 0 · por vencer: 0" in shown
    assert "Sin reconocer" in shown
    assert "además 1 por revisar" in shown
    analyst = said(open_page("hoy", viewer=Viewer("luz", Role.ANALYST)))
    assert "a su cargo" not in analyst


def test_only_pages_of_cases_are_redrawn_when_somebody_acts_on_one(
    open_page: OpenPage, cases: list[CaseRef]
) -> None:
    for name, shows_cases in (("hoy", True), ("casos", True), ("tendencias", False)):
        page = open_page(name)
        assert (DRAWN_CASES in page.session_state) == shows_cases, name


def test_each_list_that_is_looked_at_is_in_the_log(
    open_page: OpenPage, store: Engine, cases: list[CaseRef]
) -> None:
    page = open_page("casos", vista="equipo", viewer=COUNSELOR)
    page.run()
    found = "SELECT count(*) FROM audit_log WHERE action = 'casos' AND actor = 'user:1'"
    assert scalar(store, found) == 1
