"""Writing the population: real constraints, slice boundaries, healing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text

from aura_engine.demo import writer
from aura_engine.demo.population import Population
from aura_engine.demo.texts import TextPool
from aura_engine.demo.writer import write_slice, write_until, written_through
from aura_engine.errors import DemoError
from aura_engine.sources import Source

EPOCH = date(2026, 3, 2)
ZONE = ZoneInfo("America/Mexico_City")
USERS = 60
Engines = dict[Source, Engine]

COUNTED = {
    Source.AUTH: ("users",),
    Source.SOCIAL: (
        "user_profiles", "complete_profiles", "posts", "comments", "communities",
        "community_members", "friendships",
    ),
    Source.MESSAGING: ("users", "conversations", "chat_groups", "group_members", "messages"),
}  # fmt: skip


def moment(days: float) -> datetime:
    return datetime(2026, 3, 2, 6, tzinfo=UTC) + timedelta(days=days)


@pytest.fixture(scope="module")
def pool() -> TextPool:
    return TextPool(5)


@pytest.fixture
def population(pool: TextPool) -> Population:
    return Population(5, USERS, EPOCH, ZONE, pool=pool)


def ask(engine: Engine, question: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(question))]


def contents(engines: Engines) -> dict[str, str | None]:
    """Return a digest of every table's rows, whatever their order."""
    digests = {}
    for source, tables in COUNTED.items():
        for table in tables:
            ((digest,),) = ask(
                engines[source],
                f"SELECT md5(string_agg({table}::text, '|' ORDER BY {table}::text)) FROM {table}",  # noqa: S608
            )
            digests[f"{source}.{table}"] = digest
    return digests


def wipe(engines: Engines) -> None:
    """Take all rows and the demo's mark away again."""
    for engine in engines.values():
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA aura_demo CASCADE"))
    for source, tables in COUNTED.items():
        with engines[source].begin() as connection:
            connection.exec_driver_sql(f"TRUNCATE {', '.join(tables)} CASCADE")


@contextmanager
def refusing(engine: Engine, table: str) -> Iterator[None]:
    """Make a database fail in the middle of a slice, as a killed one does."""
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"ALTER TABLE {table} ADD CONSTRAINT closed CHECK (false) NOT VALID"
        )
    yield
    with engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT closed")


def test_every_row_of_the_slices_is_in_the_databases(
    engines: Engines, population: Population
) -> None:
    write_until(engines, population, moment(20.4), step=timedelta(days=6))
    rows = population.rows(None, moment(20.4))
    for batch in rows.inserts:
        gone = sum(
            len(change.at)
            for change in rows.updates
            if (change.database, change.table, change.operation)
            == (batch.database, batch.table, "delete")
        )
        source = Source(batch.database)
        ((count,),) = ask(engines[source], f"SELECT count(*) FROM {batch.table}")  # noqa: S608
        assert count == len(batch.at) - gone, batch.table
    assert {batch.table for batch in rows.inserts} == set().union(*COUNTED.values())


def test_the_users_have_the_role_user_and_times_without_a_zone_mean_utc(
    engines: Engines, population: Population
) -> None:
    with engines[Source.AUTH].begin() as connection:
        name = connection.scalar(text("SELECT current_database()"))
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET timezone TO 'Asia/Tokyo'")
    engines[Source.AUTH].dispose()
    write_until(engines, population, moment(120), step=timedelta(days=60))
    counts = ask(
        engines[Source.AUTH],
        "SELECT role_name, count(*) FROM users JOIN roles USING (id_role) GROUP BY 1 ORDER BY 1",
    )
    assert counts == [("admin", 6), ("user", USERS)]
    created = dict(ask(engines[Source.AUTH], "SELECT user_id::text, created_at FROM users"))
    accounts = population.rows(None, moment(120)).inserted("auth", "users")
    assert created == dict(
        zip(accounts["user_id"], accounts["created_at"].dt.to_pydatetime(), strict=True)
    )


def test_many_slices_and_one_lead_to_the_same_rows(
    engines: Engines, population: Population
) -> None:
    for day in (0.0, 3.3, 9.0):
        write_slice(engines, population, moment(day))
    in_pieces = contents(engines)
    wipe(engines)
    assert contents(engines) != in_pieces
    write_slice(engines, population, moment(9.0))
    assert contents(engines) == in_pieces


def test_a_slice_that_is_written_already_changes_nothing(
    engines: Engines, population: Population
) -> None:
    write_until(engines, population, moment(4))
    before = contents(engines)
    write_until(engines, population, moment(4))
    write_slice(engines, population, moment(2))
    assert contents(engines) == before
    assert {written_through(engine) for engine in engines.values()} == {moment(4)}


def test_a_stop_between_the_databases_is_healed_by_the_next_writing(
    engines: Engines, pool: TextPool, population: Population
) -> None:
    write_until(engines, population, moment(2))
    with refusing(engines[Source.MESSAGING], "messages"):
        with pytest.raises(DemoError, match="aura_messaging"):
            write_slice(engines, population, moment(5))
        assert [written_through(engines[source]) for source in Source] == [
            moment(5),
            moment(5),
            moment(2),
        ]
    after_restart = Population(5, USERS, EPOCH, ZONE, pool=pool)
    write_until(engines, after_restart, moment(7))
    healed = contents(engines)
    assert {written_through(engine) for engine in engines.values()} == {moment(7)}
    wipe(engines)
    write_slice(engines, population, moment(7))
    assert contents(engines) == healed


def test_a_stop_in_the_very_first_slice_leaves_no_row_and_is_healed(
    engines: Engines, population: Population
) -> None:
    with refusing(engines[Source.SOCIAL], "posts"), pytest.raises(DemoError, match="aura_social"):
        write_until(engines, population, moment(1))
    assert written_through(engines[Source.SOCIAL]) is None
    assert ask(engines[Source.SOCIAL], "SELECT count(*) FROM user_profiles") == [(0,)]
    write_until(engines, population, moment(1))
    assert {written_through(engine) for engine in engines.values()} == {moment(1)}


def test_another_population_is_refused(
    engines: Engines, pool: TextPool, population: Population
) -> None:
    write_until(engines, population, moment(1))
    with pytest.raises(DemoError, match="--reset"):
        write_until(engines, Population(6, USERS, EPOCH, ZONE, pool=pool), moment(2))


def test_progress_counts_the_slices(
    engines: Engines, population: Population, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, int]] = []
    ends: list[datetime] = []
    monkeypatch.setattr(writer, "write_slice", lambda _e, _p, until: ends.append(until))
    write_until(
        engines,
        population,
        moment(13),
        step=timedelta(days=10),
        progress=lambda done, total: calls.append((done, total)),
    )
    assert calls == [(0, 2), (1, 2), (2, 2)]
    assert ends[-1] == moment(13)


def test_follower_counters_stay_zero_and_times_are_not_later_than_the_slice(
    engines: Engines, population: Population
) -> None:
    write_until(engines, population, moment(10.5))
    ((followers, following, active),) = ask(
        engines[Source.SOCIAL],
        "SELECT sum(followers_count), sum(following_count), max(last_active_at) FROM user_profiles",
    )
    assert (followers, following) == (0, 0)
    assert moment(9) < active <= moment(10.5)
    ((last,),) = ask(engines[Source.MESSAGING], "SELECT max(created_at) FROM messages")
    assert moment(9) < last <= moment(10.5)
