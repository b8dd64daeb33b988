"""Two runs beside each other: everyone in one cell, why they moved, and when it cannot be told."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from aura_engine.cluster import Lease
from aura_engine.domain import LEVEL_RANK, RiskLevel
from aura_engine.store import reads
from aura_engine.store.access import SYSTEM, Role, Viewer
from aura_engine.store.connect import reading
from aura_engine.store.generation import (
    add_history,
    ensure_history_month,
    flip,
    load_generation,
    replace_active_rows,
    stage_history,
)
from aura_engine.store.people import remove_people, save_people
from aura_engine.store.reads import Incomparable, MoveCause, MoveFilter, Moves, RunPair
from aura_engine.store.rescored import incremental_run
from tests.integration.store.rows import (
    AS_OF,
    NO_MEMBERSHIPS,
    a_model,
    a_run,
    finish,
    generation,
    ids,
    people,
    scalar,
    shared_store,
)

ALTO, MODERADO, BAJO = RiskLevel
GROUP = UUID(int=77)
ANALYST = Viewer("luz", Role.ANALYST)
Levels = dict[str, RiskLevel]
ASI = {ALTO: 80.0, MODERADO: 50.0, BAJO: 10.0}


@dataclass
class Town:
    """Some people whose levels runs and changes move, as the pipeline writes them."""

    store: Engine
    model: int = 0
    stands: Levels = field(default_factory=dict)
    after_run: dict[int, Levels] = field(default_factory=dict)
    at: datetime = AS_OF

    def __post_init__(self) -> None:
        self.model = a_model(self.store)
        ensure_history_month(self.store, AS_OF)

    def run(self, levels: Levels, *, reason: str = "behaviour", **given: Any) -> int:
        """Judge everyone; who is not named stays as they were."""
        found = {**self.stands, **levels}
        new = sorted(found.keys() - self.stands.keys())
        if new:
            save_people(self.store, people(new), NO_MEMBERSHIPS, as_of=self.at)
        self.at += timedelta(minutes=1)
        totals = {
            level.value: sum(is_at is level for is_at in found.values()) for level in RiskLevel
        }
        with a_run(self.store, as_of=self.at, kind=given.get("kind", "full")) as run:
            load_generation(self.store, run.run_id, self._rows(found).reset_index())
            stage_history(self.store, run.run_id, self._history(found, reason))
            with run.flipping() as connection:
                flip(connection, run.run_id)
                results = json.dumps({"risk_distribution": totals})
                finish(connection, run, self.model, results=results)
        self.stands = found
        self.after_run[run.run_id] = found
        return run.run_id

    def change(self, levels: Levels) -> None:
        """Judge these people only, as a change in a source does."""
        found = {who: level for who, level in levels.items() if who in self.stands}
        if not found:
            return
        self.at += timedelta(minutes=1)
        with self.store.begin() as connection:
            run_id = incremental_run(connection, as_of=self.at)
            replace_active_rows(connection, sorted(found), self._rows(found).reset_index())
            add_history(connection, run_id, self._history(found, "behaviour"))
        self.stands = {**self.stands, **found}

    def leave(self, who: list[str]) -> None:
        with self.store.begin() as connection:
            remove_people(connection, who, as_of=self.at)
        self.stands = {name: at for name, at in self.stands.items() if name not in who}
        # Whoever comes back is somebody new: what was known of them went with them.
        self.after_run = {
            run: {f"{name} gone" if name in who else name: at for name, at in found.items()}
            for run, found in self.after_run.items()
        }

    def _rows(self, found: Levels) -> pd.DataFrame:
        rows = generation(sorted(found), model_id=self.model)
        levels = [found[who] for who in rows.index]
        told = {"cluster_label": levels, "recorded_level": levels}
        severity = [ASI[level] for level in levels]
        return rows.assign(**told, severity_index=severity, recorded_severity=severity)

    def _history(self, found: Levels, reason: str) -> pd.DataFrame:
        columns = ["user_id_raiz", "cluster_label", "previous_label", "severity_index",
                   "previous_severity", "reason"]  # fmt: skip
        rows = []
        for who, level in found.items():
            then = self.stands.get(who)
            if then is not level:
                why = "first" if then is None else reason
                rows.append((who, level, then, ASI[level], then and ASI[then], why))
        frame = pd.DataFrame(rows, columns=columns)
        return frame.assign(as_of=self.at, model_version_id=self.model)

    def pair(self, one: int, other: int) -> RunPair:
        with reading(self.store) as connection:
            found = reads.runs_to_compare(connection, SYSTEM, one, other)
        assert isinstance(found, RunPair), found
        return found

    def moves(self, one: int, other: int, viewer: Viewer = SYSTEM) -> Moves:
        with reading(self.store) as connection:
            return reads.moves(connection, viewer, self.pair(one, other))

    def moved(self, one: int, other: int, viewer: Viewer = SYSTEM, **given: Any) -> list[Any]:
        page = {name: given.pop(name) for name in ("limit", "offset") if name in given}
        with reading(self.store) as connection:
            pair, chosen = self.pair(one, other), MoveFilter(**given)
            return reads.moved_people(connection, viewer, pair, chosen, **page)


@pytest.fixture
def town(store: Engine) -> Town:
    return Town(store)


WHO = ids(8)
LEVELS = st.dictionaries(st.sampled_from(WHO), st.sampled_from(list(RiskLevel)), max_size=8)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("run"), LEVELS),
        st.tuples(st.just("change"), LEVELS),
        st.tuples(st.just("leave"), st.lists(st.sampled_from(WHO), max_size=2)),
    ),
    min_size=4,
    max_size=9,
)


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # each example takes a database of its own
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_everyone_stands_in_exactly_one_cell_of_every_two_runs(lease: Lease, steps: Any) -> None:
    with shared_store(lease) as store:
        town = Town(store)
        town.run({WHO[0]: BAJO, WHO[1]: ALTO})
        for what, told in steps:
            if what == "run" and {**town.stands, **told}:
                town.run(told)
            elif what == "change":
                town.change(told)
            elif what == "leave" and set(town.stands) - set(told):
                town.leave([who for who in told if who in town.stands])
        runs = sorted(town.after_run)
        if not scalar(store, "SELECT count(*) FROM risk_history WHERE id <= 2"):
            runs = []  # whom the first run saw are all gone, and with them what it kept
        for i, one in enumerate(runs):
            for other in runs[i + 1 :]:
                _agree(town, one, other)


def _agree(town: Town, one: int, other: int) -> None:
    then, later, here = town.after_run[one], town.after_run[other], town.stands
    expected: dict[Any, int] = {}
    for who in here:
        if who in later:
            cell = (then.get(who), later[who])
            expected[cell] = expected.get(cell, 0) + 1
    for who, level in then.items():
        if who not in here:
            expected[level, None] = expected.get((level, None), 0) + 1
    found = town.moves(one, other)
    assert {cell: people for cell, people in found.cells.items() if people} == expected
    assert found.population == len(set(then) | (set(later) & set(here)))
    for level in RiskLevel:
        row = sum(people for (a, _), people in found.cells.items() if a is level)
        assert row == sum(at is level for at in then.values())
    assert sum(found.causes.values()) == found.moved + found.came
    listed = town.moved(one, other)
    assert {row["user_id_raiz"] for row in listed} == {
        who for who in here if who in later and then.get(who) is not later[who]
    }
    assert len(listed) == MoveFilter().count(found)


def test_why_somebody_moved_is_what_moved_their_level_on_the_way(town: Town) -> None:
    a, b, c, d, e, f = WHO[:6]
    before = town.run({a: BAJO, b: BAJO, c: BAJO, d: ALTO, e: ALTO})
    town.change({a: MODERADO, e: BAJO})
    town.run({b: ALTO}, reason="model")
    town.run({a: ALTO, c: MODERADO}, reason="both")
    town.change({e: ALTO})
    after = town.run({f: ALTO, d: MODERADO}, reason="behaviour")
    found = town.moves(before, after)
    assert found.causes == {
        ((BAJO, ALTO), MoveCause.BOTH): 1,
        ((BAJO, ALTO), MoveCause.MODEL): 1,
        ((BAJO, MODERADO), MoveCause.BOTH): 1,
        ((ALTO, MODERADO), MoveCause.BEHAVIOUR): 1,
        ((None, ALTO), MoveCause.CAME): 1,
    }
    assert (found.moved, found.came, found.left, found.insufficient) == (4, 1, 0, 0)
    listed = town.moved(before, after)
    assert {row["user_id_raiz"]: row["asi_change"] for row in listed} == {
        a: None, b: None, c: None, d: -30.0, f: None,
    }  # fmt: skip
    assert {row["user_id_raiz"] for row in listed[:3]} == {a, b, f}


def names(town: Town) -> dict[str, str]:
    with town.store.connect() as connection:
        rows = connection.execute(text("SELECT user_id_raiz::text, pseudonym FROM person"))
        return {row[0]: row[1] for row in rows}


def test_who_rose_furthest_comes_first_and_pages_are_the_whole_list(town: Town) -> None:
    before = town.run(dict.fromkeys(WHO, BAJO) | {WHO[0]: ALTO, WHO[1]: MODERADO})
    after = town.run({WHO[0]: BAJO, WHO[1]: ALTO, WHO[2]: ALTO, WHO[3]: MODERADO, WHO[4]: ALTO})
    listed = town.moved(before, after)
    rises = [LEVEL_RANK[row["to_level"]] - LEVEL_RANK[row["from_level"]] for row in listed]
    assert rises == [2, 2, 1, 1, -2]
    assert [row["to_level"] for row in listed[2:4]] == [ALTO, MODERADO]
    assert listed[0]["pseudonym"] < listed[1]["pseudonym"]
    paged = [row for n in range(0, 6, 2) for row in town.moved(before, after, limit=2, offset=n)]
    assert paged == listed


@pytest.mark.parametrize(
    ("chosen", "who"),
    [
        ({}, {0, 1, 2, 7}),
        ({"from_level": BAJO}, {1, 2}),
        ({"to_level": ALTO}, {1, 7}),
        ({"from_level": BAJO, "to_level": MODERADO}, {2}),
        ({"came": True}, {7}),
        ({"came": True, "to_level": BAJO}, set()),
        ({"cause": MoveCause.CAME}, {7}),
        ({"cause": MoveCause.MODEL}, set()),
    ],
    ids=str,
)
def test_a_filter_leaves_as_many_as_it_counts(
    town: Town, chosen: dict[str, Any], who: set[int]
) -> None:
    before = town.run(dict.fromkeys(WHO[:7], BAJO) | {WHO[0]: ALTO})
    after = town.run({WHO[0]: MODERADO, WHO[1]: ALTO, WHO[2]: MODERADO, WHO[7]: ALTO})
    listed = town.moved(before, after, **chosen)
    assert {WHO.index(row["user_id_raiz"]) for row in listed} == who
    assert MoveFilter(**chosen).count(town.moves(before, after)) == len(who)


def test_a_verdict_that_is_another_by_now_is_said_to_be(town: Town) -> None:
    before = town.run({WHO[0]: BAJO, WHO[1]: BAJO})
    after = town.run({WHO[0]: ALTO, WHO[1]: MODERADO})
    town.change({WHO[1]: ALTO})
    told = {row["user_id_raiz"]: row for row in town.moved(before, after)}
    assert (told[WHO[0]]["moved_since"], told[WHO[0]]["asi_change"]) == (False, 70.0)
    assert (told[WHO[1]]["moved_since"], told[WHO[1]]["to_level"]) == (True, MODERADO)


def test_a_viewer_compares_the_people_in_scope_and_is_told_no_departures(town: Town) -> None:
    before = town.run(dict.fromkeys(WHO, BAJO))
    after = town.run({WHO[0]: ALTO, WHO[1]: ALTO})
    with town.store.begin() as connection:
        connection.execute(
            text("INSERT INTO person_community VALUES (:who, :group, 'arte')"),
            {"who": WHO[0], "group": GROUP},
        )
    town.leave([WHO[5]])
    viewer = Viewer("eva", Role.ANALYST, frozenset({GROUP}))
    found = town.moves(before, after, viewer)
    assert (found.population, found.moved, found.left) == (1, 1, None)
    assert len(town.moved(before, after, viewer)) == 1
    assert town.moves(before, after).left == 1
    nobody = Viewer("leo", Role.COUNSELOR, frozenset())
    assert town.moves(before, after, nobody).population == 0


def test_an_analyst_gets_pseudonyms_and_no_ids(town: Town) -> None:
    before = town.run({WHO[0]: BAJO})
    after = town.run({WHO[0]: ALTO})
    (row,) = town.moved(before, after, ANALYST)
    assert row["pseudonym"] == names(town)[WHO[0]]
    assert "user_id_raiz" not in row
    assert WHO[0] not in str(row)


def why_not(town: Town, one: int, other: int) -> object:
    with reading(town.store) as connection:
        return reads.runs_to_compare(connection, ANALYST, one, other)


def test_what_cannot_be_compared_says_why(town: Town) -> None:
    before = town.run({WHO[0]: BAJO})
    after = town.run({WHO[0]: ALTO})
    town.change({WHO[0]: BAJO})
    daily = int(str(scalar(town.store, "SELECT id FROM pipeline_run WHERE kind = 'incremental'")))
    failed = after + 50
    with town.store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO pipeline_run (id, kind, status, error, requested_by)"
                " OVERRIDING SYSTEM VALUE VALUES (:id, 'full', 'failed', 'x', 'x')"
            ),
            {"id": failed},
        )
    assert why_not(town, before, before) is Incomparable.SAME
    assert why_not(town, before, failed + 1) is Incomparable.UNKNOWN
    assert why_not(town, daily, after) is Incomparable.INCREMENTAL
    assert why_not(town, before, failed) is Incomparable.NOT_SHOWN
    pair = why_not(town, after, before)
    assert isinstance(pair, RunPair)
    assert (pair.before.id, pair.after.id) == (before, after)


def test_history_that_went_with_its_month_leaves_nothing_to_compare(town: Town) -> None:
    before = town.run({WHO[0]: BAJO})
    middle = town.run({WHO[0]: ALTO})
    town.at = datetime(2026, 4, 2, tzinfo=AS_OF.tzinfo)
    ensure_history_month(town.store, town.at)
    after = town.run({WHO[0]: MODERADO})
    assert isinstance(why_not(town, before, after), RunPair)
    with town.store.begin() as connection:
        connection.execute(text("DROP TABLE risk_history_2026_03"))
    assert why_not(town, before, after) is Incomparable.HISTORY_GONE
    assert why_not(town, middle, after) is Incomparable.HISTORY_GONE


def test_runs_to_choose_from_are_those_that_judged_everyone_newest_first(town: Town) -> None:
    first = town.run({WHO[0]: BAJO})
    town.run({}, kind="sweep")
    last = town.run({WHO[0]: ALTO}, kind="recluster")
    town.change({WHO[0]: BAJO})
    with reading(town.store) as connection:
        found = reads.comparable_runs(connection, ANALYST)
    assert [run.id for run in found] == [last, first]
    assert found[1].people == {"ALTO_RIESGO": 0, "RIESGO_MODERADO": 0, "BAJO_RIESGO": 1}
