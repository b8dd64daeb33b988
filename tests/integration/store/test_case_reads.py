"""What pages read of cases: lists, one person's case, totals, and the load of a team."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from aura_engine.domain import RiskLevel
from aura_engine.errors import AccessDenied
from aura_engine.store import case_actions, reads
from aura_engine.store.access import LOCAL, Role, Viewer
from aura_engine.store.accounts import add_account, disable_account
from aura_engine.store.case_actions import CaseRef, Outcome
from aura_engine.store.cases import REOPEN_WITHIN, CaseStage, CaseState, Priority
from aura_engine.store.connect import reading
from aura_engine.store.people import remove_people, save_people
from aura_engine.store.reads import CaseFilter, CaseNumbers
from tests.integration.store.case_rows import MONDAY, local, look, open_case
from tests.integration.store.rows import (
    AS_OF,
    a_model,
    generation,
    ids,
    people,
    publish_rows,
)

WHO = ids(6)
NAMES = [f"{letter}2-AAAA" for letter in "ABCDEF"]
SEVERITY = [70.0, 95.0, 85.0, 75.0, 60.0, 50.0]
GROUP = UUID(int=77)
NOON = local(2, 12)
EVENING = local(3, 0)


OF_CASES: dict[str, dict[str, Any]] = {
    "case_list": {"chosen": CaseFilter(), "now": NOON},
    "case_of": {"pseudonym": NAMES[0]},
    "case_stages": {"chosen": CaseFilter(), "now": NOON},
    "case_timeline": {"pseudonym": NAMES[0]},
    "team_load": {"now": NOON},
    "unknown_count": {},
    "unknown_people": {"limit": 8},
}
"""For who works with single people; the load of a team only for who answers for it."""


@pytest.fixture
def seen(store: Engine) -> Engine:
    """Six people, the first four in ALTO, the last two hardly known; A and B in the group."""
    members = pd.DataFrame(
        {"user_id_raiz": WHO[:2], "community_id": str(GROUP), "category": "arte"}
    )
    save_people(store, people(WHO), members, as_of=AS_OF)
    with store.begin() as connection:
        connection.execute(
            text("UPDATE person SET pseudonym = :name WHERE user_id_raiz = :user"),
            [{"name": name, "user": user} for name, user in zip(NAMES, WHO, strict=True)],
        )
    levels = [RiskLevel.ALTO.value] * 4 + [RiskLevel.MODERADO.value, RiskLevel.ALTO.value]
    known = [True] * 4 + [False] * 2
    rows = generation(WHO, model_id=a_model(store)).assign(
        cluster_label=levels,
        severity_index=SEVERITY,
        is_sufficient=known,
        had_evidence=known,
        raw_days_since_last_seen=[1.0, 1.0, 1.0, 1.0, 12.0, 40.0],
    )
    publish_rows(store, rows)
    return store


def read(store: Engine, function: Callable[..., Any], viewer: Viewer, *args: Any, **kw: Any) -> Any:
    with reading(store) as connection:
        return function(connection, viewer, *args, **kw)


def listed(store: Engine, viewer: Viewer = LOCAL, /, **chosen: Any) -> list[str]:
    found = read(store, reads.case_list, viewer, CaseFilter(**chosen), now=NOON)
    return [row["pseudonym"] for row in found]


def ref(store: Engine, name: str) -> CaseRef:
    found = read(store, reads.case_of, LOCAL, name)
    return CaseRef(found["id"], found["version"])


def counselor(store: Engine, email: str | None, scope: set[UUID] | None = None) -> Viewer:
    with store.begin() as connection:
        number = (
            add_account(
                connection, Role.COUNSELOR, email=email, scope=scope, auth_user_id=UUID(int=9)
            )
            if email is None
            else add_account(connection, Role.COUNSELOR, email=email, scope=scope)
        )
    return Viewer(f"user:{number}", Role.COUNSELOR, None if scope is None else frozenset(scope))


@pytest.fixture
def busy(seen: Engine) -> Engine:
    """A is high and due on Tuesday, B urgent and due today, C to review, D acknowledged."""
    open_case(seen, WHO[0], severity=70.0)
    open_case(seen, WHO[1], severity=95.0)
    open_case(seen, WHO[2], severity=85.0, state=CaseState.TO_REVIEW)
    open_case(seen, WHO[3], severity=75.0, at=MONDAY - timedelta(days=4))
    look(seen, MONDAY)
    case_actions.acknowledge(seen, LOCAL, ref(seen, NAMES[3]), at=MONDAY)
    return seen


@pytest.mark.parametrize("name", OF_CASES)
def test_cases_are_read_by_who_works_with_people_and_nobody_else(busy: Engine, name: str) -> None:
    allowed = {Role.SUPERVISOR} | (set() if name == "team_load" else {Role.COUNSELOR})
    for role in Role:
        viewer = Viewer("x", role)
        if role in allowed:
            assert read(busy, getattr(reads, name), viewer, **OF_CASES[name])
        else:
            with pytest.raises(AccessDenied, match=role):
                read(busy, getattr(reads, name), viewer, **OF_CASES[name])


def test_what_is_due_first_comes_first_and_then_the_most_severe(busy: Engine) -> None:
    assert listed(busy) == [NAMES[i] for i in (1, 0, 2, 3)]
    assert listed(busy, to_review=True) == [NAMES[2]]
    assert listed(busy, to_review=False) == [NAMES[i] for i in (1, 0, 3)]


@pytest.mark.parametrize(
    ("chosen", "who"),
    [
        ({"assignee": "local"}, "D"),
        ({"assignee": "user:1"}, ""),
        ({"unassigned": True}, "BAC"),
        ({"stage": CaseStage.WAITING}, "BAC"),
        ({"stage": CaseStage.ACTIVE}, "D"),
        ({"stage": CaseStage.CLOSED}, ""),
        ({"priority": Priority.URGENT}, "B"),
        ({"level": RiskLevel.ALTO}, "BACD"),
        ({"level": RiskLevel.BAJO}, ""),
        ({"overdue": True}, ""),
    ],
    ids=str,
)
def test_a_list_holds_what_the_filter_leaves(
    busy: Engine, chosen: dict[str, Any], who: str
) -> None:
    assert listed(busy, **chosen) == [f"{letter}2-AAAA" for letter in who]


def test_stages_count_what_a_filter_leaves_and_pages_are_the_whole_list(busy: Engine) -> None:
    counted = read(busy, reads.case_stages, LOCAL, CaseFilter(), now=NOON)
    assert list(counted) == list(CaseStage)
    assert list(counted.values()) == [3, 1, 0, 0]
    stage = CaseFilter(to_review=False, stage=CaseStage.CLOSED)
    assert read(busy, reads.case_stages, LOCAL, stage, now=NOON)[CaseStage.WAITING] == 2
    whole = listed(busy)
    paged = [
        row["pseudonym"]
        for offset in range(0, 4, 2)
        for row in read(
            busy, reads.case_list, LOCAL, CaseFilter(), now=NOON, limit=2, offset=offset
        )
    ]
    assert paged == whole


def test_overdue_cases_are_those_whose_time_is_over_by_now(busy: Engine) -> None:
    found = read(busy, reads.case_list, LOCAL, CaseFilter(overdue=True), now=local(2, 13))
    assert [row["pseudonym"] for row in found] == [NAMES[1]]


def test_put_off_and_closed_cases_stand_in_stages_of_their_own(busy: Engine) -> None:
    case_actions.snooze(busy, LOCAL, ref(busy, NAMES[3]), until=local(9, 9), reason="x", at=NOON)
    for hour, name in ((13, NAMES[1]), (14, NAMES[0])):
        case_actions.close(busy, LOCAL, ref(busy, name), Outcome.ATTENDED, at=local(2, hour))
    assert listed(busy, stage=CaseStage.SNOOZED) == [NAMES[3]]
    assert listed(busy, stage=CaseStage.CLOSED) == [NAMES[0], NAMES[1]]
    assert listed(busy) == [NAMES[2], NAMES[3]]


def test_a_counselor_reads_cases_of_their_communities_only(busy: Engine) -> None:
    eva = Viewer("user:5", Role.COUNSELOR, frozenset({GROUP}))
    assert listed(busy, eva) == [NAMES[1], NAMES[0]]
    assert read(busy, reads.case_of, eva, NAMES[2]) is None
    assert read(busy, reads.case_timeline, eva, NAMES[2]) == []
    counted = read(busy, reads.case_stages, eva, CaseFilter(), now=NOON)
    assert list(counted.values()) == [2, 0, 0, 0]
    assert read(busy, reads.unknown_people, eva, limit=9) == []
    assert read(busy, reads.unknown_count, eva) == 0
    first = read(busy, reads.first_waiting, eva, at=NOON, limit=9)
    assert [row["pseudonym"] for row in first.people] == [NAMES[1], NAMES[0]]
    numbers = read(busy, reads.case_numbers, eva, now=NOON, tomorrow=EVENING)
    assert (numbers.unacknowledged, numbers.mine_open) == (2, 0)


def test_a_person_s_case_is_the_open_one_and_its_history_tells_who_did_what(
    busy: Engine,
) -> None:
    eva = counselor(busy, "eva@escuela.example")
    case_actions.close(
        busy, LOCAL, ref(busy, NAMES[0]), Outcome.REFERRED, "habló con su médico", at=NOON
    )
    open_case(busy, WHO[0], at=MONDAY + timedelta(days=30))
    opened = read(busy, reads.case_of, LOCAL, NAMES[0])
    assert (opened["state"], opened["stage"], opened["waits"]) == (
        "abierto", CaseStage.WAITING, True,
    )  # fmt: skip
    later = local(20, 9)
    case_actions.assign(busy, LOCAL, ref(busy, NAMES[0]), eva.name, at=later)
    told = read(busy, reads.case_timeline, eva, NAMES[0])
    assert [row["action"] for row in told] == ["abierto", "asignado", "cerrado", "abierto"]
    assert len({row["case_id"] for row in told}) == 2
    given, ended = told[1], told[2]
    assert (given["who"], given["to_whom"]) == ("quien usa esta máquina", "eva@escuela.example")
    assert (ended["detail"], ended["note"]) == ("derivado", "habló con su médico")
    assert told[-1]["who"] == "el sistema"
    assert read(busy, reads.case_of, eva, NAMES[0])["assignee"] == "eva@escuela.example"
    assert read(busy, reads.case_of, eva, "X9-XXXX") is None


def test_the_case_of_a_deleted_account_is_found_by_who_sees_everyone(busy: Engine) -> None:
    with busy.begin() as connection:
        remove_people(connection, [WHO[0]], as_of=NOON)
    found = read(busy, reads.case_of, LOCAL, NAMES[0])
    assert (found["account_deleted_at"], found["waits"]) == (NOON, False)
    assert NAMES[0] in listed(busy)
    scoped = Viewer("user:5", Role.COUNSELOR, frozenset({GROUP}))
    assert read(busy, reads.case_of, scoped, NAMES[0]) is None


def test_numbers_tell_what_waits_how_long_and_what_is_due(busy: Engine) -> None:
    def numbers(at: Any, viewer: Viewer = LOCAL) -> CaseNumbers:
        tomorrow = at.replace(hour=0) + timedelta(days=1)
        return read(busy, reads.case_numbers, viewer, now=at, tomorrow=tomorrow)

    assert numbers(local(2, 12)) == CaseNumbers(2, 0, 0, 0, 1, 1, 0, 0, 1)
    assert numbers(local(3, 8)) == CaseNumbers(2, 0, 0, 1, 1, 1, 0, 0, 1)
    assert numbers(local(3, 9)) == CaseNumbers(2, 0, 0, 2, 0, 1, 0, 0, 1)
    assert numbers(local(3, 10)).older_than_day == 2
    assert numbers(local(6, 10)).older_than_three_days == 2
    eva = counselor(busy, "eva@escuela.example")
    case_actions.assign(busy, LOCAL, ref(busy, NAMES[1]), eva.name, at=MONDAY)
    found = numbers(local(2, 10), eva)
    assert (found.mine_open, found.mine_due_soon) == (1, 1)
    assert numbers(local(2, 8), eva).mine_due_soon == 0


def test_who_is_looked_after_gives_their_place_in_today_s_list_to_others(busy: Engine) -> None:
    def first(limit: int = 9, *, at: datetime = NOON) -> list[str]:
        found = read(busy, reads.first_waiting, LOCAL, at=at, limit=limit)
        assert found.total == waiting
        return [row["pseudonym"] for row in found.people]

    waiting = 3
    assert first() == [NAMES[1], NAMES[0], NAMES[2]]
    assert first(1) == [NAMES[1]]
    assert first(0) == []
    waiting = 2
    case_actions.close(busy, LOCAL, ref(busy, NAMES[1]), Outcome.ATTENDED, at=NOON)
    assert first() == [NAMES[0], NAMES[2]]
    waiting = 1
    case_actions.acknowledge(busy, LOCAL, ref(busy, NAMES[2]), at=NOON)
    assert first() == [NAMES[0]]
    assert first(at=NOON + REOPEN_WITHIN - timedelta(seconds=1)) == [NAMES[0]]
    waiting = 2  # who was closed is still in ALTO
    assert first(at=NOON + REOPEN_WITHIN) == [NAMES[0], NAMES[1]]


def test_who_is_in_alto_without_any_case_waits_too_and_the_hardly_known_do_not(
    seen: Engine,
) -> None:
    found = read(seen, reads.first_waiting, LOCAL, at=NOON, limit=9)
    assert [row["pseudonym"] for row in found.people] == [NAMES[i] for i in (1, 2, 3, 0)]
    analyst = Viewer("luz", Role.ANALYST)
    told = str(read(seen, reads.first_waiting, analyst, at=NOON, limit=9))
    assert not any(user in told for user in WHO)


def test_a_case_that_waits_stays_in_today_s_list_when_the_level_falls(busy: Engine) -> None:
    rows = generation(WHO, model_id=a_model(busy))
    publish_rows(busy, rows)
    found = read(busy, reads.first_waiting, LOCAL, at=NOON, limit=9)
    assert [row["pseudonym"] for row in found.people] == [NAMES[1], NAMES[0]]


def test_people_of_whom_too_little_is_known_come_by_days_without_activity(seen: Engine) -> None:
    found = read(seen, reads.unknown_people, LOCAL, limit=9)
    assert [(row["pseudonym"], row["days_without_activity"]) for row in found] == [
        (NAMES[5], 40.0),
        (NAMES[4], 12.0),
    ]
    assert read(seen, reads.unknown_count, LOCAL) == 2
    second = read(seen, reads.unknown_people, LOCAL, limit=1, offset=1)
    assert [row["pseudonym"] for row in second] == [NAMES[4]]


def test_the_load_of_a_team_names_everyone_who_holds_cases_or_could(busy: Engine) -> None:
    eva = counselor(busy, "eva@escuela.example")
    leo = counselor(busy, None)
    gone = counselor(busy, "gone@escuela.example")
    case_actions.assign(busy, LOCAL, ref(busy, NAMES[1]), eva.name, at=NOON)
    case_actions.close(busy, eva, ref(busy, NAMES[0]), Outcome.ATTENDED, at=NOON)
    with busy.begin() as connection:
        disable_account(connection, int(gone.name.partition(":")[2]))
    now = local(2, 14)
    loads = {one.name: one for one in read(busy, reads.team_load, LOCAL, now=now)}
    assert set(loads) == {eva.name, leo.name, "local"}
    held = loads[eva.name]
    assert (held.label, held.open, held.overdue, held.closed) == ("eva@escuela.example", 1, 1, 1)
    assert (loads[leo.name].label, loads[leo.name].open) == (f"la cuenta {leo.name[5:]}", 0)
    assert (loads["local"].open, loads["local"].closed) == (1, 0)
    week_later = read(busy, reads.team_load, LOCAL, now=NOON + timedelta(days=8))
    assert {one.name: one.closed for one in week_later}[eva.name] == 0
    named = read(busy, reads.colleagues, LOCAL)
    assert {one.name: one.is_disabled for one in named} == {
        eva.name: False, leo.name: False, gone.name: True,
    }  # fmt: skip


def test_a_disabled_colleague_who_still_holds_a_case_is_named(busy: Engine) -> None:
    eva = counselor(busy, "eva@escuela.example")
    case_actions.assign(busy, LOCAL, ref(busy, NAMES[1]), eva.name, at=NOON)
    with busy.begin() as connection:
        disable_account(connection, int(eva.name.partition(":")[2]))
    loads = {one.name: one for one in read(busy, reads.team_load, LOCAL, now=NOON)}
    assert loads[eva.name].is_disabled
