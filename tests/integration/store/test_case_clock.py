from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from aura_engine.store import case_clock, migrate
from aura_engine.store.case_clock import Tick
from aura_engine.store.cases import CaseState
from aura_engine.store.people import remove_people
from tests.integration.store.case_rows import (
    MONDAY,
    acknowledge,
    actions,
    case_row,
    change,
    local,
    look,
    open_case,
    population,
    see,
    snooze,
)

NOTHING = Tick(0, 0, 0, 0, 0, 0, 0, 0, 0)


@pytest.fixture
def user(store: Engine) -> str:
    return population(store, 1)[0]


def alert(store: Engine, user: str, priority: str, *, at: datetime) -> None:
    with store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO event (created_at, type, user_id_raiz, payload)"
                " VALUES (:at, 'CRITICAL_ALERT', :u, CAST(:p AS jsonb))"
            ),
            {"at": at, "u": user, "p": json.dumps({"priority": priority})},
        )


@pytest.mark.parametrize(
    ("severity", "state", "priority", "due"),
    [
        (80.1, CaseState.OPEN, "URGENTE", local(2, 13)),
        (80.0, CaseState.OPEN, "ALTA", local(3, 9)),
        (99.0, CaseState.TO_REVIEW, "NORMAL", None),
    ],
)
def test_a_deadline_is_set_by_priority_in_working_hours(
    store: Engine, user: str, severity: float, state: CaseState, priority: str, due: datetime
) -> None:
    case = open_case(store, user, severity=severity, state=state)
    assert look(store, MONDAY + timedelta(minutes=1)).timed == (0 if due is None else 1)
    row = case_row(store, case)
    assert (row["priority"], row["due_at"]) == (priority, due)


def test_what_is_urgent_on_friday_evening_is_due_on_monday(store: Engine, user: str) -> None:
    case = open_case(store, user, at=local(6, 22))
    look(store, local(6, 23))
    assert case_row(store, case)["due_at"] == local(9, 12)
    assert look(store, local(8, 12)).escalated == 0


def test_a_deadline_counts_from_the_opening_even_if_the_clock_was_away(
    store: Engine, user: str
) -> None:
    case = open_case(store, user)
    assert look(store, local(3, 16)) == Tick(0, 0, 0, 0, 1, 1, 0, 0, 0)
    row = case_row(store, case)
    assert (row["due_at"], row["escalation_level"]) == (local(2, 13), 2)
    assert actions(store, case) == ["abierto", "escalado_1", "escalado_2"]


def test_whom_nobody_acknowledged_is_escalated_once_a_level(store: Engine, user: str) -> None:
    case = open_case(store, user)
    look(store, MONDAY)
    assert look(store, local(2, 12, 59)) == NOTHING
    assert look(store, local(2, 13)).escalated == 1
    assert look(store, local(2, 13)) == NOTHING
    assert case_row(store, case)["escalated_at"] == local(2, 13)
    assert look(store, local(3, 8, 59)) == NOTHING
    assert look(store, local(3, 9)).escalated == 1
    assert look(store, local(9, 9)) == NOTHING
    row = case_row(store, case)
    assert (row["escalation_level"], row["escalated_at"]) == (2, local(3, 9))
    assert actions(store, case) == ["abierto", "escalado_1", "escalado_2"]
    assert row["version"] == 1  # a counselor who acts meanwhile meets no conflict


def test_a_case_that_is_acknowledged_or_closed_is_left_alone(store: Engine) -> None:
    first, second = population(store, 2)
    acknowledged, closed = open_case(store, first), open_case(store, second)
    look(store, MONDAY)
    acknowledge(store, acknowledged, at=local(2, 10))
    change(store, closed, "state = 'cerrado', closed_at = :at", at=local(2, 10))
    assert look(store, local(9, 9)) == NOTHING


def test_a_reopened_case_waits_anew(store: Engine, user: str) -> None:
    case = open_case(store, user)
    look(store, local(3, 9))
    snooze(store, case, at=local(3, 9), until=local(20, 9), severity=90.0)
    change(store, case, "state = 'cerrado', closed_at = :at", at=local(3, 10))
    assert open_case(store, user, severity=70.0, at=local(4, 9)) == case
    row = case_row(store, case)
    assert (row["priority"], row["waiting_since"]) == ("ALTA", local(4, 9))
    assert (row["due_at"], row["acknowledged_by"], row["snoozed_until"]) == (None, None, None)
    assert (row["escalation_level"], row["escalated_at"]) == (0, None)
    look(store, local(4, 9))
    assert case_row(store, case)["due_at"] == local(5, 9)


def test_an_expired_snooze_puts_the_case_back_with_a_deadline_of_its_own(
    store: Engine, user: str
) -> None:
    case = open_case(store, user)
    look(store, MONDAY)
    snooze(store, case, at=local(2, 10), until=local(4, 9), severity=90.0)
    version = case_row(store, case)["version"]
    assert look(store, local(4, 8, 59)) == NOTHING
    assert look(store, local(4, 9, 1)) == Tick(0, 0, 0, 0, 1, 0, 1, 0, 0)
    row = case_row(store, case)
    assert (row["acknowledged_at"], row["snoozed_until"]) == (None, None)
    assert (row["waiting_since"], row["due_at"]) == (local(4, 9), local(4, 13))
    assert row["version"] == version + 1
    assert actions(store, case)[-1] == "posposicion_vencida"
    assert look(store, local(4, 9, 1)) == NOTHING


@pytest.mark.parametrize(("severity", "ends"), [(79.9, False), (80.0, True)])
def test_a_snooze_ends_early_when_the_asi_rises_by_ten(
    store: Engine, user: str, severity: float, ends: bool
) -> None:
    case = open_case(store, user, severity=70.0)
    snooze(store, case, at=local(2, 10), until=local(20, 9), severity=70.0)
    see(store, severity, [user])
    assert look(store, local(3, 9)).returned == int(ends)
    if ends:
        assert case_row(store, case)["waiting_since"] == local(3, 9)
        assert actions(store, case)[-1] == "posposicion_interrumpida"


def test_a_snoozed_case_to_review_goes_back_to_its_own_list(store: Engine, user: str) -> None:
    case = open_case(store, user, state=CaseState.TO_REVIEW)
    snooze(store, case, at=local(2, 10), until=local(4, 9), severity=90.0)
    assert look(store, local(4, 9)) == Tick(0, 0, 0, 0, 0, 0, 1, 0, 0)
    row = case_row(store, case)
    assert (row["state"], row["due_at"]) == ("por_revisar", None)


def test_a_case_that_became_urgent_is_due_sooner_and_never_later(store: Engine) -> None:
    late, early = population(store, 2)
    waits = open_case(store, late, severity=70.0, at=local(3, 9))
    nearly = open_case(store, early, severity=70.0)
    look(store, local(3, 9))
    see(store, 81.0, [late, early])
    assert look(store, local(3, 9)).raised == 2
    assert case_row(store, waits)["priority"] == "URGENTE"
    assert case_row(store, waits)["due_at"] == local(3, 13)
    assert case_row(store, nearly)["due_at"] == local(3, 9)


def test_an_alert_makes_a_case_to_review_an_open_one(store: Engine) -> None:
    urgent, high, former, quiet = population(store, 4)
    cases = [
        open_case(store, user, state=CaseState.TO_REVIEW) for user in (urgent, high, former, quiet)
    ]
    alert(store, urgent, "HIGH", at=local(3, 8))
    alert(store, urgent, "URGENT", at=local(3, 9))
    alert(store, high, "HIGH", at=local(3, 9))
    alert(store, former, "URGENT", at=MONDAY - timedelta(hours=1))
    assert look(store, local(3, 10)) == Tick(2, 0, 0, 0, 2, 0, 0, 0, 0)
    found = [case_row(store, case) for case in cases]
    assert [row["priority"] for row in found] == ["URGENTE", "ALTA", "NORMAL", "NORMAL"]
    assert [row["due_at"] for row in found] == [local(3, 14), local(4, 10), None, None]
    assert look(store, local(3, 10)) == NOTHING


def test_the_case_of_a_deleted_account_is_not_escalated_and_goes_after_thirty_days(
    store: Engine, user: str
) -> None:
    case = open_case(store, user)
    look(store, MONDAY)
    with store.begin() as connection:
        remove_people(connection, [user], as_of=local(2, 10))
    assert look(store, local(20, 9)) == NOTHING
    assert look(store, local(2, 10) + timedelta(days=30, minutes=1)).erased == 1
    assert case_row(store, case)["pseudonym"] is None
    assert look(store, local(2, 10) + timedelta(days=31)) == NOTHING


def test_cases_from_before_the_clock_get_their_priority_and_none_is_late_at_once(
    store: Engine,
) -> None:
    states = (CaseState.OPEN, CaseState.OPEN, CaseState.TO_REVIEW)
    cases = [
        open_case(store, user, severity=severity, state=state)
        for user, severity, state in zip(
            population(store, 3), (80.1, 80.0, 99.0), states, strict=True
        )
    ]
    migrate.downgrade(store, "0006")
    migrate.upgrade(store)
    found = [case_row(store, case) for case in cases]
    assert [row["priority"] for row in found] == ["URGENTE", "ALTA", "NORMAL"]
    upgraded_at = found[0]["waiting_since"]
    assert upgraded_at > MONDAY
    assert look(store, upgraded_at) == Tick(0, 0, 0, 0, 2, 0, 0, 0, 0)


def test_more_cases_than_a_batch_are_all_reached(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_clock, "BATCH", 2)
    for user in population(store, 5):
        open_case(store, user)
    assert look(store, local(2, 13)) == Tick(0, 0, 0, 0, 5, 5, 0, 0, 0)
    # All are still selected and none changes: the look ends all the same.
    assert look(store, local(2, 14)) == NOTHING


def test_a_case_that_somebody_works_on_is_passed_over_until_they_are_done(store: Engine) -> None:
    first, second = population(store, 2)
    held, free = open_case(store, first), open_case(store, second)
    look(store, MONDAY)
    with store.begin() as connection:
        connection.execute(
            text(
                "UPDATE risk_case SET acknowledged_at = :at, acknowledged_by = 'ana' WHERE id = :c"
            ),
            {"at": local(2, 13), "c": held},
        )
        assert look(store, local(2, 13)).escalated == 1
    assert look(store, local(2, 14)).escalated == 0
    levels = [case_row(store, case)["escalation_level"] for case in (held, free)]
    assert levels == [0, 1]


def test_two_clocks_at_once_do_what_one_does(store: Engine) -> None:
    cases = [open_case(store, user) for user in population(store, 20)]
    start = threading.Barrier(4)

    def run() -> None:
        start.wait(60)
        for _ in range(5):
            look(store, local(3, 9), ("webhook",))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(run) for _ in range(4)]:
            done.result(300)
    look(store, local(3, 9), ("webhook",))
    for case in cases:
        assert actions(store, case) == ["abierto", "escalado_1", "escalado_2"]
    with store.connect() as connection:
        counted = text("SELECT count(*), count(DISTINCT case_id) FROM case_notice")
        assert tuple(connection.execute(counted).one()) == (20, 20)
