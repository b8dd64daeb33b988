from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Connection, Engine, text

from aura_engine.cluster import Lease
from aura_engine.store import pseudonyms
from aura_engine.store.cases import CaseState, erase_cases, open_cases
from aura_engine.store.people import remove_people, save_people
from tests.integration.store.rows import (
    AS_OF,
    NO_MEMBERSHIPS,
    ids,
    people,
    publish,
    scalar,
    shared_store,
)

CASES = "SELECT * FROM risk_case"
ACTIONS = "SELECT * FROM case_action ORDER BY id"


@pytest.fixture(scope="module")
def shared(lease: Lease) -> Iterator[tuple[Engine, int]]:
    """A database with four people in view, and the run that opens their cases."""
    with shared_store(lease) as engine:
        yield engine, publish(engine, ids(4))


@pytest.fixture
def run_id(shared: tuple[Engine, int]) -> int:
    return shared[1]


@pytest.fixture
def connection(shared: tuple[Engine, int]) -> Iterator[Connection]:
    """A transaction of this test's own, which leaves no trace."""
    with shared[0].connect() as connection:
        yield connection
        connection.rollback()


def entering(users: list[str], state: CaseState = CaseState.OPEN) -> pd.DataFrame:
    return pd.DataFrame({"user_id_raiz": users, "state": state.value, "severity_index": 80.0})


def enter(
    connection: Connection, run_id: int, who: pd.DataFrame, as_of: datetime = AS_OF
) -> tuple[int, int]:
    """Open their cases; return how many were opened and reopened."""
    cases = open_cases(connection, who, run_id=run_id, as_of=as_of)
    return cases.opened, cases.reopened


def close(connection: Connection, user: str, *, at: datetime) -> None:
    execute(
        connection,
        "UPDATE risk_case SET state = 'cerrado', closed_at = :at, outcome = 'atendido',"
        " version = version + 1 WHERE user_id_raiz = :user AND state <> 'cerrado'",
        at=at,
        user=user,
    )


def note(connection: Connection, words: str) -> None:
    """Write a note on every case."""
    execute(
        connection,
        "INSERT INTO case_action (case_id, at, actor, action, note)"
        " SELECT id, :at, 'ana', 'nota', :note FROM risk_case",
        at=AS_OF,
        note=words,
    )


def execute(connection: Connection, query: str, **parameters: object) -> None:
    connection.execute(text(query), parameters)


def found(connection: Connection, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(text(query)).mappings()]


def column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows]


def test_who_enters_gets_a_case_with_pseudonym_state_and_severity(
    connection: Connection, run_id: int
) -> None:
    first, second = ids(2)
    who = pd.concat([entering([first]), entering([second], CaseState.TO_REVIEW)])
    assert enter(connection, run_id, who) == (2, 0)
    cases = found(connection, CASES + " JOIN person p USING (user_id_raiz, pseudonym)")
    assert {str(case["user_id_raiz"]): case["state"] for case in cases} == {
        first: "abierto",
        second: "por_revisar",
    }
    for case in cases:
        assert (case["opening_run_id"], case["opening_severity"]) == (run_id, 80.0)
        assert case["opened_at"] == AS_OF
    noted = [(action["actor"], action["action"]) for action in found(connection, ACTIONS)]
    assert noted == [("aura", "abierto")] * 2


def test_where_nobody_enters_nothing_is_opened(connection: Connection, run_id: int) -> None:
    assert enter(connection, run_id, entering([])) == (0, 0)


@pytest.mark.parametrize("state", [CaseState.OPEN, CaseState.TO_REVIEW])
def test_an_open_case_is_kept_as_it_is(
    connection: Connection, run_id: int, state: CaseState
) -> None:
    enter(connection, run_id, entering(ids(1)))
    [before] = found(connection, CASES)
    assert enter(connection, run_id, entering(ids(2), state), AS_OF + timedelta(days=1)) == (1, 0)
    assert before in found(connection, CASES)


@pytest.mark.parametrize(("days", "reopens"), [(0, True), (13, True), (14, False), (15, False)])
def test_a_case_that_was_closed_in_the_last_two_weeks_opens_again(
    connection: Connection, run_id: int, days: int, reopens: bool
) -> None:
    [who] = ids(1)
    enter(connection, run_id, entering([who]), AS_OF - timedelta(days=60))
    close(connection, who, at=AS_OF - timedelta(days=days))
    counts = enter(connection, run_id, entering([who], CaseState.TO_REVIEW))
    assert counts == ((0, 1) if reopens else (1, 0))
    *former, last = found(connection, CASES + " ORDER BY id")
    assert (last["state"], last["closed_at"], last["outcome"]) == ("por_revisar", None, None)
    if reopens:
        assert former == []
        assert (last["opened_at"], last["version"]) == (AS_OF - timedelta(days=60), 3)
    else:
        assert column(former, "state") == ["cerrado"]
        assert (last["opened_at"], last["version"]) == (AS_OF, 1)
    assert found(connection, ACTIONS)[-1]["action"] == ("reabierto" if reopens else "abierto")


def test_of_several_closed_cases_the_last_one_opens_again(
    connection: Connection, run_id: int
) -> None:
    [who] = ids(1)
    for days in (60, 20):
        enter(connection, run_id, entering([who]), AS_OF - timedelta(days=days))
        close(connection, who, at=AS_OF - timedelta(days=days - 10))
    assert enter(connection, run_id, entering([who])) == (0, 1)
    assert column(found(connection, CASES + " ORDER BY id"), "state") == ["cerrado", "abierto"]


def test_opened_reopened_and_kept_are_told_apart(connection: Connection, run_id: int) -> None:
    kept, closed, *new = ids(4)
    enter(connection, run_id, entering([kept, closed]), AS_OF - timedelta(days=9))
    close(connection, closed, at=AS_OF - timedelta(days=1))
    assert enter(connection, run_id, entering([kept, closed, *new])) == (2, 1)


def test_a_case_closed_between_judging_and_flip_is_still_followed_by_a_reopened_one(
    connection: Connection, run_id: int
) -> None:
    [who] = ids(1)
    enter(connection, run_id, entering([who]), AS_OF - timedelta(days=3))
    judged = entering([who])
    close(connection, who, at=AS_OF)
    assert enter(connection, run_id, judged) == (0, 1)
    assert column(found(connection, CASES), "state") == ["abierto"]


def test_an_open_case_outlives_the_account_and_a_closed_one_is_emptied_at_once(
    connection: Connection, run_id: int
) -> None:
    opened, closed = ids(2)
    enter(connection, run_id, entering([opened, closed]), AS_OF - timedelta(days=9))
    close(connection, closed, at=AS_OF - timedelta(days=1))
    note(connection, "hablé con ella")
    shown = "SELECT pseudonym FROM risk_case WHERE state = 'abierto'"
    before = connection.scalar(text(shown))
    remove_people(connection, [opened, closed], as_of=AS_OF)
    by_state = " ORDER BY state"
    cases = found(connection, CASES + by_state)
    assert column(cases, "state") == ["abierto", "cerrado"]
    assert column(cases, "pseudonym") == [before, None]
    assert column(cases, "account_deleted_at") == [AS_OF, AS_OF]
    assert column(cases, "user_id_raiz") == [None, None]
    notes = (
        "SELECT note FROM case_action a JOIN risk_case c ON c.id = case_id WHERE action = 'nota'"
    )
    assert column(found(connection, notes + by_state), "note") == ["hablé con ella", None]


@pytest.mark.parametrize(("days", "erased"), [(29, False), (31, True)])
def test_what_an_account_left_is_erased_after_thirty_days_and_not_before(
    connection: Connection, run_id: int, days: int, erased: bool
) -> None:
    enter(connection, run_id, entering(ids(1)))
    note(connection, "hablé con ella")
    remove_people(connection, ids(1), as_of=AS_OF)
    later = AS_OF + timedelta(days=days)
    erase_cases(connection, as_of=later)
    [case] = found(connection, CASES)
    assert (case["pseudonym"] is None, case["state"] == "cerrado") == (erased, erased)
    assert case["closed_at"] == (later if erased else None)
    actions = found(connection, ACTIONS)
    assert column(actions, "action") == ["abierto", "nota", "cuenta_eliminada"]
    assert column(actions, "note") == [None, None if erased else "hablé con ella", None]


def test_what_an_account_left_is_erased_when_its_case_is_closed(
    connection: Connection, run_id: int
) -> None:
    enter(connection, run_id, entering(ids(1)))
    remove_people(connection, ids(1), as_of=AS_OF)
    execute(connection, "UPDATE risk_case SET state = 'cerrado', closed_at = :at", at=AS_OF)
    erase_cases(connection, as_of=AS_OF + timedelta(days=1))
    [case] = found(connection, CASES)
    assert (case["pseudonym"], case["closed_at"]) == (None, AS_OF)


def test_cases_of_people_who_stay_are_never_erased(connection: Connection, run_id: int) -> None:
    enter(connection, run_id, entering(ids(2)))
    close(connection, ids(1)[0], at=AS_OF)
    note(connection, "hablé con ella")
    before = found(connection, CASES)
    erase_cases(connection, as_of=AS_OF + timedelta(days=400))
    assert found(connection, CASES) == before
    assert connection.scalar(text("SELECT count(note) FROM case_action")) == 2


def test_nobody_else_gets_the_pseudonym_of_an_open_case_whose_account_is_gone(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    [left], [newcomer] = ids(1), ids(1, start=100)
    run_id = publish(store, [left])
    with store.begin() as connection:
        enter(connection, run_id, entering([left]))
        taken = connection.scalar(text("SELECT pseudonym FROM person"))
        remove_people(connection, [left], as_of=AS_OF)
    drawn = iter([taken, "Z9-ZZZZ"])
    monkeypatch.setattr(pseudonyms, "_draw", lambda: next(drawn))
    save_people(store, people([newcomer]), NO_MEMBERSHIPS, as_of=AS_OF)
    assert scalar(store, "SELECT pseudonym FROM person") == "Z9-ZZZZ"


def test_a_case_to_review_waits_as_any_other_once_its_person_enters_by_behaviour(
    connection: Connection, run_id: int
) -> None:
    looked_after, waiting, *_ = ids(4)
    enter(connection, run_id, entering([looked_after, waiting], CaseState.TO_REVIEW))
    execute(
        connection,
        "UPDATE risk_case SET acknowledged_at = :at, acknowledged_by = 'ana'"
        " WHERE user_id_raiz = :user",
        at=AS_OF,
        user=looked_after,
    )
    later = AS_OF + timedelta(days=3)
    again = entering([looked_after, waiting], CaseState.TO_REVIEW)
    assert enter(connection, run_id, again, later) == (0, 0)
    assert enter(connection, run_id, entering([looked_after, waiting]), later) == (2, 0)
    cases = {str(case["user_id_raiz"]): case for case in found(connection, CASES)}
    assert len(cases) == 2
    assert cases[looked_after]["state"] == CaseState.OPEN
    assert cases[looked_after]["acknowledged_at"] is None
    case = cases[waiting]
    assert (case["state"], case["priority"]) == (CaseState.OPEN, "ALTA")
    assert (case["waiting_since"], case["opened_at"]) == (later, AS_OF)
    assert case["version"] == 2
    done = [row["action"] for row in found(connection, ACTIONS) if row["case_id"] == case["id"]]
    assert done == ["abierto", "abierto"]


def test_a_case_that_was_put_off_comes_back_when_its_person_enters_again(
    connection: Connection, run_id: int
) -> None:
    [who] = ids(1)
    enter(connection, run_id, entering([who]))
    execute(
        connection,
        "UPDATE risk_case SET acknowledged_at = :at, acknowledged_by = 'ana', snoozed_at = :at,"
        " snoozed_until = :until, snoozed_severity = 80",
        at=AS_OF,
        until=AS_OF + timedelta(days=30),
    )
    later = AS_OF + timedelta(days=3)
    assert enter(connection, run_id, entering([who], CaseState.TO_REVIEW), later) == (0, 0)
    [case] = found(connection, CASES)
    assert case["snoozed_until"] is not None
    assert enter(connection, run_id, entering([who]), later) == (0, 0)
    [case] = found(connection, CASES)
    assert (case["snoozed_until"], case["acknowledged_by"]) == (None, "ana")
    assert column(found(connection, ACTIONS), "action") == ["abierto", "posposicion_interrumpida"]
