"""The case on a person's page: its states, what can be done in each, and a race that is lost."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from aura_engine.store import case_actions
from aura_engine.store.access import ANONYMOUS, LOCAL, Role, Viewer
from aura_engine.store.accounts import add_account
from aura_engine.store.case_actions import CaseRef, Outcome
from aura_engine.store.cases import CaseState
from aura_engine.store.people import remove_people
from aura_ui import guard
from tests.integration.store.case_rows import actions, case_row, change, look, open_case
from tests.integration.ui.conftest import OpenPage
from tests.integration.ui.drawn import choose, labels, note_with, of_case, press, said

COUNSELOR = Viewer("user:1", Role.COUNSELOR)


def test_without_a_case_it_is_said_when_one_is_opened(open_page: OpenPage, name: str) -> None:
    page = open_page("ficha", p=name)
    assert "cuando el nivel Alto dura 20 horas, o antes si el ASI llega a 70" in said(page)
    assert "Reconocer" not in labels(page)


def test_below_high_it_is_said_who_gets_a_case(
    open_page: OpenPage, store: Engine, name: str
) -> None:
    with store.begin() as connection:
        connection.execute(text("UPDATE feature SET cluster_label = 'BAJO_RIESGO'"))
    page = open_page("ficha", p=name)
    assert "Sin caso: se abre cuando alguien se mantiene en Alto" in said(page)


def test_somebody_without_a_case_is_taken_up_from_their_page(
    open_page: OpenPage, store: Engine, name: str
) -> None:
    page = open_page("ficha", p=name, viewer=COUNSELOR)
    press(page, "Abrir caso")
    assert "Caso abierto, a su cargo." in said(page)
    assert "En curso" in said(page)
    assert "Abrir caso" not in labels(page)
    page = open_page("ficha", p=name, viewer=LOCAL)
    assert "a cargo de la cuenta 1" in said(page)


def test_what_is_pressed_by_somebody_else_than_the_page_was_drawn_for_does_nothing(
    open_page: OpenPage,
    store: Engine,
    name: str,
    case: CaseRef,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = open_page("ficha", p=name, viewer=COUNSELOR)
    monkeypatch.setattr(guard, "current_viewer", lambda: None)
    press(page, "Reconocer")
    assert case_row(store, case.id)["acknowledged_by"] is None
    other = Viewer("user:1", Role.ANALYST)
    page = open_page("ficha", p=name, viewer=COUNSELOR)
    monkeypatch.setattr(guard, "current_viewer", lambda: other)
    press(page, "Reconocer")
    assert case_row(store, case.id)["acknowledged_by"] is None


def test_whoever_nobody_knows_looks_and_does_nothing(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef
) -> None:
    page = open_page("ficha", p=name, viewer=ANONYMOUS)
    press(page, "Reconocer")
    assert "sin identificarse" in " ".join(element.value for element in page.error)
    assert case_row(store, case.id)["acknowledged_by"] is None


def test_a_case_that_waits_is_acknowledged_on_the_page(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef
) -> None:
    page = open_page("ficha", p=name, viewer=COUNSELOR)
    shown = said(page)
    assert "Sin reconocer" in shown
    assert "Urgente" in shown
    assert "espera desde hace 2 h" in shown
    assert "sin asignar" in shown
    assert "el sistema abrió el caso" in shown
    assert "siga ahora el protocolo" in shown
    press(page, "Reconocer")
    assert "Reconocido: el plazo se detiene." in said(page)
    assert "a cargo de la cuenta 1" in said(page)
    assert "En curso" in said(page)
    assert "Reconocer" not in labels(page)
    assert case_row(store, case.id)["acknowledged_by"] == "user:1"


def test_a_deadline_is_shown_before_the_clock_has_set_it(
    open_page: OpenPage, store: Engine, user: str, name: str, now: datetime
) -> None:
    case = open_case(store, user, at=now)
    assert case_row(store, case)["due_at"] is None
    assert "· vence e" in said(open_page("ficha", p=name))


def test_a_note_is_written_and_told_in_the_timeline(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef
) -> None:
    page = open_page("ficha", p=name)
    choose(page, "note")
    of_case(page.text_area, "note").set_value("Hablé con <su> tutora")
    press(page, "Guardar nota")
    assert "Nota guardada." in said(page)
    assert "Hablé con &lt;su&gt; tutora" in said(page)
    assert "<su>" not in said(page)
    assert note_with(store, case) == "Hablé con <su> tutora"
    assert of_case(page.pills, "form").value is None


def test_a_half_written_note_survives_a_redraw_and_a_refusal(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef, now: datetime
) -> None:
    page = open_page("ficha", p=name)
    choose(page, "close")
    of_case(page.text_area, "closing").set_value("Ya la ve su médico")
    case_actions.acknowledge(store, COUNSELOR, case, at=now)
    press(page, "Cerrar caso")
    shown = said(page)
    assert "No se guardó nada: la cuenta 1 reconoció el caso el" in shown
    assert of_case(page.text_area, "closing").value == "Ya la ve su médico"
    assert actions(store, case.id)[-1] == "reconocido"
    press(page, "Cerrar caso")
    assert "Caso cerrado." in said(page)
    assert "No se guardó nada" not in said(page)
    assert case_row(store, case.id)["outcome"] == "atendido"


def test_another_action_leaves_an_open_form_open(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef
) -> None:
    """Until it is sent, what is typed in a form is the browser's, as long as the form is there."""
    page = open_page("ficha", p=name)
    choose(page, "note")
    press(page, "Reconocer")
    assert case_row(store, case.id)["acknowledged_at"] is not None
    assert of_case(page.pills, "form").value == "note"
    assert of_case(page.text_area, "note")


def test_a_false_positive_needs_a_note(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef
) -> None:
    page = open_page("ficha", p=name)
    choose(page, "close")
    of_case(page.selectbox, "outcome").set_value(Outcome.FALSE_POSITIVE)
    press(page, "Cerrar caso")
    assert "necesita una nota" in said(page)
    of_case(page.text_area, "closing").set_value("Jugaba de noche")
    press(page, "Cerrar caso")
    shown = said(page)
    assert "Cerrado" in shown
    assert "cerró el caso: falso positivo" in shown
    assert "Jugaba de noche" in shown
    assert not {"Reconocer", "Retomar", "Cerrar caso"} & set(labels(page))
    assert of_case(page.pills, "form").options == ["Nota"]


def test_an_acknowledged_case_is_put_off_and_taken_up_again(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef, now: datetime
) -> None:
    page = open_page("ficha", p=name)
    assert of_case(page.pills, "form").options == ["Asignar", "Nota", "Cerrar"]
    press(page, "Reconocer")
    assert "Posponer" in of_case(page.pills, "form").options
    choose(page, "snooze")
    press(page, "Posponer")
    assert "Diga por qué" in said(page)
    of_case(page.text_area, "reason").set_value("Está de viaje")
    press(page, "Posponer")
    shown = said(page)
    assert "Pospuesto" in shown
    assert "Está de viaje" in shown
    until = case_row(store, case.id)["snoozed_until"]
    assert timedelta(days=5) < until - now < timedelta(days=8)
    press(page, "Retomar")
    assert "En curso" in said(page)
    assert case_row(store, case.id)["snoozed_until"] is None


def test_a_case_is_given_to_a_colleague(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef
) -> None:
    with store.begin() as connection:
        number = add_account(connection, Role.COUNSELOR, email="eva@escuela.example")
        add_account(connection, Role.ANALYST, email="luz@escuela.example")
    page = open_page("ficha", p=name)
    choose(page, "assign")
    offered = of_case(page.selectbox, "assignee")
    assert offered.options == ["A mí", "eva@escuela.example"]
    offered.set_value(f"user:{number}")
    press(page, "Asignar")
    assert "a cargo de eva@escuela.example" in said(page)
    assert "asignó el caso a eva@escuela.example" in said(page)


def test_an_overdue_case_says_so_and_to_whom_it_was_escalated(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef, now: datetime
) -> None:
    change(store, case.id, "due_at = :due", due=now - timedelta(minutes=90))
    look(store, now)
    shown = said(open_page("ficha", p=name))
    assert "venció hace 1 h" in shown
    assert "escalado a supervisión" in shown
    assert "el sistema escaló el caso a supervisión: venció el plazo" in shown


def test_a_case_to_review_says_that_nobodys_conduct_changed(
    open_page: OpenPage, store: Engine, user: str, name: str, now: datetime
) -> None:
    open_case(store, user, state=CaseState.TO_REVIEW, at=now)
    shown = said(open_page("ficha", p=name))
    assert "Por revisar" in shown
    assert "no un cambio de conducta" in shown
    assert "vence" not in shown


def test_the_case_of_a_deleted_account_is_shown_and_closed(
    open_page: OpenPage, store: Engine, user: str, name: str, case: CaseRef, now: datetime
) -> None:
    with store.begin() as connection:
        remove_people(connection, [user], as_of=now)
    page = open_page("ficha", p=name)
    assert "Cuenta eliminada el" in said(page)
    assert page.subheader[0].value == name
    choose(page, "close")
    press(page, "Cerrar caso")
    assert case_row(store, case.id)["state"] == "cerrado"


def test_each_look_at_a_person_is_in_the_log_once(
    open_page: OpenPage, store: Engine, user: str, name: str, case: CaseRef
) -> None:
    page = open_page("ficha", p=name, viewer=COUNSELOR)
    page.run()
    with store.connect() as connection:
        logged = connection.execute(
            text("SELECT actor, role, action, user_id_raiz::text FROM audit_log")
        ).all()
    assert [tuple(row) for row in logged] == [("user:1", "counselor", "ficha", user)]


def test_a_page_that_cannot_be_noted_shows_nobody(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef
) -> None:
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE audit_log RENAME TO gone"))
    page = open_page("ficha", p=name)
    assert not page.exception
    assert page.error
    assert name not in " ".join(str(element.value) for element in page.subheader)
    assert "Reconocer" not in labels(page)


def test_local_is_a_supervisor_of_this_machine(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef
) -> None:
    press(open_page("ficha", p=name), "Reconocer")
    assert case_row(store, case.id)["assigned_to"] == LOCAL.name


def test_no_case_is_closed_without_a_chosen_outcome(
    open_page: OpenPage, store: Engine, name: str, case: CaseRef
) -> None:
    page = open_page("ficha", p=name)
    of_case(page.pills, "form").set_value("close")
    press(page.run(), "Cerrar caso")
    assert "Falta elegir cómo termina el caso" in said(page)
    assert case_row(store, case.id)["state"] == "abierto"
