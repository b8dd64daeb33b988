"""Two counselors and one case: one wins, the other is told, and nothing that is written is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from aura_engine.store import case_actions
from aura_engine.store.access import Role, Viewer
from aura_engine.store.case_actions import CaseRef, Outcome
from aura_ui import guard
from aura_ui.outcomes import OUTCOME
from aura_ui.outcomes import Outcome as Told
from aura_ui.page import HELD
from tests.integration.store.case_rows import actions, case_row, change, open_case, population
from tests.integration.store.rows import freeze_totals, scalar
from tests.integration.ui.conftest import OpenPage
from tests.integration.ui.drawn import choose, labels, note_with, of_case, press, said

EVA, LEO = Viewer("user:1", Role.COUNSELOR), Viewer("user:2", Role.COUNSELOR)
BUTTONS = {"acknowledge": "Reconocer", "assign": "Asignar", "close": "Cerrar caso"}
DID = {"acknowledge": "reconoció el caso", "assign": "asignó el caso", "close": "cerró el caso"}
KEPT = {"acknowledge": "reconocido", "assign": "asignado", "close": "cerrado"}
TEXT = "Hablé con su tutora"


def sessions_of(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, name: str
) -> tuple[AppTest, AppTest]:
    """The page of a person in a session of Eva's and one of Leo's, before either acts."""
    pages = []
    for viewer in (EVA, LEO):
        page = open_page("ficha", p=name, viewer=viewer)
        page.session_state["as"] = viewer
        pages.append(page)
    monkeypatch.setattr(guard, "current_viewer", lambda: st.session_state["as"])
    return pages[0], pages[1]


def field(page: AppTest, name: str) -> tuple[str, list[int]]:
    """Id and place of a text area: while both stay, a browser keeps what is typed and not sent."""
    area = of_case(page.text_area, name)

    def place_in(block: Any) -> list[int] | None:
        for number, child in getattr(block, "children", {}).items():
            if child is area:
                return [number]
            below = place_in(child)
            if below is not None:
                return [number, *below]
        return None

    found = place_in(page.main)
    assert found is not None
    return str(area.proto.id), found


def news(page: AppTest) -> str:
    """What the page says that others did while a form was open."""
    assert not page.exception
    return " ".join(w.value for w in page.warning if w.value.startswith("Mientras tanto"))


def ready(page: AppTest, case: CaseRef, act: str) -> AppTest:
    return page if act == "acknowledge" else choose(page, act)


@pytest.mark.parametrize("losing", BUTTONS)
@pytest.mark.parametrize("winning", BUTTONS)
def test_of_two_at_once_one_wins_and_the_other_is_told_what_was_done(
    open_page: OpenPage,
    store: Engine,
    name: str,
    case: CaseRef,
    monkeypatch: pytest.MonkeyPatch,
    winning: str,
    losing: str,
) -> None:
    first, second = sessions_of(open_page, monkeypatch, name)
    ready(first, case, winning)
    ready(second, case, losing)
    press(first, BUTTONS[winning])
    assert not first.error
    won = case_row(store, case.id)
    press(second, BUTTONS[losing])
    assert f"No se guardó nada: la cuenta 1 {DID[winning]} el" in said(second)
    assert case_row(store, case.id) == won
    assert actions(store, case.id) == ["abierto", KEPT[winning]]


def test_both_act_one_after_the_other_and_each_leaves_one_row(
    open_page: OpenPage,
    store: Engine,
    name: str,
    case: CaseRef,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = sessions_of(open_page, monkeypatch, name)
    choose(second, "assign")
    press(first, "Reconocer")
    press(second, "Asignar")
    press(second, "Asignar")
    assert "Asignado." in said(second)
    assert actions(store, case.id) == ["abierto", "reconocido", "asignado"]
    row = case_row(store, case.id)
    assert (row["acknowledged_by"], row["assigned_to"]) == ("user:1", "user:2")


def test_a_half_written_note_outlasts_that_a_colleague_closes_the_case_and_is_kept_as_one(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef, now: datetime
) -> None:
    page = choose(open_page("ficha", p=name, viewer=EVA), "note")
    typed_in = field(page, "note")
    case_actions.close(store, LEO, case, Outcome.ATTENDED, at=now)
    page.run()  # as when the pulse finds that somebody acted
    assert field(page, "note") == typed_in
    assert "la cuenta 2 cerró el caso: atendido (" in news(page)
    assert "solo se guarda como nota" in news(page)
    of_case(page.text_area, "note").set_value(TEXT)
    press(page, "Guardar nota")
    assert "Nota guardada." in said(page)
    assert note_with(store, case) == TEXT
    assert case_row(store, case.id)["state"] == "cerrado"
    assert news(page) == ""


def test_a_note_can_be_added_to_a_closed_case_and_nothing_else_is_offered(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef, now: datetime
) -> None:
    case_actions.close(store, LEO, case, Outcome.ATTENDED, at=now)
    page = open_page("ficha", p=name, viewer=EVA)
    assert of_case(page.pills, "form").options == ["Nota"]
    assert "Abrir caso" in labels(page)
    choose(page, "note")
    of_case(page.text_area, "note").set_value(TEXT)
    press(page, "Guardar nota")
    assert actions(store, case.id) == ["abierto", "cerrado", "nota"]
    assert case_row(store, case.id)["closed_at"] == now


def test_a_half_written_note_outlasts_that_another_case_of_the_person_is_opened(
    open_page: OpenPage, store: Engine, user: str, name: str, case: CaseRef, now: datetime
) -> None:
    page = choose(open_page("ficha", p=name, viewer=EVA), "note")
    typed_in = field(page, "note")
    end_long_ago(store, case, now)
    entered_again = CaseRef(open_case(store, user, at=now), 1)
    assert entered_again.id != case.id
    page.run()
    assert field(page, "note") == typed_in
    assert "el sistema abrió el caso (" in news(page)
    assert "Es otro caso de la misma persona" in news(page)
    told = []
    for _ in range(2):
        assert note_with(store, entered_again) is None
        of_case(page.text_area, "note").set_value(TEXT)
        press(page, "Guardar nota")
        told.append("No se guardó nada todavía" in said(page))
    assert told == [True, False]
    assert "Nota guardada." in said(page)
    assert note_with(store, entered_again) == TEXT
    assert note_with(store, case) is None


@pytest.mark.parametrize("opened_by", ["the engine", "the same person elsewhere"])
def test_another_case_is_not_closed_by_a_form_of_the_former_before_it_is_told(
    open_page: OpenPage,
    store: Engine,
    user: str,
    name: str,
    case: CaseRef,
    now: datetime,
    opened_by: str,
) -> None:
    page = choose(open_page("ficha", p=name, viewer=EVA), "close")
    end_long_ago(store, case, now)
    if opened_by == "the engine":
        open_case(store, user, at=now)
    else:
        case_actions.open_case(store, EVA, name, at=now)
    told = []
    [(another,)] = rows_of(store, "SELECT id FROM risk_case WHERE state <> 'cerrado'")
    page.run()
    # A browser keeps what was chosen in a form; here it is chosen for each press.
    for _ in range(2):
        assert case_row(store, another)["closed_at"] is None
        of_case(page.selectbox, "outcome").set_value(Outcome.ATTENDED)
        press(page, "Cerrar caso")
        told.append("No se guardó nada todavía" in said(page))
    assert told == [True, False]
    assert case_row(store, another)["outcome"] == "atendido"


def end_long_ago(store: Engine, case: CaseRef, now: datetime) -> None:
    """Close a case so long ago that who enters Alto again gets another one."""
    case_actions.close(store, LEO, case, Outcome.ATTENDED, at=now)
    ago = now - timedelta(days=20)
    change(store, case.id, "opened_at = :ago, closed_at = :ago", ago=ago)


def rows_of(store: Engine, query: str) -> list[tuple[Any, ...]]:
    with store.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.mark.parametrize(("form", "name_of"), [("close", "closing"), ("assign", None)])
def test_what_no_longer_fits_a_closed_case_is_refused_in_plain_words_and_stays_written(
    open_page: OpenPage,
    store: Engine,
    name: str,
    case: CaseRef,
    now: datetime,
    form: str,
    name_of: str | None,
) -> None:
    page = choose(open_page("ficha", p=name, viewer=EVA), form)
    typed_in = name_of and field(page, name_of)
    case_actions.close(store, LEO, case, Outcome.REFERRED, at=now)
    page.run()
    if name_of:
        assert field(page, name_of) == typed_in
        of_case(page.text_area, name_of).set_value(TEXT)
    press(page, BUTTONS[form])
    assert "El caso está cerrado" in said(page)
    assert "Solo se le puede añadir una nota" in said(page)
    if name_of:
        assert of_case(page.text_area, name_of).value == TEXT
    assert case_row(store, case.id)["outcome"] == "derivado"
    assert actions(store, case.id) == ["abierto", "cerrado"]


@pytest.mark.parametrize("act", ["acknowledge", "assign", "note"])
def test_a_half_written_note_outlasts_that_a_colleague_takes_or_changes_the_case(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef, now: datetime, act: str
) -> None:
    page = choose(open_page("ficha", p=name, viewer=EVA), "note")
    typed_in = field(page, "note")
    acts = {
        "acknowledge": lambda: case_actions.acknowledge(store, LEO, case, at=now),
        "assign": lambda: case_actions.assign(store, LEO, case, LEO.name, at=now),
        "note": lambda: case_actions.add_note(store, LEO, case, "x", at=now),
    }
    acts[act]()
    page.run()
    assert field(page, "note") == typed_in
    assert "la cuenta 2" in news(page)
    assert "Lo que escribió sigue aquí" in news(page)


def test_a_reason_to_wait_outlasts_that_a_colleague_puts_the_case_off(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef, now: datetime
) -> None:
    version = case_actions.acknowledge(store, EVA, case, at=now)
    page = choose(open_page("ficha", p=name, viewer=EVA), "snooze")
    typed_in = field(page, "reason")
    case_actions.snooze(
        store, LEO, CaseRef(case.id, version), until=now + timedelta(days=2), reason="x", at=now
    )
    page.run()
    assert field(page, "reason") == typed_in
    assert "la cuenta 2 pospuso el caso" in news(page)


def test_the_first_press_after_news_tells_them_and_the_second_one_acts(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef, now: datetime
) -> None:
    page = choose(open_page("ficha", p=name, viewer=EVA), "assign")
    case_actions.assign(store, LEO, case, LEO.name, at=now)
    page.run()
    press(page, "Asignar")
    assert "No se guardó nada todavía: mientras escribía, la cuenta 2 asignó el caso" in said(page)
    assert case_row(store, case.id)["assigned_to"] == LEO.name
    press(page, "Asignar")
    assert case_row(store, case.id)["assigned_to"] == EVA.name


def test_what_one_does_oneself_while_writing_is_no_news(
    open_page: OpenPage, name: str, case: CaseRef
) -> None:
    page = choose(open_page("ficha", p=name, viewer=EVA), "note")
    press(page, "Reconocer")
    page.run()
    assert news(page) == ""


def test_what_became_of_an_action_is_told_in_the_next_drawing_only(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef, now: datetime
) -> None:
    page = open_page("ficha", p=name, viewer=EVA)
    press(page, "Reconocer")
    assert "Reconocido: el plazo se detiene." in said(page)
    assert page.session_state[HELD] > datetime.now(UTC)  # while it is read, news wait
    page.run()
    assert "Reconocido: el plazo se detiene." not in said(page)
    choose(page, "close")
    case_actions.add_note(store, LEO, CaseRef(case.id, 2), "x", at=now)
    press(page, "Cerrar caso")
    assert "No se guardó nada" in said(page)
    page.run()
    assert "No se guardó nada" not in said(page)
    assert "la cuenta 2 escribió una nota" in news(page)


def test_a_message_is_not_told_of_another_person_nor_after_another_page(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef
) -> None:

    population(store, 2)
    freeze_totals(store)
    other = scalar(store, "SELECT pseudonym FROM person WHERE pseudonym <> :name", name=name)
    page = open_page("ficha", p=name, viewer=EVA)
    page.session_state[OUTCOME] = Told(f"case_of_{name}", "Hecho.", ())
    page.query_params["p"] = str(other)
    assert "Hecho." not in said(page.run())
    page.query_params["p"] = name
    assert "Hecho." not in said(page.run())
    page.session_state[OUTCOME] = Told(f"case_of_{name}", "Hecho.", ())
    page.session_state["page_visited"] = "casos"
    assert "Hecho." not in said(page.run())
