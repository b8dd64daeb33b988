from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from aura_engine.cluster import Lease
from aura_engine.domain import RiskLevel
from aura_engine.errors import AccessDenied, RunError
from aura_engine.store import reads
from aura_engine.store.access import SYSTEM, Role, Viewer
from aura_engine.store.cases import CaseState, open_cases
from aura_engine.store.connect import reading
from aura_engine.store.generation import ensure_history_month, load_generation, stage_history
from aura_engine.store.installation import ensure_installation
from aura_engine.store.model_versions import activate_model
from aura_engine.store.people import save_people
from aura_engine.store.queue import cancel, enqueue
from aura_engine.store.reads import Box, CohortKind, LevelCount
from tests.integration.store.rows import (
    AS_OF,
    NO_MEMBERSHIPS,
    a_model,
    a_run,
    generation,
    history,
    ids,
    people,
    publish_rows,
    shared_store,
)
from tests.integration.store.test_case_reads import OF_CASES

WHO = ids(6)
NAMES = [f"{letter}2-AAAA" for letter in "ABCDEF"]
GROUP, ELSEWHERE = UUID(int=77), UUID(int=78)
SEVERITY = [70.0, 80.0, 90.0, 80.0, 50.0, 10.0]
LEVELS = [RiskLevel.ALTO] * 4 + [RiskLevel.MODERADO, RiskLevel.BAJO]
MEMBERS = (0, 2, 5)
COUNSELOR = Viewer("ana", Role.COUNSELOR)
OF_GROUP = Viewer("eva", Role.COUNSELOR, frozenset({GROUP}))
OF_NOTHING = Viewer("leo", Role.COUNSELOR, frozenset())
ANALYST = Viewer("luz", Role.ANALYST)
SERVICE = Viewer("chatbot", Role.SERVICE)
NO_RUN = reads.ComparableRun(1, "full", AS_OF, 1, 0, None)
A_WHILE = {"since": AS_OF - timedelta(days=1), "until": AS_OF + timedelta(days=1)}

TOTALS: dict[str, dict[str, Any]] = {
    "case_numbers": {"now": AS_OF, "tomorrow": AS_OF + timedelta(hours=9)},
    "case_version": {},
    "cohort_days": {"kind": CohortKind.REGION, "since": AS_OF.date()},
    "cohorts": {"kind": CohortKind.AGE_BAND},
    "colleagues": {},
    "comparable_runs": {},
    "data_version": {},
    "density": {},
    "distribution": {},
    "first_waiting": {"at": AS_OF, "limit": 8},
    "is_demo": {},
    "last_run_before": {"moment": AS_OF + timedelta(days=1)},
    "level_profiles": {},
    "model_in_view": {},
    "model_versions": {},
    "moved_people": {"pair": reads.RunPair(NO_RUN, NO_RUN), "chosen": reads.MoveFilter()},
    "moves": {"pair": reads.RunPair(NO_RUN, NO_RUN)},
    "notice_channels": {},
    "open_runs": {},
    "people_within": {"box": Box(-1.0, 1.0, -1.0, 1.0), "limit": 5},
    "run": {"run_id": 1},
    "run_totals": A_WHILE,
    "runs": {},
    "runs_to_compare": {"one": 1, "other": 2},
    "scatter": {"max_points": 100},
    "services": {},
    "severities": {},
    "severity_days": {"since": AS_OF.date()},
    "taken_up": {"since": AS_OF},
    "trend_steps": {**A_WHILE, "step": reads.TrendStep.HOUR, "zone": "UTC"},
    "work_count": {"chosen": reads.WorkFilter()},
    "work_list": {"chosen": reads.WorkFilter(), "since": None},
}
OF_ACCOUNTS = {
    "accounts", "audit_actions", "audit_actors", "audit_count", "audit_entries", "communities",
}  # fmt: skip
"""Tried in test_audit_reads."""
OF_PEOPLE = {
    "history", "kpis_of", "level_changes", "level_count", "person", "person_by_id", "risk_list",
    "risk_ranks", "stream_risk_list", "usual_kpis",
}  # fmt: skip


def memberships(*users: int, category: str = "arte") -> pd.DataFrame:
    """Membership in the group for some of the people, and in another one for the rest."""
    return pd.DataFrame(
        {
            "user_id_raiz": WHO,
            "community_id": [str(GROUP if i in users else ELSEWHERE) for i in range(len(WHO))],
            "category": category,
        }
    )


def rows(model_id: int) -> pd.DataFrame:
    return generation(WHO, model_id=model_id).assign(
        cluster_label=[level.value for level in LEVELS], severity_index=SEVERITY
    )


def populate(store: Engine) -> None:
    """Six people, three of them in the group, with history; in view at version 1."""
    save_people(store, people(WHO), memberships(*MEMBERS), as_of=AS_OF)
    with store.begin() as connection:
        connection.execute(
            text("UPDATE person SET pseudonym = :name WHERE user_id_raiz = :user"),
            [{"name": name, "user": user} for name, user in zip(NAMES, WHO, strict=True)],
        )
    ensure_history_month(store, AS_OF)
    model_id = a_model(store)
    found = rows(model_id)
    run_id = publish_rows(store, found)
    stage_history(store, run_id, history(found))
    entering = found.loc[WHO[:3], ["severity_index"]].assign(
        state=[CaseState.OPEN, CaseState.OPEN, CaseState.TO_REVIEW]
    )
    with store.begin() as connection:
        activate_model(connection, model_id, as_of=AS_OF)
        open_cases(connection, entering.reset_index(), run_id=run_id, as_of=AS_OF)


@pytest.fixture(scope="module")
def population(lease: Lease) -> Iterator[Engine]:
    """For tests that only read."""
    with shared_store(lease) as engine:
        populate(engine)
        yield engine


@pytest.fixture
def own_population(store: Engine) -> Engine:
    """For tests that change something."""
    populate(store)
    return store


def read(store: Engine, function: Callable[..., Any], viewer: Viewer, *args: Any, **kw: Any) -> Any:
    with reading(store) as connection:
        return function(connection, viewer, *args, **kw)


def names(listed: list[dict[str, Any]]) -> list[str]:
    return [row["pseudonym"] for row in listed]


def version(store: Engine) -> int:
    return read(store, reads.data_version, SYSTEM).number


def test_there_is_no_data_version_before_the_first_run(store: Engine) -> None:
    assert read(store, reads.data_version, SYSTEM) is None
    assert read(store, reads.distribution, SYSTEM) == dict.fromkeys(RiskLevel, LevelCount())
    assert read(store, reads.risk_list, SYSTEM, RiskLevel.ALTO) == []


def test_the_data_version_names_the_run_in_view(own_population: Engine) -> None:
    first = read(own_population, reads.data_version, SYSTEM)
    assert (first.number, first.as_of) == (1, AS_OF)
    run_id = publish_rows(own_population, rows(a_model(own_population)))
    second = read(own_population, reads.data_version, SYSTEM)
    assert (second.number, second.run_id) == (2, run_id)
    assert second.changed_at > first.changed_at


def test_the_data_version_grows_when_a_person_changed_and_only_then(own_population: Engine) -> None:
    same = memberships(*MEMBERS)
    for changed, joined in (
        ({"is_active": False}, same),
        ({"region": None}, same),
        ({"last_activity_at": pd.Timestamp(AS_OF) + pd.Timedelta(hours=1)}, same),
        ({}, memberships(*MEMBERS, 3)),
        ({}, memberships(*MEMBERS, 3, category="deporte")),
        ({}, memberships(*MEMBERS, 3, category="deporte").head(5)),
    ):
        before = version(own_population)
        for _ in range(2):
            save_people(own_population, people(WHO).assign(**changed), joined, as_of=AS_OF)
            assert version(own_population) == before + 1, (changed, joined)


def test_a_newcomer_shows_with_the_next_flip_and_not_before(own_population: Engine) -> None:
    newcomer = ids(1, start=50)
    save_people(own_population, people(newcomer), NO_MEMBERSHIPS, as_of=AS_OF)
    assert version(own_population) == 1
    assert (
        sum(count.people for count in read(own_population, reads.distribution, SYSTEM).values())
        == 6
    )


@pytest.mark.parametrize(
    ("viewer", "counts"), [(COUNSELOR, (4, 1, 1)), (OF_GROUP, (2, 0, 1)), (OF_NOTHING, (0, 0, 0))]
)
def test_a_viewer_counts_the_people_in_scope(
    population: Engine, viewer: Viewer, counts: tuple[int, ...]
) -> None:
    expected = dict(zip(RiskLevel, counts, strict=True))
    found = read(population, reads.distribution, viewer)
    assert {level: count.people for level, count in found.items()} == expected
    assert read(population, reads.scatter, viewer, max_points=100).total == sum(counts)
    assert read(population, reads.level_profiles, viewer)["people"].sum() == sum(counts)
    by_level = read(population, reads.severities, viewer).people.sum()
    assert by_level.to_dict() == {level.value: count for level, count in expected.items()}


def test_people_without_enough_data_and_those_who_stopped_showing_are_counted_beside(
    own_population: Engine,
) -> None:
    found = rows(a_model(own_population)).assign(
        is_sufficient=[True, False, False, True, True, True],
        stopped_showing=[False, False, True, True, True, False],
    )
    publish_rows(own_population, found)
    assert read(own_population, reads.distribution, SYSTEM) == {
        RiskLevel.ALTO: LevelCount(4, insufficient=2, known=4, stopped_showing=2),
        RiskLevel.MODERADO: LevelCount(1, known=1, stopped_showing=1),
        RiskLevel.BAJO: LevelCount(1, known=1),
    }


def test_the_most_severe_come_first_and_equals_by_pseudonym(population: Engine) -> None:
    listed = read(population, reads.risk_list, COUNSELOR, RiskLevel.ALTO)
    assert names(listed) == [NAMES[i] for i in (2, 1, 3, 0)]
    assert [row["severity_index"] for row in listed] == [90.0, 80.0, 80.0, 70.0]
    assert [row["user_id_raiz"] for row in listed] == [WHO[i] for i in (2, 1, 3, 0)]


def test_pages_of_a_list_are_the_whole_list(population: Engine) -> None:
    whole = read(population, reads.risk_list, COUNSELOR, RiskLevel.ALTO)
    for limit in (1, 2, 3, 4, 5):
        paged: list[dict[str, Any]] = []
        for offset in range(0, 5, limit):
            page = {"limit": limit, "offset": offset}
            paged += read(population, reads.risk_list, COUNSELOR, RiskLevel.ALTO, **page)
        assert paged == whole


def test_a_list_holds_only_people_in_scope(population: Engine) -> None:
    listed = read(population, reads.risk_list, OF_GROUP, RiskLevel.ALTO)
    assert names(listed) == [NAMES[2], NAMES[0]]
    second = read(population, reads.risk_list, OF_GROUP, RiskLevel.ALTO, limit=1, offset=1)
    assert names(second) == [NAMES[0]]
    assert read(population, reads.risk_list, OF_NOTHING, RiskLevel.ALTO) == []


def test_a_level_counts_as_many_people_as_its_whole_list_holds(population: Engine) -> None:
    for viewer in (COUNSELOR, OF_GROUP, OF_NOTHING, SERVICE):
        for level in RiskLevel:
            listed = read(population, reads.risk_list, viewer, level)
            assert read(population, reads.level_count, viewer, level) == len(listed)


def test_open_runs_are_those_that_wait_or_go_on(own_population: Engine) -> None:
    assert read(own_population, reads.open_runs, SYSTEM) == []
    asked = enqueue(own_population, kind="full", parameters={}, requested_by="ana")
    assert read(own_population, reads.open_runs, SYSTEM) == [asked.run_id]
    cancel(own_population, asked.run_id)
    assert read(own_population, reads.open_runs, SYSTEM) == []


def test_a_database_is_the_demos_only_if_it_is_marked_so(own_population: Engine) -> None:
    assert not read(own_population, reads.is_demo, SYSTEM)
    ensure_installation(own_population, "demo")
    assert read(own_population, reads.is_demo, SYSTEM)


def test_kpis_are_those_of_the_asked_people_in_scope(population: Engine) -> None:
    asked = [NAMES[1], NAMES[2], "X9-XXXX"]
    found = read(population, reads.kpis_of, COUNSELOR, asked)
    assert sorted(names(found)) == [NAMES[1], NAMES[2]]
    one = read(population, reads.person, COUNSELOR, NAMES[2])
    assert {**one, **next(row for row in found if row["pseudonym"] == NAMES[2])} == one
    assert names(read(population, reads.kpis_of, OF_GROUP, asked)) == [NAMES[2]]


def test_cases_that_wait_are_counted_by_scope(population: Engine) -> None:
    for viewer, expected in ((COUNSELOR, (2, 1)), (OF_GROUP, (1, 1)), (OF_NOTHING, (0, 0))):
        found = read(population, reads.case_numbers, viewer, now=AS_OF, tomorrow=AS_OF)
        assert (found.unacknowledged, found.to_review) == expected


def test_the_model_in_view_is_the_active_one(population: Engine) -> None:
    assert read(population, reads.model_in_view, ANALYST).n_fitted > 0


def test_who_leaves_a_community_leaves_its_counselors_view_at_once(own_population: Engine) -> None:
    save_people(own_population, people(WHO), memberships(0, 5), as_of=AS_OF)
    listed = read(own_population, reads.risk_list, OF_GROUP, RiskLevel.ALTO)
    assert names(listed) == [NAMES[0]]
    assert read(own_population, reads.person, OF_GROUP, NAMES[2]) is None


def test_one_person_is_found_by_pseudonym_and_by_root_id(population: Engine) -> None:
    found = read(population, reads.person, OF_GROUP, NAMES[2])
    assert (found["pseudonym"], found["user_id_raiz"]) == (NAMES[2], WHO[2])
    assert (found["severity_index"], found["region"]) == (90.0, "Jalisco")
    assert read(population, reads.person_by_id, OF_GROUP, UUID(WHO[2])) == found


@pytest.mark.parametrize(
    ("viewer", "who"), [(OF_GROUP, 1), (OF_NOTHING, 2), (COUNSELOR, None)], ids=str
)
def test_a_person_out_of_view_is_as_one_who_does_not_exist(
    population: Engine, viewer: Viewer, who: int | None
) -> None:
    name, user = ("X9-XXXX", ids(1, start=99)[0]) if who is None else (NAMES[who], WHO[who])
    assert read(population, reads.person, viewer, name) is None
    assert read(population, reads.person_by_id, viewer, UUID(user)) is None
    assert read(population, reads.risk_ranks, viewer, name) == {}
    assert read(population, reads.history, viewer, name) == []


def test_changes_of_level_are_those_of_people_in_scope_most_severe_first(
    population: Engine,
) -> None:
    since = {"since": AS_OF - timedelta(hours=1)}
    everyone = read(population, reads.level_changes, COUNSELOR, **since)
    assert names(everyone) == [NAMES[i] for i in (2, 1, 3, 0, 4, 5)]
    of_group = read(population, reads.level_changes, OF_GROUP, **since)
    assert names(of_group) == [NAMES[i] for i in (2, 0, 5)]
    assert read(population, reads.level_changes, COUNSELOR, since=AS_OF) == []


def test_history_holds_only_runs_that_flipped_oldest_first(own_population: Engine) -> None:
    later = AS_OF + timedelta(hours=2)
    found = rows(a_model(own_population)).assign(severity_index=95.0)
    _stage_and_fail(own_population, found, AS_OF + timedelta(hours=1))
    assert len(read(own_population, reads.history, COUNSELOR, NAMES[2])) == 1
    run_id = publish_rows(own_population, found, as_of=later)
    stage_history(own_population, run_id, history(found, as_of=later))
    recorded = read(own_population, reads.history, OF_GROUP, NAMES[2])
    assert [(row["as_of"], row["severity_index"]) for row in recorded] == [
        (AS_OF, 90.0),
        (later, 95.0),
    ]


def _stage_and_fail(store: Engine, found: pd.DataFrame, as_of: datetime) -> None:
    def stage() -> None:
        with a_run(store, as_of=as_of) as run:
            load_generation(store, run.run_id, found.reset_index())
            stage_history(store, run.run_id, history(found, as_of=as_of))
            raise RunError("stop here")

    with pytest.raises(RunError, match="stop here"):
        stage()


def test_an_analyst_sees_pseudonyms_and_no_root_id(population: Engine) -> None:
    since = {"since": AS_OF - timedelta(hours=1)}
    for found in (
        read(population, reads.risk_list, ANALYST, RiskLevel.ALTO),
        read(population, reads.level_changes, ANALYST, **since),
        [read(population, reads.person, ANALYST, NAMES[2])],
        read(population, reads.scatter, ANALYST, max_points=9).points.to_dict("records"),
    ):
        assert NAMES[2] in names(found)
        assert not {"user_id_raiz", "root_id"} & set(found[0])
        assert not any(user in str(found) for user in WHO)
    with pytest.raises(AccessDenied, match="analyst"):
        read(population, reads.person_by_id, ANALYST, UUID(WHO[2]))


@pytest.mark.parametrize("name", TOTALS)
def test_a_service_may_not_read_totals(population: Engine, name: str) -> None:
    with pytest.raises(AccessDenied, match="service"):
        read(population, getattr(reads, name), SERVICE, **TOTALS[name])
    assert read(population, getattr(reads, name), ANALYST, **TOTALS[name]) is not None


def test_a_service_may_read_of_people(population: Engine) -> None:
    assert len(read(population, reads.risk_list, SERVICE, RiskLevel.ALTO)) == 4
    found = read(population, reads.person_by_id, SERVICE, UUID(WHO[2]))
    assert found["pseudonym"] == NAMES[2]


def test_every_read_takes_the_viewer_and_is_tried_here() -> None:
    functions = {
        name: function
        for name, function in vars(reads).items()
        if name in reads.__all__ and inspect.isfunction(function)
    }
    assert set(functions) == set(TOTALS) | set(OF_CASES) | OF_PEOPLE | OF_ACCOUNTS
    for function in functions.values():
        assert list(inspect.signature(function).parameters)[:2] == ["connection", "viewer"]
