from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from aura_engine.errors import AccessDenied, CaseConflict, CaseRefused
from aura_engine.store import case_actions
from aura_engine.store.access import LOCAL, Role, Viewer
from aura_engine.store.accounts import add_account, disable_account
from aura_engine.store.case_actions import CaseRef, Outcome
from aura_engine.store.cases import CaseState
from aura_engine.store.connect import reading
from aura_engine.store.people import remove_people, save_people
from aura_engine.store.reads import case_version
from tests.integration.store.case_rows import (
    actions,
    case_row,
    local,
    look,
    open_case,
    population,
    see,
)
from tests.integration.store.rows import AS_OF, WAITS, people, scalar
from tests.patience import PATIENCE, eventually

GROUP = UUID(int=77)
NOON = local(2, 12)
ANA = Viewer("user:1", Role.COUNSELOR)
Act = Callable[[Engine, Viewer, CaseRef], int]

ACTS: dict[str, Act] = {
    "acknowledge": lambda *case: case_actions.acknowledge(*case, at=NOON),
    "assign": lambda store, viewer, case: case_actions.assign(
        store, viewer, case, viewer.name, at=NOON
    ),
    "note": lambda *case: case_actions.add_note(*case, "hablé con su tutora", at=NOON),
    "close": lambda *case: case_actions.close(*case, Outcome.ATTENDED, at=NOON),
}


@pytest.fixture
def user(store: Engine) -> str:
    return population(store, 1)[0]


@pytest.fixture
def case(store: Engine, user: str) -> CaseRef:
    return CaseRef(open_case(store, user), 1)


def after(case: CaseRef, version: int) -> CaseRef:
    return CaseRef(case.id, version)


def account(store: Engine, role: Role, email: str, scope: set[UUID] | None = None) -> Viewer:
    with store.begin() as connection:
        number = add_account(connection, role, email=email, scope=scope)
    return Viewer(f"user:{number}", role, None if scope is None else frozenset(scope))


def joined(store: Engine, users: list[str]) -> None:
    members = pd.DataFrame({"user_id_raiz": users, "community_id": str(GROUP), "category": "arte"})
    save_people(store, people(users), members, as_of=AS_OF)


def last_action(store: Engine, case: CaseRef) -> dict[str, Any]:
    with store.connect() as connection:
        found = connection.execute(
            text("SELECT * FROM case_action WHERE case_id = :c ORDER BY id DESC LIMIT 1"),
            {"c": case.id},
        )
        return dict(found.mappings().one())


def mark(store: Engine) -> str:
    with reading(store) as connection:
        return case_version(connection, LOCAL)


def test_who_acknowledges_a_case_of_nobody_has_taken_it(store: Engine, case: CaseRef) -> None:
    assert case_actions.acknowledge(store, ANA, case, at=NOON) == 2
    row = case_row(store, case.id)
    assert (row["acknowledged_at"], row["acknowledged_by"]) == (NOON, "user:1")
    assert (row["assigned_to"], row["assigned_at"], row["state"]) == ("user:1", NOON, "abierto")
    noted = last_action(store, case)
    assert (noted["actor"], noted["action"], noted["at"]) == ("user:1", "reconocido", NOON)


def test_who_acknowledges_a_colleague_s_case_leaves_it_with_them(
    store: Engine, case: CaseRef
) -> None:
    eva = account(store, Role.COUNSELOR, "eva@escuela.example")
    version = case_actions.assign(store, LOCAL, case, eva.name, at=NOON)
    assert last_action(store, case)["detail"] == eva.name
    case_actions.acknowledge(store, LOCAL, after(case, version), at=NOON)
    row = case_row(store, case.id)
    assert (row["assigned_to"], row["acknowledged_by"]) == (eva.name, "local")


def test_the_case_is_closed_with_its_outcome_and_acknowledged_by_that(
    store: Engine, case: CaseRef
) -> None:
    case_actions.close(store, ANA, case, Outcome.FALSE_POSITIVE, " jugaba de noche ", at=NOON)
    row = case_row(store, case.id)
    assert (row["state"], row["outcome"], row["closed_at"]) == ("cerrado", "falso_positivo", NOON)
    assert (row["acknowledged_by"], row["version"]) == ("user:1", 2)
    noted = last_action(store, case)
    assert (noted["note"], noted["detail"]) == ("jugaba de noche", "falso_positivo")
    assert look(store, local(9, 9)).escalated == 0


def test_a_snooze_keeps_the_asi_of_the_moment_and_ends_by_the_clock(
    store: Engine, user: str, case: CaseRef
) -> None:
    see(store, 83.0, [user])
    assert account(store, ANA.role, "ana@escuela.example") == ANA
    version = case_actions.acknowledge(store, ANA, case, at=NOON)
    until = local(4, 9)
    case_actions.snooze(
        store, ANA, after(case, version), until=until, reason="está de viaje", at=NOON
    )
    row = case_row(store, case.id)
    assert (row["snoozed_at"], row["snoozed_until"]) == (NOON, until)
    assert row["snoozed_severity"] == 83.0
    assert last_action(store, case)["note"] == "está de viaje"
    assert look(store, local(4, 9, 1)).returned == 1
    row = case_row(store, case.id)
    assert (row["acknowledged_at"], row["assigned_to"]) == (None, "user:1")


def test_a_case_taken_up_before_its_time_stays_acknowledged(store: Engine, case: CaseRef) -> None:
    version = case_actions.acknowledge(store, ANA, case, at=NOON)
    version = case_actions.snooze(
        store, ANA, after(case, version), until=local(9, 9), reason="x", at=NOON
    )
    case_actions.unsnooze(store, LOCAL, after(case, version), at=local(3, 9))
    row = case_row(store, case.id)
    assert (row["snoozed_at"], row["snoozed_until"], row["snoozed_severity"]) == (None, None, None)
    assert row["acknowledged_by"] == "user:1"
    assert actions(store, case.id)[-2:] == ["pospuesto", "retomado"]


def test_the_case_of_a_person_who_left_the_view_can_still_be_put_off(
    store: Engine, user: str, case: CaseRef
) -> None:
    with store.begin() as connection:
        remove_people(connection, [user], as_of=NOON)
    version = case_row(store, case.id)["version"]
    version = case_actions.acknowledge(store, LOCAL, after(case, version), at=NOON)
    case_actions.snooze(store, LOCAL, after(case, version), until=local(3, 9), reason="x", at=NOON)
    assert case_row(store, case.id)["snoozed_severity"] == 90.0


def test_a_closed_case_that_opens_again_keeps_who_had_it(
    store: Engine, user: str, case: CaseRef
) -> None:
    version = case_actions.acknowledge(store, ANA, case, at=NOON)
    case_actions.close(store, ANA, after(case, version), Outcome.UNREACHABLE, at=NOON)
    assert open_case(store, user, at=local(3, 9)) == case.id
    row = case_row(store, case.id)
    assert (row["state"], row["outcome"], row["acknowledged_at"]) == ("abierto", None, None)
    assert row["assigned_to"] == "user:1"


REFUSED: dict[str, tuple[Callable[[Engine, CaseRef], object], str]] = {
    "blank note": (lambda s, c: case_actions.add_note(s, ANA, c, " \n", at=NOON), "vacía"),
    "long note": (lambda s, c: case_actions.add_note(s, ANA, c, "x" * 2001, at=NOON), "2000"),
    "false positive unexplained": (
        lambda s, c: case_actions.close(s, ANA, c, Outcome.FALSE_POSITIVE, " ", at=NOON),
        "necesita una nota",
    ),
    "snooze before it is acknowledged": (
        lambda s, c: case_actions.snooze(s, ANA, c, until=local(3, 9), reason="x", at=NOON),
        "Reconózcalo primero",
    ),
    "snooze without a reason": (
        lambda s, c: case_actions.snooze(s, ANA, c, until=local(3, 9), reason="", at=NOON),
        "por qué",
    ),
    "snooze into the past": (
        lambda s, c: case_actions.snooze(s, ANA, c, until=NOON, reason="x", at=NOON),
        "momento futuro",
    ),
    "snooze for months": (
        lambda s, c: case_actions.snooze(
            s, ANA, c, until=NOON + timedelta(days=31), reason="x", at=NOON
        ),
        "30 días",
    ),
    "take up what is not put off": (
        lambda s, c: case_actions.unsnooze(s, ANA, c, at=NOON),
        "no está pospuesto",
    ),
    "give to nobody known": (
        lambda s, c: case_actions.assign(s, ANA, c, "user:99", at=NOON),
        "Elija a otra",
    ),
    "a case that is not there": (
        lambda s, c: case_actions.acknowledge(s, ANA, CaseRef(c.id + 1, 1), at=NOON),
        "no está a la vista",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_fit_is_refused_in_words_and_changes_nothing(
    store: Engine, case: CaseRef, what: str
) -> None:
    act, said = REFUSED[what]
    before = case_row(store, case.id)
    with pytest.raises(CaseRefused, match=said):
        act(store, case)
    assert case_row(store, case.id) == before
    assert actions(store, case.id) == ["abierto"]


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("role", Role)
def test_counselors_and_supervisors_act_and_nobody_else(
    store: Engine, case: CaseRef, role: Role, name: str
) -> None:
    viewer = Viewer("x", role)
    if role in (Role.COUNSELOR, Role.SUPERVISOR):
        assert ACTS[name](store, viewer, case) == 2
        return
    with pytest.raises(AccessDenied, match=role):
        ACTS[name](store, viewer, case)
    assert actions(store, case.id) == ["abierto"]
    with pytest.raises(AccessDenied, match=role):
        case_actions.acknowledge_all(store, viewer, [], at=NOON)


@pytest.mark.parametrize("name", ACTS)
def test_a_counselor_acts_only_on_people_of_their_communities(store: Engine, name: str) -> None:
    member, other = population(store, 2)
    joined(store, [member])
    eva = account(store, Role.COUNSELOR, "eva@escuela.example", {GROUP})
    ours, theirs = open_case(store, member), open_case(store, other)
    assert ACTS[name](store, eva, CaseRef(ours, 1)) == 2
    with pytest.raises(CaseRefused, match="no está a la vista"):
        ACTS[name](store, eva, CaseRef(theirs, 1))
    assert actions(store, theirs) == ["abierto"]


def test_a_case_goes_only_to_an_active_account_that_sees_the_person(store: Engine) -> None:
    member, other = population(store, 2)
    joined(store, [member])
    scoped = account(store, Role.COUNSELOR, "eva@escuela.example", {GROUP})
    analyst = account(store, Role.ANALYST, "luz@escuela.example")
    gone = account(store, Role.COUNSELOR, "leo@escuela.example")
    with store.begin() as connection:
        disable_account(connection, int(gone.name.partition(":")[2]))
    ours, theirs = CaseRef(open_case(store, member), 1), CaseRef(open_case(store, other), 1)
    for unfit in (analyst, gone):
        with pytest.raises(CaseRefused, match="Elija a otra"):
            case_actions.assign(store, LOCAL, ours, unfit.name, at=NOON)
    with pytest.raises(CaseRefused, match="Elija a otra"):
        case_actions.assign(store, LOCAL, theirs, scoped.name, at=NOON)
    assert case_actions.assign(store, LOCAL, ours, scoped.name, at=NOON) == 2


@pytest.mark.parametrize("name", ACTS)
def test_who_saw_an_older_version_hears_who_did_what_and_when(
    store: Engine, case: CaseRef, name: str
) -> None:
    eva = account(store, Role.COUNSELOR, "eva@escuela.example")
    case_actions.acknowledge(store, eva, case, at=NOON)
    look(store, local(2, 13))
    before = case_row(store, case.id)
    with pytest.raises(CaseConflict) as caught:
        ACTS[name](store, ANA, case)
    error = caught.value
    assert (error.who, error.did, error.at) == ("eva@escuela.example", "reconoció el caso", NOON)
    assert "eva@escuela.example reconoció el caso el 2026-03-02 18:00 UTC" in str(error)
    assert case_row(store, case.id) == before
    assert actions(store, case.id) == ["abierto", "reconocido"]


def test_an_escalation_is_no_conflict(store: Engine, case: CaseRef) -> None:
    look(store, local(2, 13))
    assert actions(store, case.id)[-1] == "escalado_1"
    assert case_actions.acknowledge(store, ANA, case, at=local(2, 14)) == 2


def test_of_two_who_act_at_once_one_succeeds_and_the_other_hears_of_it(
    store: Engine, case: CaseRef
) -> None:
    start = threading.Barrier(2)
    viewers = [account(store, Role.COUNSELOR, f"{name}@escuela.example") for name in ("a", "b")]

    def act(viewer: Viewer) -> Exception | int:
        start.wait(PATIENCE)
        try:
            return case_actions.close(store, viewer, case, Outcome.ATTENDED, at=NOON)
        except CaseConflict as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(act, viewers))
    won = results.index(2)
    lost = results[1 - won]
    assert isinstance(lost, CaseConflict)
    assert lost.who == f"{'ab'[won]}@escuela.example"
    assert actions(store, case.id) == ["abierto", "cerrado"]


def test_who_comes_while_a_colleague_writes_waits_and_then_hears_of_it(
    store: Engine, case: CaseRef
) -> None:
    """The first holds the case in an open transaction of another connection."""
    with ThreadPoolExecutor(1) as pool:
        with store.begin() as connection:
            connection.execute(
                text("UPDATE risk_case SET version = version + 1 WHERE id = :c"), {"c": case.id}
            )
            connection.execute(
                text(
                    "INSERT INTO case_action (case_id, at, actor, action)"
                    " VALUES (:c, :at, 'user:9', 'nota')"
                ),
                {"c": case.id, "at": NOON},
            )
            second = pool.submit(case_actions.acknowledge, store, ANA, case, at=NOON)
            eventually(lambda: scalar(store, WAITS) or second.done())
            assert not second.done()
        with pytest.raises(CaseConflict, match="la cuenta 9 escribió una nota"):
            second.result(PATIENCE)
    assert case_row(store, case.id)["acknowledged_at"] is None


def test_several_cases_are_acted_on_each_for_itself(store: Engine) -> None:
    first, second, third = [CaseRef(open_case(store, user), 1) for user in population(store, 3)]
    case_actions.add_note(store, LOCAL, second, "x", at=NOON)
    together = case_actions.acknowledge_all(store, ANA, [first, second, third], at=NOON)
    assert together.done == (first.id, third.id)
    assert list(together.refused) == [second.id]
    assert isinstance(together.refused[second.id], CaseConflict)
    again = [after(first, 2), after(second, 2)]
    together = case_actions.assign_all(store, ANA, again, ANA.name, at=NOON)
    assert (together.done, list(together.refused)) == ((second.id,), [first.id])


@pytest.mark.parametrize("name", ACTS)
def test_every_action_changes_the_mark_of_all_cases_and_no_other(
    store: Engine, case: CaseRef, name: str
) -> None:
    data = "SELECT data_version FROM active_run"
    before, version = mark(store), scalar(store, data)
    assert mark(store) == before
    ACTS[name](store, ANA, case)
    assert mark(store) != before
    assert scalar(store, data) == version


def test_an_action_that_is_committed_after_a_later_one_changes_the_mark_too(
    store: Engine, user: str
) -> None:
    case = open_case(store, user, state=CaseState.TO_REVIEW)
    note = text(
        "INSERT INTO case_action (case_id, at, actor, action) VALUES (:c, :at, 'x', 'nota')"
    )
    with store.begin() as late:
        late.execute(note, {"c": case, "at": NOON})
        with store.begin() as early:
            early.execute(note, {"c": case, "at": NOON})
        between = mark(store)
    assert mark(store) != between


def test_a_moment_without_a_zone_is_refused(store: Engine, case: CaseRef) -> None:
    with pytest.raises(ValueError, match="zone-aware"):
        case_actions.acknowledge(store, ANA, case, at=NOON.replace(tzinfo=None))
