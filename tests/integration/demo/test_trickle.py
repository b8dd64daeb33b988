"""People who live on while the demo is served: real constraints, real triggers, the plan's rows."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from aura_engine.demo.personas import HABITS, Persona
from aura_engine.demo.plan import DemoPlan
from aura_engine.demo.population import Population
from aura_engine.demo.texts import TextPool, Tone
from aura_engine.demo.trickle import Act, Change, Trickle
from aura_engine.demo.trickle import trickle as trickle_module
from aura_engine.demo.trickle.accounts import close_account, open_account
from aura_engine.demo.trickle.ties import accept
from aura_engine.demo.writer import write_until
from aura_engine.errors import DemoError
from aura_engine.sources import Source
from aura_engine.sources.triggers import install_triggers, trigger_state
from tests.patience import eventually

PLAN = DemoPlan(100, 5, date(2026, 3, 2), date(2026, 3, 20), "America/Mexico_City")
SERVED = datetime(2026, 3, 24, 17, tzinfo=UTC)
NEXT_START = SERVED + timedelta(days=2)
Engines = dict[Source, Engine]

KEYS = {
    (Source.AUTH, "users"): ("user_id",),
    (Source.SOCIAL, "user_profiles"): ("id",),
    (Source.SOCIAL, "complete_profiles"): ("id",),
    (Source.SOCIAL, "posts"): ("id",),
    (Source.SOCIAL, "comments"): ("id",),
    (Source.SOCIAL, "friendships"): ("requester_id", "addressee_id"),
    (Source.SOCIAL, "communities"): ("id",),
    (Source.SOCIAL, "community_members"): ("id",),
    (Source.MESSAGING, "users"): ("profile_id",),
    (Source.MESSAGING, "conversations"): ("id",),
    (Source.MESSAGING, "chat_groups"): ("id",),
    (Source.MESSAGING, "group_members"): ("id",),
    (Source.MESSAGING, "messages"): ("id",),
}
CHANGE_LOG = "SELECT table_name, operation, user_ref::text FROM aura_cdc.change_log ORDER BY id"


@pytest.fixture(scope="module")
def pool() -> TextPool:
    return TextPool(PLAN.seed)


@pytest.fixture
def population(pool: TextPool) -> Population:
    return Population(PLAN.seed, PLAN.users, PLAN.epoch, PLAN.zone, pool=pool)


@pytest.fixture
def served(engines: Engines, population: Population) -> Engines:
    """The sources as a demo finds them when it begins to serve."""
    write_until(engines, population, SERVED)
    for source, engine in engines.items():
        install_triggers(engine, source)
    return engines


def begin(engines: Engines, pool: TextPool, began: datetime = SERVED) -> Trickle:
    return Trickle(PLAN, engines, began, pool=pool)


def let_run(trickle: Trickle, since: datetime, spell: timedelta) -> list[Change]:
    """Do everything that falls into a stretch of time, without waiting for it."""
    now, changes = since, list[Change]()
    while (now := now + timedelta(seconds=trickle.seconds_left(now))) < since + spell:
        changes += trickle.step(now)
    return changes


def ask(engine: Engine, question: str, **values: Any) -> Sequence[Any]:
    with engine.connect() as connection:
        return connection.execute(text(question), values).all()


def rows(engines: Engines) -> Iterator[tuple[tuple[Source, str], dict[tuple[str, ...], Any]]]:
    """Yield each table's rows by key, as JSON."""
    for (source, table), key in KEYS.items():
        found = ask(engines[source], f"SELECT to_jsonb(r) FROM {table} AS r")  # noqa: S608
        yield (source, table), {tuple(row[0][name] for name in key): row[0] for row in found}


def test_the_triggers_are_whole_and_have_logged_nothing_of_the_history(served: Engines) -> None:
    for source, engine in served.items():
        with engine.connect() as connection:
            state = trigger_state(connection, source)
        assert (state.missing, state.disabled) == ((), ())
        assert ask(engine, CHANGE_LOG) == [("*", "INSTALL", None)]
        install_triggers(engine, source)  # a second start
        assert ask(engine, CHANGE_LOG) == [("*", "INSTALL", None)]


def test_every_act_is_a_row_and_is_logged_with_whom_it_concerns(
    served: Engines, pool: TextPool
) -> None:
    trickle = begin(served, pool)
    present = trickle.residents.at(SERVED)
    for act in (act for act in Act if "account" not in act):
        tried = (trickle.do(act, int(who), present) for who in trickle.residents.well(present))
        (change,) = next(changes for changes in tried if changes)
        assert change.act is act
        assert change.key in dict(rows(served))[change.source, change.table] or (
            change.operation == "DELETE"
        )
        logged = {tuple(row) for row in ask(served[change.source], CHANGE_LOG)}
        refs = change.user_refs
        assert {(change.table, change.operation, ref) for ref in refs} <= logged, act


def test_a_welcome_request_is_accepted_and_a_friendship_is_logged(
    served: Engines, pool: TextPool
) -> None:
    trickle = begin(served, pool)
    present = trickle.residents.at(SERVED)
    tried = (trickle.do(Act.REQUEST, int(who), present) for who in trickle.residents.well(present))
    (asked,) = next(changes for changes in tried if changes)
    (accepted,) = (accept(trickle.hand, asked, present),)
    assert accepted is not None
    assert (accepted.key, accepted.operation) == (asked.key, "UPDATE")
    assert ("friendships", "UPDATE", asked.key[0]) in ask(served[Source.SOCIAL], CHANGE_LOG)
    assert accept(trickle.hand, asked, present) is None  # answered once


def test_an_account_is_opened_in_all_databases_and_no_planned_one_is_ever_closed(
    served: Engines, pool: TextPool
) -> None:
    trickle = begin(served, pool)
    present = trickle.residents.at(SERVED)
    assert close_account(trickle.hand, present) == []
    opened = open_account(trickle.hand, present)
    assert [change.source for change in opened] == list(Source)
    (person,) = opened[0].key
    for source, table, key in (
        (Source.AUTH, "users", "user_id"),
        (Source.SOCIAL, "user_profiles", "user_id"),
    ):
        assert ask(served[source], f"SELECT 1 FROM {table} WHERE {key} = :id", id=person)  # noqa: S608
    closed = close_account(trickle.hand, present)
    assert closed[0].key == (person,)
    planned = ask(served[Source.AUTH], "SELECT user_id::text FROM users")
    assert {row[0] for row in planned} < set(trickle.residents.cast.auth_id)
    assert not ask(
        served[Source.SOCIAL], "SELECT 1 FROM user_profiles WHERE user_id = :p", p=person
    )
    for change in (*opened, *closed):
        entry = (change.table, change.operation, change.user_refs[0])
        assert entry in [tuple(row) for row in ask(served[change.source], CHANGE_LOG)]


def test_the_plan_goes_on_as_if_nobody_had_trickled(
    served: Engines, population: Population, pool: TextPool
) -> None:
    """What the next start finds: the plan's rows, but for those that a change of ours names."""
    changes = let_run(begin(served, pool), SERVED, timedelta(minutes=50))
    again = SERVED + timedelta(hours=1)
    changes += let_run(begin(served, pool, again), again, timedelta(minutes=20))
    kinds = {change.act for change in changes}
    assert {Act.MESSAGE, Act.POST, Act.COMMENT, Act.REQUEST, Act.UNFRIEND, Act.LEAVE} <= kinds
    with served[Source.SOCIAL].begin() as social:  # two whom the plan is going to introduce
        to_come = population.rows(SERVED, NEXT_START).inserted("social", "friendships").iloc[0]
        pair = (to_come["requester_id"], to_come["addressee_id"])
        social.execute(
            text("INSERT INTO friendships (requester_id, addressee_id) VALUES (:a, :b)"),
            {"a": pair[0], "b": pair[1]},
        )
    write_until(served, population, NEXT_START)
    trickled = dict(rows(served))

    for source in Source:
        tables = ", ".join(table for where, table in KEYS if where is source)
        with served[source].begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA aura_demo CASCADE")
            connection.exec_driver_sql(f"TRUNCATE {tables} CASCADE")
    write_until(served, population, NEXT_START)
    touched = {(c.source, c.table, c.key): c for c in changes}
    for (source, table), planned in rows(served):
        found = trickled[source, table]
        for key, row in planned.items():
            if (source, table, key) not in touched and key != pair:
                assert found.get(key) == row, table
        ours = {k for s, t, k in touched if (s, t) == (source, table)}
        assert found.keys() - planned.keys() <= ours
        assert planned.keys() - found.keys() <= {
            k for s, t, k in touched if touched[s, t, k].operation == "DELETE"
        }


def test_whoever_turns_writes_worse_and_leaves_and_mends_again(
    served: Engines, pool: TextPool
) -> None:
    trickle = begin(served, pool)
    steps = trickle.spells.next(trickle.residents.at(SERVED))
    (who,) = trickle.spells.unwell
    acts = Counter(step.act for step in steps)
    assert acts[Act.POST] + acts[Act.COMMENT] + acts[Act.MESSAGE] >= 12
    for step in steps[:-1]:
        assert step.act is not None
        trickle.do(step.act, who, trickle.residents.at(SERVED + step.wait))
    tones = _tones(served, pool, trickle, who)
    heavy = sum(tones[tone] for tone in (Tone.LONELY, Tone.WITHDRAWN, Tone.DISTRESS))
    usual = HABITS[Persona.ORDINARY].tones
    assert heavy / tones.total() > 5 * (usual[Tone.LONELY] + usual[Tone.WITHDRAWN]
                                        + usual[Tone.DISTRESS])  # fmt: skip
    refs = trickle.hand.references(who)
    left = "SELECT 1 FROM community_members WHERE user_id::text = ANY(:r) AND role <> 'creator'"
    assert not ask(served[Source.SOCIAL], left, r=refs)

    mended = trickle.spells.mend(who)
    assert trickle.spells.unwell == ()
    for step in mended[:-1]:
        assert step.act is not None
        trickle.do(step.act, who, trickle.residents.at(SERVED + timedelta(minutes=20) + step.wait))
    better = _tones(served, pool, trickle, who)
    assert sum(better[t] for t in (Tone.LONELY, Tone.WITHDRAWN, Tone.DISTRESS)) < heavy / 2
    assert len(ask(served[Source.SOCIAL], left, r=refs)) == acts[Act.LEAVE]
    assert trickle.spells.over(who) == []
    assert who not in trickle.residents.moved


def _tones(engines: Engines, pool: TextPool, trickle: Trickle, who: int) -> Counter[Tone]:
    """Count the tones of what somebody wrote since the serving began and has not taken back."""
    tone_of = {pool.texts[at]: tone for tone in Tone for at in pool.indices(tone)}
    board = (
        "SELECT content FROM {} WHERE user_id::text = ANY(:refs) AND is_active"
        " AND created_at >= :since"
    )
    refs, profile = trickle.hand.references(who), trickle.hand.messaging_profile(who)
    found = [
        *ask(engines[Source.SOCIAL], board.format("posts"), refs=refs, since=SERVED),
        *ask(engines[Source.SOCIAL], board.format("comments"), refs=refs, since=SERVED),
        *ask(
            engines[Source.MESSAGING],
            "SELECT content FROM messages WHERE sender_profile_id::text = :p AND NOT is_deleted"
            " AND created_at >= :since",
            p=profile,
            since=SERVED,
        ),
    ]
    return Counter(tone_of[row[0]] for row in found)


def test_only_a_few_are_unwell_at_a_time(served: Engines, pool: TextPool) -> None:
    trickle = begin(served, pool)
    met, now = set(), SERVED
    while now < SERVED + timedelta(minutes=50):
        now += timedelta(seconds=trickle.seconds_left(now))
        trickle.step(now)
        assert len(trickle.spells.unwell) <= 1
        met |= set(trickle.spells.unwell)
    assert len(met) > 1


def test_nobody_acts_whose_account_the_plan_has_still_to_write(
    served: Engines, pool: TextPool
) -> None:
    later = SERVED + timedelta(days=80)
    residents = begin(served, pool, later).residents
    present = residents.at(later)
    missing = residents.cast.created > SERVED.timestamp() * 1000
    assert missing.any()
    assert present.today.acting[missing].any()
    for act in (act for act in Act if "account" not in act):
        willing = residents.willingness(act, present)
        assert willing[~missing].any()
        assert not willing[missing].any(), act
    assert not missing[residents.well(present)].any()


def test_a_database_that_is_away_is_waited_for_while_the_others_are_written(
    served: Engines, pool: TextPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trickle_module, "RETRY_SECONDS", 0.05)
    trickle, stop, clock = begin(served, pool), threading.Event(), count()
    name, count_rows = served[Source.SOCIAL].url.database, "SELECT count(*) FROM {}"

    def written(source: Source, table: str) -> int:
        return int(ask(served[source], count_rows.format(table))[0][0])

    runner = threading.Thread(
        target=trickle.run, args=(stop, lambda: SERVED + timedelta(hours=next(clock)))
    )
    with served[Source.AUTH].connect().execution_options(isolation_level="AUTOCOMMIT") as server:
        server.exec_driver_sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        server.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
        served[Source.SOCIAL].dispose()
        messages = written(Source.MESSAGING, "messages")
        runner.start()
        try:
            eventually(lambda: written(Source.MESSAGING, "messages") > messages + 10)
            server.exec_driver_sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            comments = written(Source.SOCIAL, "comments")
            eventually(lambda: written(Source.SOCIAL, "comments") > comments)
            assert runner.is_alive()
        finally:
            stop.set()
            runner.join()


def test_a_statement_that_the_database_refuses_is_no_reason_to_wait(
    served: Engines, pool: TextPool
) -> None:
    with served[Source.MESSAGING].begin() as messaging:
        messaging.exec_driver_sql("ALTER TABLE messages RENAME COLUMN content TO words")
    trickle, clock = begin(served, pool), count()
    with pytest.raises(ProgrammingError):
        trickle.run(threading.Event(), lambda: SERVED + timedelta(hours=next(clock)))


def test_nothing_is_written_where_the_plan_s_people_are_not(
    engines: Engines, population: Population, pool: TextPool
) -> None:
    with pytest.raises(DemoError, match="aura_auth"):
        begin(engines, pool)
    write_until(engines, population, datetime(2026, 3, 1, tzinfo=UTC))
    other = DemoPlan(101, PLAN.seed, PLAN.epoch, PLAN.first_night, PLAN.timezone)
    with pytest.raises(DemoError, match="--reset"):
        Trickle(other, engines, SERVED, pool=pool)
