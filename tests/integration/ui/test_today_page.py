"""Hoy as a counselor's portion of a day: it ends, it never hides what is late, and it says why."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from aura_engine.settings import Settings
from aura_engine.store import case_actions
from aura_engine.store.access import LOCAL, Role, Viewer
from aura_engine.store.accounts import add_account
from aura_engine.store.case_actions import CaseRef
from aura_engine.store.cases import CaseState
from aura_engine.store.reads import team
from aura_engine.store.services import report
from aura_ui import databases
from tests.integration.store.case_rows import change, open_case, population
from tests.integration.store.rows import freeze_totals, scalar
from tests.integration.ui.conftest import OpenPage
from tests.integration.ui.drawn import said

HOUR = timedelta(hours=1)


@pytest.fixture
def cases(store: Engine, now: datetime) -> list[CaseRef]:
    """Four who wait, due in 30 to 33 hours."""
    users = population(store, 4)
    freeze_totals(store)
    opened = [open_case(store, user, at=now - HOUR) for user in users]
    for number, case in enumerate(opened):
        change(store, case, "due_at = :due", due=now + (30 + number) * HOUR)
    return [CaseRef(case, 1) for case in opened]


@pytest.fixture
def names(store: Engine, cases: list[CaseRef]) -> list[str]:
    found = "SELECT pseudonym FROM risk_case WHERE id = :id"
    return [str(scalar(store, found, id=case.id)) for case in cases]


def hoy(open_page: OpenPage, store: Engine, viewer: Viewer = LOCAL, capacity: str = "2") -> AppTest:
    page = open_page("hoy", viewer=viewer)
    settings = Settings.load({"AURA_EMBEDDED": "1", "AURA_CASES_PER_DAY": capacity})
    databases.provide(settings, store)
    return page.run()


def first(page: AppTest, names: list[str]) -> list[str]:
    """Who stands in the list of today, in its order."""
    assert not page.exception
    rows = [element.body for element in page.html if "aura-row" in element.body]
    return [name for row in rows for name in names if name in row]


def test_the_list_shrinks_as_people_are_taken_up_and_ends(
    open_page: OpenPage, store: Engine, cases: list[CaseRef], names: list[str], now: datetime
) -> None:
    page = hoy(open_page, store)
    assert "Estas 2 hoy; quedan 2." in said(page)
    assert "Caben hoy: 2; ya tomadas hoy: 0." in said(page)
    case_actions.acknowledge(store, LOCAL, cases[0], at=now)
    page.run()
    assert "Esta persona hoy; quedan 2." in said(page)
    assert "ya tomadas hoy: 1." in said(page)
    assert names[1] in said(page)
    assert names[2] not in said(page)
    case_actions.acknowledge(store, LOCAL, cases[1], at=now)
    page.run()
    assert "Lo de hoy está hecho y nada vencido espera; quedan 2." in said(page)
    assert names[2] not in said(page)


def test_of_who_is_not_in_high_is_said_that_the_case_goes_on(
    open_page: OpenPage, store: Engine, cases: list[CaseRef]
) -> None:
    not_high = "no está en Alto; el caso sigue abierto"
    assert said(hoy(open_page, store)).count(not_high) == 0
    with store.begin() as connection:
        connection.execute(
            text(
                "UPDATE feature SET cluster_label = 'BAJO_RIESGO' WHERE user_id_raiz ="
                " (SELECT user_id_raiz FROM risk_case WHERE id = :case)"
            ),
            {"case": cases[0].id},
        )
    assert said(hoy(open_page, store)).count(not_high) == 1


def test_who_is_late_is_shown_when_the_day_is_done(
    open_page: OpenPage, store: Engine, cases: list[CaseRef], names: list[str], now: datetime
) -> None:
    for case in cases[:2]:
        case_actions.acknowledge(store, LOCAL, case, at=now)
    change(store, cases[3].id, "due_at = :due", due=now - 2 * HOUR)
    page = hoy(open_page, store)
    shown = said(page)
    assert "Lo de hoy está hecho. Aun así, una vencida o escalada no debe esperar" in shown
    assert "venció hace 2 h" in shown
    assert names[3] in shown
    assert names[2] not in shown


def test_who_is_late_beyond_what_one_list_holds_is_counted_with_a_way_to_them(
    open_page: OpenPage,
    store: Engine,
    cases: list[CaseRef],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for case in cases:
        change(store, case.id, "due_at = :due", due=now - HOUR)
    monkeypatch.setattr(team, "MOST_LATE", 1)
    page = hoy(open_page, store)
    assert "Hay 2 más con el plazo vencido o escaladas." in said(page)
    assert "Estas 2 hoy; quedan 2." in said(page)


def test_what_a_colleague_takes_up_leaves_ones_own_day_as_it_is(
    open_page: OpenPage, store: Engine, cases: list[CaseRef], names: list[str], now: datetime
) -> None:
    case_actions.acknowledge(store, Viewer("user:9", Role.COUNSELOR), cases[0], at=now)
    assert "Estas 2 hoy; queda 1." in said(hoy(open_page, store))
    assert "ya tomadas hoy: 1." in said(hoy(open_page, store, capacity="team:2"))
    case_actions.acknowledge(store, LOCAL, cases[1], at=now - timedelta(days=2))
    assert "ya tomadas hoy: 0." in said(hoy(open_page, store))


def test_two_counselors_are_not_sent_to_the_same_first_rows(
    open_page: OpenPage, store: Engine, now: datetime
) -> None:
    users = population(store, 12)
    freeze_totals(store)
    for user in users:
        open_case(store, user, state=CaseState.TO_REVIEW, at=now)
    with store.begin() as connection:
        eva, leo = (
            Viewer(f"user:{add_account(connection, Role.COUNSELOR, email=email)}", Role.COUNSELOR)
            for email in ("eva@escuela.example", "leo@escuela.example")
        )
    with store.connect() as connection:
        everyone = list(connection.exec_driver_sql("SELECT pseudonym FROM person").scalars())
    of_eva, of_leo = (
        set(first(hoy(open_page, store, viewer, "3"), everyone)) for viewer in (eva, leo)
    )
    assert (len(of_eva), len(of_leo)) == (3, 3)
    assert not of_eva & of_leo
    assert set(first(hoy(open_page, store, eva, "3"), everyone)) == of_eva
    assert "la parte que le toca a usted" in said(hoy(open_page, store, eva, "3"))


def test_each_row_says_since_when_somebody_waits_and_whose_they_are(
    open_page: OpenPage, store: Engine, cases: list[CaseRef], names: list[str], now: datetime
) -> None:
    case_actions.assign(store, LOCAL, cases[2], LOCAL.name, at=now)
    shown = said(hoy(open_page, store))
    assert "espera desde hace 1 h · a su cargo" in shown
    assert shown.index(names[2]) < shown.index(names[0])
    with store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM case_action")
        connection.exec_driver_sql("DELETE FROM risk_case")
    assert "sin caso abierto" in said(hoy(open_page, store))


def test_one_line_says_of_when_the_data_are_and_what_is_missing(
    open_page: OpenPage, store: Engine, cases: list[CaseRef], now: datetime
) -> None:
    with store.begin() as connection:
        connection.execute(text("UPDATE pipeline_run SET as_of = :now"), {"now": now})

    def line(shown: object) -> list[str]:
        return [element.value for element in shown if "Datos del" in element.value]  # type: ignore[attr-defined]

    page = hoy(open_page, store)
    [told] = line(page.warning)
    assert "planificador" in told.lower()
    assert line(page.caption) == []
    report(store, "scheduler", instance="a")
    page = hoy(open_page, store)
    assert line(page.warning) == []
    [told] = line(page.caption)
    assert told.endswith(" · todo en marcha")


def test_a_number_that_changed_while_the_page_is_looked_at_is_marked_once(
    open_page: OpenPage, store: Engine, cases: list[CaseRef], now: datetime
) -> None:
    def marked(page: AppTest) -> int:
        assert not page.exception
        return sum(element.body.count('"number changed"') for element in page.html)

    page = hoy(open_page, store)
    assert marked(page) == 0
    case_actions.acknowledge(store, LOCAL, cases[0], at=now)
    assert marked(page.run()) == 1
    assert marked(page.run()) == 0
