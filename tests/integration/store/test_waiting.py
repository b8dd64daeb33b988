"""Whom to look at first: each viewer's own order, and what must stand in everyone's."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from aura_engine.store import case_actions, reads
from aura_engine.store.access import LOCAL, Role, Viewer
from aura_engine.store.accounts import add_account
from aura_engine.store.case_actions import CaseRef, Outcome
from aura_engine.store.cases import CaseState
from aura_engine.store.connect import reading
from aura_engine.store.reads import Share, team
from tests.integration.store.case_rows import change, local, open_case, population
from tests.integration.store.rows import scalar

NOON = local(2, 12)
DAY = local(2, 0)
HOUR = timedelta(hours=1)


@pytest.fixture
def users(store: Engine) -> list[str]:
    """Twelve people in ALTO, all alike."""
    return population(store, 12)


@pytest.fixture
def eva(store: Engine) -> Viewer:
    return counselor(store, "eva@escuela.example")


@pytest.fixture
def leo(store: Engine) -> Viewer:
    return counselor(store, "leo@escuela.example")


def counselor(store: Engine, email: str) -> Viewer:
    with store.begin() as connection:
        number = add_account(connection, Role.COUNSELOR, email=email)
    return Viewer(f"user:{number}", Role.COUNSELOR)


def waiting(
    store: Engine, viewer: Viewer = LOCAL, *, limit: int = 99, share: Share | None = None
) -> reads.Waiting:
    with reading(store) as connection:
        return reads.first_waiting(connection, viewer, at=NOON, limit=limit, share=share or Share())


def first(store: Engine, viewer: Viewer = LOCAL, **given: object) -> list[str]:
    return [row["user_id_raiz"] for row in waiting(store, viewer, **given).people]  # type: ignore[arg-type]


def case_due(store: Engine, user: str, due: datetime, **changed: object) -> CaseRef:
    case = open_case(store, user, at=NOON - HOUR)
    assigned = "".join(f", {name} = :{name}" for name in changed)
    change(store, case, f"due_at = :due{assigned}", due=due, **changed)
    return CaseRef(case, 1)


def taken(store: Engine, viewer: Viewer, *, of_team: bool = False) -> int:
    with reading(store) as connection:
        return reads.taken_up(connection, viewer, since=DAY, of_team=of_team)


def test_two_counselors_begin_with_different_people_and_each_sees_everyone(
    store: Engine, users: list[str], eva: Viewer, leo: Viewer
) -> None:
    of_eva = first(store, eva, share=Share(0, 2))
    of_leo = first(store, leo, share=Share(1, 2))
    assert set(of_eva) == set(of_leo) == set(users)
    assert not set(of_eva[:3]) & set(of_leo[:3])
    assert first(store, eva, share=Share(0, 2), limit=3) == of_eva[:3]


def test_who_is_overdue_or_escalated_is_shown_to_all_whatever_the_limit(
    store: Engine, users: list[str], eva: Viewer, leo: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_due(store, users[3], NOON - HOUR, assigned_to=leo.name, assigned_at=NOON)
    case_due(store, users[5], NOON + 9 * HOUR, escalation_level=1, escalated_at=NOON)
    case_due(store, users[7], NOON + 9 * HOUR)
    for viewer in (eva, leo, LOCAL):
        assert first(store, viewer, limit=0, share=Share(1, 2)) == [users[3], users[5]]
        assert first(store, viewer, limit=2) == [users[3], users[5]]
    found = waiting(store, eva, limit=0)
    assert (found.total, found.late) == (12, 2)
    assert [row["assignee"] for row in found.people] == ["leo@escuela.example", None]
    assert [row["escalation_level"] for row in found.people] == [0, 1]
    monkeypatch.setattr(team, "MOST_LATE", 1)
    assert first(store, eva, limit=0) == [users[3]]
    assert waiting(store, eva, limit=0).late == 2


def test_of_those_who_are_late_the_most_severe_level_and_asi_come_first(
    store: Engine, users: list[str]
) -> None:
    stands = [
        ("BAJO_RIESGO", 12.0),
        ("ALTO_RIESGO", 70.0),
        ("RIESGO_MODERADO", 90.0),
        ("ALTO_RIESGO", 91.0),
    ]
    for days, (user, (level, severity)) in enumerate(zip(users, stands, strict=False)):
        case_due(store, user, NOON - timedelta(days=9 - days))
        with store.begin() as connection:
            connection.execute(
                text(
                    "UPDATE user_feature_vector SET cluster_label = :level,"
                    " severity_index = :severity WHERE user_id_raiz = :user"
                ),
                {"level": level, "severity": severity, "user": user},
            )
    assert first(store)[:4] == [users[3], users[1], users[2], users[0]]


def test_what_is_urgent_waits_for_no_share_and_who_is_to_review_comes_after_what_waits(
    store: Engine, users: list[str], eva: Viewer, leo: Viewer
) -> None:
    urgent, other, *_ = users
    case_due(store, urgent, NOON + 8 * HOUR, priority="URGENTE")
    case_due(store, other, NOON + 5 * HOUR, priority="ALTA")
    for user in users[2:]:
        open_case(store, user, state=CaseState.TO_REVIEW)
    for viewer, place in ((eva, 0), (leo, 1)):
        assert first(store, viewer, share=Share(place, 2))[:2] == [urgent, other]


def test_whoever_sees_none_of_the_same_people_takes_no_share(store: Engine) -> None:
    ours, theirs = UUID(int=1), UUID(int=2)
    with store.begin() as connection:
        for email, scope in (("a", [ours]), ("b", [theirs]), ("c", None), ("d", [ours, theirs])):
            add_account(connection, Role.COUNSELOR, email=f"{email}@escuela.example", scope=scope)
    reader = Viewer("user:1", Role.COUNSELOR, frozenset({ours}))
    with reading(store) as connection:
        of_reader = reads.colleagues(connection, reader)
        of_all = reads.colleagues(connection, LOCAL)
    assert [one.shares for one in of_reader] == [True, False, True, True]
    assert all(one.shares for one in of_all)


def test_what_presses_comes_before_ones_own_and_a_colleagues_comes_last(
    store: Engine, users: list[str], eva: Viewer, leo: Viewer
) -> None:
    case_due(store, users[9], NOON + HOUR)
    case_due(store, users[8], NOON + 5 * HOUR, assigned_to=eva.name, assigned_at=NOON)
    case_due(store, users[7], NOON + HOUR, assigned_to=leo.name, assigned_at=NOON)
    case_due(store, users[6], NOON + 4 * HOUR)
    for share in (Share(0, 2), Share(1, 2)):
        order = first(store, eva, share=share)
        assert order[:2] == [users[9], users[8]]
        assert order[-1] == users[7]
    assert first(store, eva)[2] == users[6]
    found = waiting(store, eva).people
    assert [row["is_mine"] for row in found[:3]] == [False, True, False]


def test_a_case_whose_deadline_the_clock_has_not_set_comes_before_those_without_any(
    store: Engine, users: list[str]
) -> None:
    open_case(store, users[2], state=CaseState.TO_REVIEW, at=NOON)
    open_case(store, users[4], at=NOON)
    assert first(store)[0] == users[4]


def test_nobody_waiting_is_told_by_counts(store: Engine, users: list[str]) -> None:
    for user in users:
        case = open_case(store, user, at=NOON)
        case_actions.acknowledge(store, LOCAL, CaseRef(case, 1), at=NOON)
    assert waiting(store) == reads.Waiting([], 0, 0)


def test_whose_a_case_is_is_for_who_works_on_cases(
    store: Engine, users: list[str], leo: Viewer
) -> None:
    case_due(store, users[0], NOON - HOUR, assigned_to=leo.name, assigned_at=NOON)
    row = waiting(store, Viewer("luz", Role.ANALYST), limit=1).people[0]
    assert (row["assignee"], row["is_mine"]) == (None, False)
    assert leo.name not in str(row)


def test_what_was_taken_up_today_is_counted_once_a_case_and_for_who_did_it(
    store: Engine, users: list[str], eva: Viewer, leo: Viewer
) -> None:
    cases = [open_case(store, user, at=NOON) for user in users[:5]]
    refs = [CaseRef(case, 1) for case in cases]
    assert taken(store, eva) == taken(store, eva, of_team=True) == 0
    version = case_actions.acknowledge(store, eva, refs[0], at=NOON)
    version = case_actions.add_note(store, eva, CaseRef(cases[0], version), "x", at=NOON)
    assert taken(store, eva) == 1
    case_actions.close(store, eva, CaseRef(cases[0], version), Outcome.ATTENDED, at=NOON + HOUR)
    assert taken(store, eva) == 1
    case_actions.close(store, eva, refs[1], Outcome.ATTENDED, at=NOON)
    assert taken(store, eva) == 2
    case_actions.assign(store, eva, refs[2], leo.name, at=NOON)
    assert taken(store, eva) == 2
    before = case_actions.acknowledge(store, eva, refs[3], at=DAY - HOUR)
    case_actions.close(store, eva, CaseRef(cases[3], before), Outcome.ATTENDED, at=NOON)
    assert taken(store, eva) == 2
    name = str(scalar(store, "SELECT pseudonym FROM person WHERE user_id_raiz = :u", u=users[8]))
    case_actions.open_case(store, eva, name, at=NOON)
    assert (taken(store, eva), taken(store, leo)) == (3, 0)
    case_actions.acknowledge(store, leo, refs[4], at=NOON)
    assert (taken(store, eva), taken(store, LOCAL, of_team=True)) == (3, 4)
