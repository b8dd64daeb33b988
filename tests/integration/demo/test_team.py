"""What the demo's team does between two nights."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine, text

from aura_engine.cluster import Lease, ensure_template
from aura_engine.demo.team import OUTCOMES, PUT_OFF_EVERY, TAKEN_A_DAY, TEAM, Team
from aura_engine.store.access import Role, Viewer
from aura_engine.store.case_actions import CaseRef, assign
from aura_engine.store.connect import connect_store
from tests.conftest import DatabaseFactory
from tests.integration.store.case_rows import OFFICE, local, open_case, population
from tests.integration.store.conftest import TEMPLATE, build_template

SUNDAY, MONDAY, TUESDAY, FRIDAY = (local(day, 3, 30) for day in (1, 2, 3, 6))
CASES = 20


@pytest.fixture
def store(lease: Lease, database_factory: DatabaseFactory) -> Iterator[Engine]:
    ensure_template(lease, TEMPLATE, build_template)
    engine = connect_store(database_factory(TEMPLATE))
    yield engine
    engine.dispose()


@pytest.fixture
def cases(store: Engine) -> list[int]:
    """Cases that the run of a Sunday opened, the more severe the later."""
    found = [
        open_case(store, user, severity=70 + number, at=SUNDAY)
        for number, user in enumerate(population(store, CASES))
    ]
    with store.begin() as connection:
        connection.execute(
            text(
                "UPDATE user_feature_vector v SET severity_index = f.opening_severity"
                " FROM risk_case f WHERE f.user_id_raiz = v.user_id_raiz"
            )
        )
    return found


def taken(store: Engine) -> set[int]:
    with store.connect() as connection:
        return set(
            connection.scalars(
                text("SELECT id FROM risk_case WHERE acknowledged_by = :team"), {"team": TEAM.name}
            )
        )


def ended(store: Engine) -> dict[int, str]:
    with store.connect() as connection:
        rows = connection.execute(text("SELECT id, outcome FROM risk_case WHERE outcome <> ''"))
        return {row.id: row.outcome for row in rows}


def last_action(store: Engine) -> datetime:
    with store.connect() as connection:
        found: datetime = connection.scalar(
            text("SELECT max(at) FROM case_action WHERE actor = :team"), {"team": TEAM.name}
        )
        return found


def test_a_working_day_takes_the_most_severe_within_working_hours(
    store: Engine, cases: list[int]
) -> None:
    team = Team(store, OFFICE)
    team.work(SUNDAY)
    assert taken(store) == set()
    team.work(MONDAY)
    assert taken(store) == set(cases[-TAKEN_A_DAY:])
    assert local(2, 8) < last_action(store) < local(2, 16)


def test_a_day_that_was_begun_is_not_done_twice(store: Engine, cases: list[int]) -> None:
    team = Team(store, OFFICE)
    team.work(MONDAY)
    first = taken(store)
    team.work(MONDAY)
    assert taken(store) == first
    team.work(TUESDAY)
    assert taken(store) == set(cases)


def test_cases_end_after_some_days_and_some_are_put_off(store: Engine, cases: list[int]) -> None:
    team = Team(store, OFFICE)
    team.work(MONDAY)
    first = taken(store)
    team.work(TUESDAY)
    put_off = {case for case in first if case % PUT_OFF_EVERY == 0}
    with store.connect() as connection:
        snoozed = set(
            connection.scalars(text("SELECT id FROM risk_case WHERE snoozed_until IS NOT NULL"))
        )
    assert snoozed == put_off
    assert ended(store) == {}
    team.work(FRIDAY)
    assert ended(store) == {case: OUTCOMES[case % len(OUTCOMES)].value for case in first - put_off}


def test_what_somebody_else_has_is_left_alone(store: Engine, cases: list[int]) -> None:
    theirs = cases[-1]
    supervisor = Viewer("demo:supervisor", Role.SUPERVISOR)
    assign(store, supervisor, CaseRef(theirs, 1), supervisor.name, at=SUNDAY)
    Team(store, OFFICE).work(MONDAY)
    assert theirs not in taken(store)
    assert len(taken(store)) == TAKEN_A_DAY
