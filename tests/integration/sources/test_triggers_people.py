"""Who is logged: the people whom a statement concerns, each once, and nobody else."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy import Connection

from aura_engine.sources import Source
from aura_engine.sources.roles import granted_columns
from aura_engine.sources.triggers import EVENTS, install_triggers, watched_events
from tests.integration.sources.triggered import (
    NAMED,
    NEW,
    ONE,
    OWNER,
    TWO,
    WRITER,
    A,
    B,
    C,
    D,
    Logged,
    Triggered,
    logged_in,
)

AUTH, SOCIAL, MESSAGING = Source
OTHER_VALUE = {
    "uuid": "gen_random_uuid()",
    "text": "coalesce({0}, '') || 'x'",
    "character varying": "coalesce({0}, '') || 'x'",
    "integer": "{0} + 1",
    "boolean": "NOT {0}",
    "date": "coalesce({0}, '2010-01-01') + 1",
    "json": "'{{\"x\": 1}}'",
    "timestamp without time zone": "coalesce({0}, now()::timestamp) + interval '1 day'",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 day'",
    "USER-DEFINED": "(SELECT v FROM unnest(enum_range(NULL::{1})) v "
    "WHERE v IS DISTINCT FROM {0} LIMIT 1)",
}
"""SQL for a value that differs, by type."""


def case(source: Source, statement: str, *people: str, table: str = "") -> object:
    verb, *words = statement.split()
    named = words[0] if verb == "UPDATE" else words[1]
    due = [(table or named, verb, person) for person in people]
    return pytest.param(source, statement, due, id=f"{source.value} {statement[:60]}")


@pytest.mark.parametrize(
    ("source", "statement", "due"),
    [
        case(
            AUTH,
            "INSERT INTO users VALUES (%(C)s, 'c', 'c', '!', 2), (%(D)s,'d','d','!', 1)",
            C,
            D,
        ),
        case(AUTH, "UPDATE users SET id_role = 1", A, B),
        case(AUTH, "UPDATE users SET email = email || 'x'"),
        case(AUTH, "UPDATE users SET user_id = %(C)s WHERE user_id = %(A)s", A, C),
        case(AUTH, "DELETE FROM users WHERE user_id = %(B)s", B),
        case(AUTH, "DELETE FROM users WHERE user_id = %(D)s"),
        case(MESSAGING, "INSERT INTO users (profile_id, username) VALUES (%(NEW)s, 'n')", NEW),
        case(MESSAGING, "UPDATE users SET last_seen_at = now()", ONE, TWO),
        case(MESSAGING, "UPDATE users SET is_online = true, updated_at = now()"),
        case(MESSAGING, "UPDATE users SET id = %(X1)s WHERE profile_id = %(ONE)s", ONE),
        case(
            MESSAGING,
            "INSERT INTO messages (sender_profile_id, content) "
            "SELECT %(ONE)s, n FROM generate_series(1, 9) n",
            ONE,
        ),
        case(MESSAGING, "UPDATE messages SET is_deleted = true", ONE, TWO),
        case(MESSAGING, "UPDATE messages SET status = 'read', updated_at = now()"),
        case(MESSAGING, "UPDATE messages SET sender_profile_id = %(TWO)s", ONE, TWO),
        case(MESSAGING, "UPDATE messages SET content = 'x' WHERE id = %(M1)s", ONE),
        case(MESSAGING, "DELETE FROM messages WHERE id = %(M1)s", ONE),
        case(SOCIAL, "INSERT INTO user_profiles (user_id) VALUES (%(C)s)", C),
        case(SOCIAL, "UPDATE user_profiles SET bio = 'me gusta el mar'", A, B),
        case(SOCIAL, "UPDATE user_profiles SET posts_count = posts_count + 1"),
        case(SOCIAL, "DELETE FROM user_profiles", A, B),
        case(SOCIAL, "INSERT INTO complete_profiles (user_id) VALUES (%(C)s)", C),
        case(SOCIAL, "UPDATE complete_profiles SET user_id = %(C)s", A, C),
        case(SOCIAL, "UPDATE complete_profiles SET bio = 'x'"),
        case(SOCIAL, "DELETE FROM complete_profiles WHERE id = %(F1)s", A),
        case(SOCIAL, "INSERT INTO posts (user_id) VALUES (%(C)s), (%(C)s), (%(A)s)", A, C),
        case(SOCIAL, "UPDATE posts SET user_id = %(C)s WHERE id = %(P1)s", A, C),
        case(SOCIAL, "UPDATE posts SET content = content"),
        case(SOCIAL, "UPDATE posts SET likes_count = 3, comments_count = 1, updated_at = now()"),
        case(SOCIAL, "DELETE FROM posts WHERE id = %(P2)s", B),
        case(
            SOCIAL,
            "INSERT INTO comments (post_id, user_id, content) VALUES (%(P1)s, %(C)s, 'x')",
            C,
        ),
        case(SOCIAL, "UPDATE comments SET is_active = false", B),
        case(SOCIAL, "UPDATE comments SET is_edited = true, edited_at = now()"),
        case(SOCIAL, "DELETE FROM comments WHERE id = %(C1)s", B),
        case(SOCIAL, "INSERT INTO friendships VALUES (%(C)s, %(D)s), (%(A)s, %(C)s)", A, C, D),
        case(SOCIAL, "UPDATE friendships SET status = 'accepted'", A, B),
        case(SOCIAL, "UPDATE friendships SET addressee_id = %(C)s", A, B, C),
        case(
            SOCIAL, "UPDATE friendships SET requester_id = %(C)s, addressee_id = %(D)s", A, B, C, D
        ),
        case(SOCIAL, "UPDATE friendships SET updated_at = now()"),
        case(SOCIAL, "DELETE FROM friendships", A, B),
        case(
            SOCIAL,
            "INSERT INTO communities (creator_id, name, category) VALUES (%(A)s, 'm', 'Arte')",
        ),
        case(SOCIAL, "UPDATE communities SET is_active = false WHERE id = %(K1)s", A, B),
        case(SOCIAL, "UPDATE communities SET category = 'Baile'", A, B, C),
        case(SOCIAL, "UPDATE communities SET members_count = members_count + 1"),
        case(SOCIAL, "DELETE FROM communities WHERE id = %(K2)s", C, table="community_members"),
        case(
            SOCIAL,
            "INSERT INTO community_members (community_id, user_id) VALUES (%(K2)s, %(A)s)",
            A,
        ),
        case(SOCIAL, "UPDATE community_members SET community_id = %(K2)s WHERE user_id = %(A)s", A),
        case(SOCIAL, "UPDATE community_members SET role = 'admin'"),
        case(SOCIAL, "DELETE FROM community_members WHERE user_id = %(C)s", C),
    ],
)
def test_a_statement_logs_the_people_it_concerns_once_each(
    triggered: Triggered, source: Source, statement: str, due: list[Logged]
) -> None:
    assert sorted(triggered.logs(source, statement)) == sorted(due)


@pytest.mark.parametrize("source", Source)
def test_a_truncation_asks_for_everybody_to_be_read_again(
    triggered: Triggered, source: Source
) -> None:
    tables = dict.fromkeys(name.split(".")[0] for name in watched_events(source))
    for table in tables:
        logged = triggered.logs(source, f"TRUNCATE {table} CASCADE")
        assert (table, "TRUNCATE", None) in logged
        assert all(row[1:] == ("TRUNCATE", None) for row in logged)


@pytest.mark.parametrize("source", Source)
def test_exactly_the_columns_that_we_may_read_concern_us(
    triggered: Triggered, source: Source
) -> None:
    """But updated_at, which moves with everything. References are set aside, as a load does."""
    due = {name.split(".")[0] for name in watched_events(source)}
    with triggered.engine(source, None).connect() as connection:
        for table in due:
            ours = {*granted_columns(source)[table], "id"} - {"updated_at"}
            for column, value in other_values(connection, table).items():
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
                connection.exec_driver_sql(
                    f"UPDATE {table} SET {column} = {value} "  # noqa: S608
                    f"WHERE ctid = (SELECT min(ctid) FROM {table})"
                )
                concerns = bool(logged_in(connection))
                connection.rollback()
                assert concerns == (column in ours), f"{table}.{column}"


def other_values(connection: Connection, table: str) -> dict[str, str]:
    rows = connection.exec_driver_sql(
        "SELECT column_name, data_type, udt_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = %(table)s",
        {"table": table},
    )
    return {name: OTHER_VALUE[kind].format(name, udt) for name, kind, udt in rows}


def test_a_cascade_logs_those_whom_it_takes(triggered: Triggered) -> None:
    logged = triggered.logs(SOCIAL, "DELETE FROM posts WHERE id = %(P1)s")
    assert logged == [("posts", "DELETE", A), ("comments", "DELETE", B)]


def test_an_upsert_logs_both_of_its_kinds(triggered: Triggered) -> None:
    logged = triggered.logs(
        SOCIAL,
        "INSERT INTO posts (id, user_id) VALUES (%(P1)s, %(C)s), (%(X1)s, %(D)s) "
        "ON CONFLICT (id) DO UPDATE SET content = 'x'",
    )
    assert sorted(logged) == [("posts", "INSERT", D), ("posts", "UPDATE", A)]


def test_an_upsert_that_does_nothing_logs_nothing(triggered: Triggered) -> None:
    statement = "INSERT INTO posts (id, user_id) VALUES (%(P1)s, %(C)s) ON CONFLICT DO NOTHING"
    assert triggered.logs(SOCIAL, statement) == []


def test_a_writing_cte_logs_each_table(triggered: Triggered) -> None:
    logged = triggered.logs(
        SOCIAL,
        "WITH gone AS (DELETE FROM friendships RETURNING requester_id), "
        "said AS (INSERT INTO posts (user_id) VALUES (%(C)s)) "
        "UPDATE complete_profiles SET created_at = now() "
        "WHERE user_id IN (SELECT requester_id FROM gone)",
    )
    assert sorted(logged) == [
        ("complete_profiles", "UPDATE", A),
        ("friendships", "DELETE", A),
        ("friendships", "DELETE", B),
        ("posts", "INSERT", C),
    ]


def test_a_copy_is_an_insertion(triggered: Triggered) -> None:
    with triggered.trying(SOCIAL) as connection:
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor:
            rows = io.StringIO("".join(f"{user}\thola\n" for user in (A, A, C)))
            cursor.copy_expert("COPY posts (user_id, content) FROM STDIN", rows)
        connection.exec_driver_sql("RESET ROLE")
        logged = logged_in(connection)
    assert sorted(logged) == [("posts", "INSERT", A), ("posts", "INSERT", C)]


def test_a_reference_to_nobody_is_no_person(triggered: Triggered) -> None:
    with triggered.engine(SOCIAL).connect() as owner:
        owner.exec_driver_sql("ALTER TABLE posts ALTER user_id DROP NOT NULL")
        for statement in (
            "INSERT INTO posts (id) VALUES (%(X1)s)",
            "UPDATE posts SET user_id = %(C)s WHERE id = %(X1)s",
            "UPDATE posts SET user_id = NULL WHERE id = %(X1)s",
            "DELETE FROM posts WHERE id = %(X1)s",
        ):
            owner.exec_driver_sql(statement, NAMED)
        assert logged_in(owner) == [("posts", "UPDATE", C)] * 2
        owner.rollback()


def test_a_partitioned_table_is_followed_through_its_parent(own_triggered: Triggered) -> None:
    own_triggered.execute(
        SOCIAL,
        "CREATE TABLE parts (LIKE posts INCLUDING DEFAULTS) PARTITION BY HASH (id)",
        "CREATE TABLE one PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
        "CREATE TABLE two PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
        "ALTER TABLE posts RENAME TO former",
        "ALTER TABLE parts RENAME TO posts",
        f"GRANT ALL ON posts TO {WRITER}",
        role=OWNER,
    )
    done = install_triggers(own_triggered.engine(SOCIAL), SOCIAL)
    assert [warning for warning in done.warnings if "public.posts has partitions" in warning]
    logged = own_triggered.logs(
        SOCIAL,
        "INSERT INTO posts (user_id) SELECT %(A)s FROM generate_series(1, 20)",
        "UPDATE posts SET id = gen_random_uuid()",  # most rows go to the other partition and back
        "DELETE FROM posts",
    )
    events = ("INSERT", "UPDATE", "DELETE")
    assert logged[1:] == [("posts", event, A) for event in events]


def test_a_row_says_in_which_transaction(triggered: Triggered) -> None:
    with triggered.trying(SOCIAL) as connection:
        xid = connection.exec_driver_sql("SELECT pg_current_xact_id()::text").scalar_one()
        connection.exec_driver_sql("SAVEPOINT s")
        connection.exec_driver_sql("UPDATE posts SET content = 'x'")
        connection.exec_driver_sql("RESET ROLE")
        rows = connection.exec_driver_sql("SELECT DISTINCT xid::text FROM aura_cdc.change_log")
        assert rows.scalars().all() == [xid]


def test_a_plan_that_was_kept_from_one_row_serves_many(triggered: Triggered) -> None:
    """A nested loop over the old and new rows of twenty thousand would take minutes."""
    with triggered.trying(SOCIAL) as connection:
        connection.exec_driver_sql(
            "INSERT INTO posts (user_id, content) SELECT %(A)s, n FROM generate_series(1, 20000) n",
            NAMED,
        )
        connection.exec_driver_sql("UPDATE posts SET content = 'x' WHERE id = %(P2)s", NAMED)
        connection.exec_driver_sql("SET LOCAL statement_timeout = '30s'")
        connection.exec_driver_sql("UPDATE posts SET content = content || '!'")
        connection.exec_driver_sql("RESET ROLE")
        updated = [row for row in logged_in(connection) if row[1] == "UPDATE"]
    assert updated[0] == ("posts", "UPDATE", B)
    assert sorted(updated[1:]) == [("posts", "UPDATE", A), ("posts", "UPDATE", B)]


def test_every_trigger_that_is_due_has_a_table_and_an_event() -> None:
    for source in Source:
        for name in watched_events(source):
            table, event = name.split(".")
            assert table in granted_columns(source)
            assert event in EVENTS
