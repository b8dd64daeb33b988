"""The page of the work list: filters in the address, several people at once, and the file."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from aura_engine.store import case_actions
from aura_engine.store.access import Role, Viewer
from aura_engine.store.case_actions import CaseRef, Outcome
from aura_engine.store.cases import CaseState
from aura_engine.store.pseudonyms import read_beginning
from aura_ui import worklist
from aura_ui.worklist_filters import Wanted
from tests.integration.store.case_rows import actions, case_row, open_case, population
from tests.integration.store.rows import freeze_totals, ids, scalar
from tests.integration.ui.conftest import OpenPage
from tests.integration.ui.drawn import labels, press, said

COUNSELOR = Viewer("user:1", Role.COUNSELOR)
ANALYST = Viewer("luz", Role.ANALYST)
NAMES = [f"{letter}2-AAAA" for letter in "ABCD"]


@pytest.fixture
def cases(store: Engine) -> list[int]:
    """A to D in ALTO, of falling ASI; A and B have a case that waits, C one to review."""
    users = population(store, 4)
    freeze_totals(store)
    given = zip(NAMES, users, (90.0, 80.0, 70.0, 60.0), strict=True)
    with store.begin() as connection:
        for name, user, severity in given:
            told = {"name": name, "user": user, "severity": severity}
            for change in (
                "UPDATE person SET pseudonym = :name WHERE user_id_raiz = :user",
                "UPDATE feature SET severity_index = :severity WHERE user_id_raiz = :user",
            ):
                connection.execute(text(change), told)
    states = (CaseState.OPEN, CaseState.OPEN, CaseState.TO_REVIEW)
    return [
        open_case(store, user, state=state, at=datetime.now(UTC))
        for user, state in zip(users, states, strict=False)
    ]


def people(page: AppTest) -> str:
    assert not page.exception
    return "" if not page.dataframe else "".join(n[0] for n in page.dataframe[0].value["Persona"])


def select(page: AppTest, *rows: int) -> AppTest:
    page.session_state[page.dataframe[0].key] = {
        "selection": {"rows": list(rows), "columns": [], "cells": []}
    }
    return page.run()


@pytest.mark.parametrize(
    ("query", "who"),
    [
        ({}, "ABCD"),
        ({"inverso": "1"}, "DCBA"),
        ({"nivel": "bajo"}, ""),
        ({"nivel": "todos", "buscar": "c2aa"}, "C"),
        ({"minimo": "75"}, "AB"),
        ({"caso": "por_revisar"}, "C"),
        ({"caso": "sin_caso"}, "D"),
        ({"evidencia": "insuficiente"}, ""),
        ({"dejo": "1"}, ""),
        ({"nivel": "x", "orden": "x", "caso": "x", "minimo": "-1", "pagina": "x"}, "ABCD"),
        ({"buscar": "Juan Pérez"}, "ABCD"),
        ({"pagina": "99"}, "ABCD"),
    ],
    ids=str,
)
def test_the_address_says_whom_the_list_holds(
    open_page: OpenPage, cases: list[int], query: dict[str, str], who: str
) -> None:
    page = open_page("alto_riesgo", **query)
    assert people(page) == who
    assert not page.warning or "razones" in page.warning[0].value


def test_an_address_holds_only_what_differs_and_no_case_for_who_may_not_see_them() -> None:
    wanted = Wanted(nivel="todos", orden="dias", caso="en_curso", minimo=60, dejo=True, pagina=2)
    assert wanted.query() == {
        "nivel": "todos", "orden": "dias", "caso": "en_curso", "minimo": "60", "dejo": "1",
        "pagina": "2",
    }  # fmt: skip
    assert Wanted.from_query(wanted.query(), COUNSELOR) == wanted
    assert Wanted.from_query(wanted.query(), ANALYST).caso == ""
    assert Wanted().query() == {}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("k", "K"), ("k7", "K7"), (" K7-fq ", "K7-FQ"), ("k7fq2m", "K7-FQ2M"), ("K7-", "K7-"),
        ("", None), ("juan", None), ("K7-FQ2MM", None), ("77", None), ("k7_", None),
        ("%", None), ("00000000-0000-0000-0000-000000000001", None),
    ],
)  # fmt: skip
def test_only_what_can_begin_a_pseudonym_is_looked_for(typed: str, read: str | None) -> None:
    assert read_beginning(typed) == read


def test_a_search_goes_through_all_levels_and_a_name_is_not_looked_for(
    open_page: OpenPage, cases: list[int]
) -> None:
    page = open_page("alto_riesgo", nivel="bajo")
    page.text_input(key="high_buscar").set_value("b2")
    page.run()
    assert people(page) == "B"
    assert dict(page.query_params) == {"nivel": "todos", "buscar": "B2"}
    page.text_input(key="high_buscar").set_value("Juan Pérez")
    page.run()
    assert "se busca solo por seudónimo" in said(page)
    assert dict(page.query_params) == {"nivel": "todos", "buscar": "B2"}
    press(page, "Quitar filtros")
    assert people(page) == "ABCD"
    assert dict(page.query_params) == {"nivel": "todos"}
    assert page.text_input(key="high_buscar").value == ""


def test_a_filter_that_is_chosen_is_in_the_address(open_page: OpenPage, cases: list[int]) -> None:
    page = open_page("alto_riesgo")
    page.selectbox(key="high_caso").set_value("sin_reconocer")
    page.run()
    assert people(page) == "AB"
    assert dict(page.query_params) == {"caso": "sin_reconocer"}
    page.selectbox(key="high_orden").set_value("dias")
    page.run()
    assert dict(page.query_params) == {"caso": "sin_reconocer", "orden": "dias"}


def test_the_state_of_each_case_is_beside_the_person(open_page: OpenPage, cases: list[int]) -> None:
    shown = open_page("alto_riesgo").dataframe[0].value
    assert list(shown["Caso"]) == ["Sin reconocer", "Sin reconocer", "Por revisar", "Sin caso"]
    for_analyst = open_page("alto_riesgo", viewer=ANALYST)
    assert "Caso" not in for_analyst.dataframe[0].value
    assert all("high_caso" not in box.key for box in for_analyst.selectbox)


def test_selected_cases_are_acknowledged_and_who_has_none_is_counted(
    open_page: OpenPage, store: Engine, cases: list[int]
) -> None:
    page = select(open_page("alto_riesgo"), 0, 3)
    assert "Sin caso que reconocer ni asignar: 1." in said(page)
    press(page, "Reconocer (1)")
    assert "Reconocidos: 1." in said(page)
    assert case_row(store, cases[0])["acknowledged_by"] == "local"
    assert case_row(store, cases[1])["acknowledged_at"] is None
    assert not any(label.startswith("Reconocer (") for label in labels(page))


def test_a_selection_is_given_to_who_is_chosen_and_lost_races_are_named(
    open_page: OpenPage, store: Engine, cases: list[int]
) -> None:
    page = select(open_page("alto_riesgo"), 0, 1)
    case_actions.add_note(
        store, COUNSELOR, CaseRef(cases[0], 1), "la conozco", at=datetime.now(UTC)
    )
    press(page, "Asignar (2)")
    shown = said(page)
    assert "Asignados: 1." in shown
    assert f"{NAMES[0]}: No se guardó nada" in shown
    assert case_row(store, cases[0])["assigned_to"] is None
    assert case_row(store, cases[1])["assigned_to"] == "local"


def test_of_five_it_is_said_by_pseudonym_which_went_and_which_did_not(
    open_page: OpenPage, store: Engine, cases: list[int]
) -> None:
    more = [*ids(4)[3:], *population(store, 5)[4:]]
    freeze_totals(store)
    cases += [open_case(store, user, at=datetime.now(UTC)) for user in more]
    page = open_page("alto_riesgo")
    order = list(page.dataframe[0].value["Persona"])
    page = select(page, *range(5))
    taken = scalar(store, "SELECT pseudonym FROM risk_case WHERE id = :id", id=cases[1])
    case_actions.acknowledge(store, COUNSELOR, CaseRef(cases[1], 1), at=datetime.now(UTC))
    press(page, "Reconocer (5)")
    shown = said(page)
    went = ", ".join(name for name in order if name != taken)
    assert f"Reconocidos: 4. {went}." in shown
    assert f"{taken}: No se guardó nada: la cuenta 1 reconoció el caso el" in shown
    assert case_row(store, cases[1])["acknowledged_by"] == "user:1"
    assert {case_row(store, case)["acknowledged_by"] for case in (cases[0], *cases[2:])} == {
        "local"
    }
    for case in cases:
        assert actions(store, case).count("reconocido") == 1


def test_a_selection_is_of_people_and_survives_another_order(
    open_page: OpenPage, store: Engine, cases: list[int]
) -> None:
    page = select(open_page("alto_riesgo"), 0, 1)
    assert "Reconocer (2)" in labels(page)
    with store.begin() as connection:
        connection.execute(
            text("UPDATE feature SET severity_index = 99 WHERE user_id_raiz = :user"),
            {"user": ids(4)[3]},
        )
    page.run()
    assert people(page) == "DABC"
    press(page, "Reconocer (2)")
    assert {case_row(store, case_id)["acknowledged_by"] for case_id in cases[:2]} == {"local"}
    assert not any(label.startswith("Reconocer (") for label in labels(page))


def test_who_closes_a_case_elsewhere_makes_it_none_here(
    open_page: OpenPage, store: Engine, cases: list[int]
) -> None:
    case_actions.close(
        store, COUNSELOR, CaseRef(cases[0], 1), Outcome.ATTENDED, at=datetime.now(UTC)
    )
    shown = open_page("alto_riesgo").dataframe[0].value
    assert shown["Caso"].iloc[0] == "Sin caso"


def exported(page: AppTest) -> list[list[str]]:
    made = page.session_state["high_file"][2]
    return list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))


@pytest.mark.parametrize("viewer", [COUNSELOR, ANALYST], ids=lambda v: v.role.value)
def test_the_file_holds_what_is_filtered_without_identities_and_is_noted(
    open_page: OpenPage, store: Engine, cases: list[int], viewer: Viewer
) -> None:
    page = open_page("alto_riesgo", viewer=viewer, minimo="70")
    press(page, "Preparar CSV")
    rows = exported(page)
    assert [row[0] for row in rows[1:]] == NAMES[:3]
    assert ("Caso" in rows[0]) == (viewer is COUNSELOR)
    assert not any(user in str(rows) for user in ids(4))
    noted = "SELECT count(*) FROM audit_log WHERE action = 'alto_riesgo_csv' AND actor = :who"
    assert scalar(store, noted, who=viewer.name) == 1


def test_a_file_that_is_cut_says_so_and_another_filter_drops_it(
    open_page: OpenPage, cases: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklist, "EXPORT_MOST", 3)
    page = open_page("alto_riesgo")
    press(page, "Preparar CSV")
    assert len(exported(page)) == 4
    assert "las primeras 3 de 4" in said(page)
    page.selectbox(key="high_minimo").set_value(80)
    page.run()
    assert "high_file" not in page.session_state


def test_what_cannot_be_noted_is_not_exported(
    open_page: OpenPage, store: Engine, cases: list[int]
) -> None:
    page = open_page("alto_riesgo")
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE audit_log RENAME TO away"))
    press(page, "Preparar CSV")
    assert "./aura db upgrade" in said(page)
    assert "high_file" not in page.session_state
