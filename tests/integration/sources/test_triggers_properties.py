"""Whatever one statement does to many rows, it logs exactly the people whom it concerned."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.extras import execute_values
from sqlalchemy import Connection

from aura_engine.sources import Source
from tests.integration.sources.triggered import Logged, Triggered, logged_in

PEOPLE = [str(uuid.UUID(int=number)) for number in range(1, 7)]
ROWS = [str(uuid.UUID(int=1000 + number)) for number in range(12)]
POSTS = (
    "MERGE INTO posts AS p USING wanted AS w ON p.id = w.id "
    "WHEN MATCHED AND w.verb = 'delete' THEN DELETE "
    "WHEN MATCHED AND w.verb = 'hand over' THEN UPDATE SET user_id = w.person "
    "WHEN MATCHED AND w.verb = 'edit' THEN UPDATE SET content = p.content || '.' "
    "WHEN MATCHED AND w.verb = 'renumber' THEN UPDATE SET id = gen_random_uuid() "
    "WHEN MATCHED AND w.verb = 'count' THEN UPDATE SET likes_count = p.likes_count + 1 "
    "WHEN NOT MATCHED AND w.verb = 'insert' THEN INSERT (id, user_id, content) "
    "VALUES (w.id, w.person, '')"
)
FRIENDSHIPS = (
    "MERGE INTO friendships AS f USING wanted AS w "
    "ON (f.requester_id, f.addressee_id) = (w.id, w.person) "
    "WHEN MATCHED AND w.verb = 'delete' THEN DELETE "
    "WHEN MATCHED AND w.verb = 'edit' THEN UPDATE SET status = 'blocked' "
    "WHEN MATCHED AND w.verb = 'count' THEN UPDATE SET updated_at = now() "
    "WHEN MATCHED AND w.verb = 'hand over' THEN UPDATE SET addressee_id = w.other "
    "WHEN NOT MATCHED AND w.verb = 'insert' THEN INSERT (requester_id, addressee_id) "
    "VALUES (w.id, w.person)"
)
VERBS = st.sampled_from(["insert", "delete", "edit", "hand over", "renumber", "count"])


@dataclass(frozen=True)
class Wish:
    """What the statement shall do to a row, if the row is there or not, as the verb needs."""

    id: str
    verb: str
    person: str
    other: str = ""


@pytest.fixture
def connection(triggered: Triggered) -> Iterator[Connection]:
    """One transaction of the owner; each example is undone by a savepoint."""
    with triggered.engine(Source.SOCIAL).connect() as made:
        made.exec_driver_sql("DELETE FROM likes")
        for table in ("comments", "posts", "friendships"):
            made.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608
        made.exec_driver_sql(
            "CREATE TEMP TABLE wanted (id uuid, verb text, person uuid, other uuid)"
        )
        yield made
        made.rollback()


def what_it_logs(connection: Connection, statement: str, wishes: list[Wish]) -> set[Logged]:
    connection.exec_driver_sql("DELETE FROM aura_cdc.change_log")
    with connection.connection.driver_connection.cursor() as cursor:  # type: ignore[union-attr]
        rows = [(wish.id, wish.verb, wish.person, wish.other or None) for wish in wishes]
        execute_values(cursor, "INSERT INTO wanted VALUES %s", rows)
    connection.exec_driver_sql(statement)
    logged = logged_in(connection)
    assert len(logged) == len(set(logged)), "someone is logged twice"
    return set(logged)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    owners=st.dictionaries(st.sampled_from(ROWS), st.sampled_from(PEOPLE), max_size=8),
    wishes=st.dictionaries(
        st.sampled_from(ROWS), st.tuples(VERBS, st.sampled_from(PEOPLE)), min_size=1
    ),
)
def test_posts(
    connection: Connection, owners: dict[str, str], wishes: dict[str, tuple[str, str]]
) -> None:
    due: set[Logged] = set()
    for row, (verb, person) in wishes.items():
        owner = owners.get(row)
        if owner is None:
            due |= {("posts", "INSERT", person)} if verb == "insert" else set()
        elif verb == "delete":
            due.add(("posts", "DELETE", owner))
        elif verb in ("edit", "renumber") or (verb == "hand over" and owner != person):
            people = {owner, person} if verb == "hand over" else {owner}
            due |= {("posts", "UPDATE", one) for one in people}
    with connection.begin_nested() as savepoint:
        for row, owner in owners.items():
            connection.exec_driver_sql(
                "INSERT INTO posts (id, user_id, content) VALUES (%s, %s, '')", (row, owner)
            )
        wanted = [Wish(row, verb, person) for row, (verb, person) in wishes.items()]
        assert what_it_logs(connection, POSTS, wanted) == due
        savepoint.rollback()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    pairs=st.sets(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=8),
    wishes=st.dictionaries(
        st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), VERBS, min_size=1
    ),
)
def test_friendships(
    connection: Connection,
    pairs: set[tuple[str, str]],
    wishes: dict[tuple[str, str], str],
) -> None:
    due: set[Logged] = set()
    wanted = []
    for number, (pair, verb) in enumerate(wishes.items()):
        stranger = str(uuid.UUID(int=5000 + number))  # nobody is handed over to twice
        wanted.append(Wish(pair[0], verb, pair[1], stranger))
        people: set[str] = set()
        if pair not in pairs:
            due |= {("friendships", "INSERT", one) for one in pair} if verb == "insert" else set()
        elif verb == "delete":
            due |= {("friendships", "DELETE", one) for one in pair}
        elif verb == "edit":
            people = {*pair}
        elif verb == "hand over":
            people = {*pair, stranger}
        due |= {("friendships", "UPDATE", one) for one in people}
    with connection.begin_nested() as savepoint:
        for requester, addressee in pairs:
            connection.exec_driver_sql(
                "INSERT INTO friendships (requester_id, addressee_id) VALUES (%s, %s)",
                (requester, addressee),
            )
        assert what_it_logs(connection, FRIENDSHIPS, wanted) == due
        savepoint.rollback()
