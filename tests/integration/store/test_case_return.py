"""Whoever needs it comes back: taken up by hand, more severe after all, or left by their holder."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from aura_engine.errors import AccessDenied, CaseRefused
from aura_engine.store import case_actions
from aura_engine.store.access import ANONYMOUS, LOCAL, Role, Viewer
from aura_engine.store.accounts import disable_account
from aura_engine.store.case_actions import CaseRef, Outcome
from aura_engine.store.cases import REOPEN_WITHIN
from tests.integration.store.case_rows import (
    MONDAY,
    actions,
    case_row,
    local,
    look,
    open_case,
    population,
    see,
    snooze,
)
from tests.integration.store.test_case_actions import GROUP, account, joined, mark
from tests.integration.store.test_case_clock import alert

NOON = local(2, 12)


@pytest.fixture
def user(store: Engine) -> str:
    return population(store, 1)[0]


def pseudonym(store: Engine, user: str) -> str:
    with store.connect() as connection:
        query = text("SELECT pseudonym FROM person WHERE user_id_raiz = :user")
        return str(connection.scalar(query, {"user": user}))


def close(store: Engine, case: int, viewer: Viewer = LOCAL) -> None:
    ref = CaseRef(case, case_row(store, case)["version"])
    case_actions.close(store, viewer, ref, Outcome.ATTENDED, at=NOON)


def test_somebody_without_a_case_is_taken_up_and_looked_after(store: Engine, user: str) -> None:
    ana = account(store, Role.COUNSELOR, "ana@escuela.example")
    case = case_actions.open_case(store, ana, pseudonym(store, user), at=NOON)
    row = case_row(store, case)
    assert (row["state"], row["acknowledged_by"], row["assigned_to"]) == (
        "abierto", ana.name, ana.name,
    )  # fmt: skip
    assert actions(store, case) == ["abierto"]
    with pytest.raises(CaseRefused, match="Ya tiene un caso abierto"):
        case_actions.open_case(store, LOCAL, pseudonym(store, user), at=NOON)
    assert look(store, local(9, 9)).escalated == 0


def test_a_case_that_was_closed_by_mistake_opens_again_for_a_while(
    store: Engine, user: str
) -> None:
    case = open_case(store, user)
    close(store, case)
    name = pseudonym(store, user)
    assert case_actions.open_case(store, LOCAL, name, at=NOON + timedelta(hours=1)) == case
    row = case_row(store, case)
    assert (row["closed_at"], row["outcome"], row["closed_severity"]) == (None, None, None)
    assert actions(store, case) == ["abierto", "cerrado", "reabierto"]
    close(store, case)
    later = NOON + REOPEN_WITHIN
    assert case_actions.open_case(store, LOCAL, name, at=later) != case


def test_nobody_is_taken_up_who_is_not_in_sight_nor_by_nobody(store: Engine) -> None:
    ours, other = population(store, 2)
    joined(store, [ours])
    scoped = account(store, Role.COUNSELOR, "leo@escuela.example", {GROUP})
    for name in (pseudonym(store, other), "X9-XXXX"):
        with pytest.raises(CaseRefused, match="Nadie a la vista"):
            case_actions.open_case(store, scoped, name, at=NOON)
    assert case_actions.open_case(store, scoped, pseudonym(store, ours), at=NOON)
    for viewer in (ANONYMOUS, Viewer("luz", Role.ANALYST), Viewer("bot", Role.SERVICE)):
        with pytest.raises(AccessDenied):
            case_actions.open_case(store, viewer, pseudonym(store, other), at=NOON)


@pytest.mark.parametrize(
    ("closed_at_asi", "later", "comes_back"),
    [
        (60.0, 69.9, False), (60.0, 70.0, True), (90.0, 94.9, False), (90.0, 95.0, True),
        (98.0, 98.9, False), (98.0, 99.0, True), (99.5, 100.0, False), (100.0, 100.0, False),
    ],
)  # fmt: skip
def test_who_stays_in_alto_and_becomes_more_severe_comes_back_though_closed(
    store: Engine, user: str, closed_at_asi: float, later: float, comes_back: bool
) -> None:
    see(store, closed_at_asi, [user])
    case = open_case(store, user)
    close(store, case)
    assert look(store, local(3, 9)).reopened == 0
    see(store, later, [user])
    assert look(store, local(3, 10)).reopened == comes_back
    row = case_row(store, case)
    if comes_back:
        priority = "URGENTE" if later > 80 else "ALTA"
        assert (row["state"], row["priority"], row["waiting_since"]) == (
            "abierto", priority, local(3, 10),
        )  # fmt: skip
        assert row["due_at"] is not None
        assert actions(store, case) == ["abierto", "cerrado", "reabierto"]
    else:
        assert row["state"] == "cerrado"


def test_a_case_closed_long_ago_is_not_opened_again_by_the_clock(store: Engine, user: str) -> None:
    see(store, 60.0, [user])
    case = open_case(store, user)
    close(store, case)
    see(store, 90.0, [user])
    assert look(store, NOON + REOPEN_WITHIN).reopened == 0
    assert case_row(store, case)["state"] == "cerrado"


@pytest.mark.parametrize(
    ("put_off_at_asi", "now", "ends"),
    [(95.0, 97.4, False), (95.0, 97.5, True), (99.5, 100.0, False), (100.0, 100.0, False)],
)
def test_a_snooze_near_the_end_of_the_scale_ends_by_half_of_what_is_left_if_that_is_seen(
    store: Engine, user: str, put_off_at_asi: float, now: float, ends: bool
) -> None:
    case = open_case(store, user)
    snooze(store, case, at=MONDAY, until=local(20, 9), severity=put_off_at_asi)
    see(store, now, [user])
    assert look(store, local(3, 9)).returned == ends


def test_an_alert_ends_a_snooze(store: Engine, user: str) -> None:
    case = open_case(store, user)
    alert(store, user, "HIGH", at=MONDAY - timedelta(minutes=1))
    snooze(store, case, at=MONDAY, until=local(20, 9), severity=90.0)
    see(store, 85.0, [user])
    assert look(store, local(3, 9)).returned == 0
    alert(store, user, "HIGH", at=local(3, 10))
    assert look(store, local(3, 11)).returned == 1
    assert actions(store, case)[-1] == "posposicion_interrumpida"


GONE = {
    "disabled": "UPDATE app_user SET disabled_at = now() WHERE id = :id",
    "an analyst": "UPDATE app_user SET role = 'analyst' WHERE id = :id",
    "of other communities": "UPDATE app_user SET scope = ARRAY[gen_random_uuid()] WHERE id = :id",
}


@pytest.mark.parametrize("how", GONE)
def test_a_case_whose_holder_can_follow_it_no_more_waits_again(
    store: Engine, user: str, how: str
) -> None:
    joined(store, [user])
    ana = account(store, Role.COUNSELOR, "ana@escuela.example", {GROUP})
    case = open_case(store, user)
    case_actions.acknowledge(store, ana, CaseRef(case, 1), at=NOON)
    assert look(store, local(3, 9)).handed_back == 0
    with store.begin() as connection:
        connection.execute(text(GONE[how]), {"id": int(ana.name[5:])})
    assert look(store, local(3, 10)).handed_back == 1
    row = case_row(store, case)
    assert (row["assigned_to"], row["acknowledged_at"], row["waiting_since"]) == (
        None, None, local(3, 10),
    )  # fmt: skip
    assert row["due_at"] == local(3, 14)
    assert actions(store, case) == ["abierto", "reconocido", "sin_responsable"]
    assert look(store, local(3, 11)).handed_back == 0


def test_what_was_assigned_and_waits_keeps_its_wait(store: Engine, user: str) -> None:
    ana = account(store, Role.COUNSELOR, "ana@escuela.example")
    case = open_case(store, user)
    case_actions.assign(store, LOCAL, CaseRef(case, 1), ana.name, at=NOON)
    with store.begin() as connection:
        disable_account(connection, int(ana.name[5:]))
    look(store, local(3, 9))
    row = case_row(store, case)
    assert (row["assigned_to"], row["waiting_since"]) == (None, MONDAY)


def test_the_mark_of_all_cases_changes_however_many_actions_there_were(
    store: Engine, user: str
) -> None:
    case = open_case(store, user)
    add = text(
        "INSERT INTO case_action (id, case_id, at, actor, action) OVERRIDING SYSTEM VALUE"
        " SELECT n, :case, now(), 'x', 'nota' FROM generate_series(CAST(:first AS int), :last, 2) n"
    )
    with store.begin() as connection:
        connection.execute(add, {"case": case, "first": 1_001, "last": 5_001})
    before = mark(store)
    with store.begin() as connection:  # a number that was given earlier and is committed only now
        connection.execute(add, {"case": case, "first": 4_998, "last": 4_998})
    assert mark(store) != before
