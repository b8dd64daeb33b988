"""What is announced: at most one notification a statement, in the documented JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from aura_engine.cluster import EmbeddedCluster, Lease
from aura_engine.cluster.locks import is_held
from aura_engine.sources import Source
from aura_engine.sources.triggers import install_triggers
from tests.integration.sources.triggered import (
    CHANNEL,
    ONE,
    OWNER,
    A,
    Triggered,
    new_triggered,
)
from tests.patience import eventually

SOCIAL, MESSAGING = Source.SOCIAL, Source.MESSAGING
UPSERT = (
    "INSERT INTO posts (id, user_id) VALUES (%(P1)s, %(C)s), (%(X1)s, %(D)s) "
    "ON CONFLICT (id) DO UPDATE SET content = 'x'"
)
MERGE = (
    "MERGE INTO posts AS p USING (VALUES (%(P1)s::uuid, 1), (%(P2)s, 2), (%(X1)s, 3)) AS v (id, n) "
    "ON p.id = v.id WHEN MATCHED AND n = 1 THEN DELETE "
    "WHEN MATCHED THEN UPDATE SET content = 'x' "
    "WHEN NOT MATCHED THEN INSERT (id, user_id) VALUES (v.id, %(C)s)"
)
WRITING_CTE = (
    "WITH gone AS (DELETE FROM friendships), said AS (INSERT INTO posts (user_id) VALUES (%(C)s)) "
    "UPDATE user_profiles SET bio = 'x'"
)


def test_one_person_in_a_statement_is_named(triggered: Triggered) -> None:
    with triggered.listening(MESSAGING) as listener:
        before = datetime.now(UTC) - timedelta(minutes=1)
        triggered.execute(
            MESSAGING, "INSERT INTO messages (sender_profile_id, content) VALUES (%(ONE)s, 'x')"
        )
        (heard,) = listener.heard()
    moment = heard["timestamp"]
    assert heard == {
        "table": "messages",
        "operation": "INSERT",
        "user_id": ONE,
        "timestamp": moment,
    }
    assert moment.endswith("Z")
    assert before < datetime.fromisoformat(moment) < before + timedelta(minutes=2)


def test_many_rows_of_one_person_are_still_one_person(triggered: Triggered) -> None:
    with triggered.listening(SOCIAL) as listener:
        triggered.execute(
            SOCIAL, "INSERT INTO posts (user_id) SELECT %(A)s::uuid FROM generate_series(1, 99)"
        )
        (heard,) = listener.heard()
    assert heard["user_id"] == A


def test_more_people_are_a_bulk_and_nobody_is_named(triggered: Triggered) -> None:
    with triggered.listening(SOCIAL) as listener:
        triggered.execute(SOCIAL, "UPDATE posts SET content = 'x'")
        (heard,) = listener.heard()
    assert heard == {
        "table": "posts",
        "operation": "UPDATE",
        "bulk": True,
        "timestamp": heard["timestamp"],
    }


def test_a_truncation_is_a_bulk(triggered: Triggered) -> None:
    with triggered.listening(SOCIAL) as listener:
        triggered.execute(SOCIAL, "TRUNCATE community_members, friendships")
        (heard,) = listener.heard()
    assert (heard["operation"], heard["bulk"]) == ("TRUNCATE", True)
    assert len(triggered.logged(SOCIAL)) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posts SET likes_count = likes_count + 1",
        "UPDATE posts SET content = 'x' WHERE false",
        "DELETE FROM posts WHERE id = %(X1)s",
        "INSERT INTO posts (id, user_id) VALUES (%(P1)s, %(C)s) ON CONFLICT DO NOTHING",
    ],
)
def test_a_statement_that_concerns_nobody_is_silent(triggered: Triggered, statement: str) -> None:
    with triggered.listening(SOCIAL) as listener:
        triggered.execute(SOCIAL, statement)
        assert listener.heard() == []
    assert triggered.logged(SOCIAL) == []


@pytest.mark.parametrize(
    ("statement", "rows"),
    [(UPSERT, 2), (MERGE, 4), (WRITING_CTE, 5), ("DELETE FROM posts WHERE id = %(P1)s", 2)],
    ids=["upsert", "merge with a cascade", "writing cte", "cascade"],
)
def test_a_statement_with_several_effects_notifies_once(
    triggered: Triggered, statement: str, rows: int
) -> None:
    with triggered.listening(SOCIAL) as listener:
        triggered.execute(SOCIAL, statement)
        assert len(listener.heard()) == 1
    assert len(triggered.logged(SOCIAL)) == rows


def test_each_statement_of_a_transaction_notifies(triggered: Triggered) -> None:
    with triggered.listening(SOCIAL) as listener:
        triggered.execute(
            SOCIAL,
            "UPDATE posts SET content = 'x' WHERE id = %(P1)s",
            "UPDATE posts SET content = 'x' WHERE id = %(P2)s",
        )
        assert len(listener.heard()) == 2


def test_a_statement_that_was_undone_leaves_the_next_its_notification(
    triggered: Triggered,
) -> None:
    """One message of the client: the second statement is of the same moment as the first."""
    with triggered.listening(SOCIAL) as listener:
        triggered.execute(
            SOCIAL,
            "SAVEPOINT s; UPDATE posts SET content = 'x'; ROLLBACK TO SAVEPOINT s; "
            "DELETE FROM friendships",
        )
        (heard,) = listener.heard()
    assert heard["table"] == "friendships"


def test_what_a_trigger_of_the_service_changes_is_part_of_its_statement(
    own_triggered: Triggered,
) -> None:
    install_triggers(own_triggered.engine(SOCIAL), SOCIAL)
    own_triggered.execute(
        SOCIAL,
        "CREATE FUNCTION show_life() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN UPDATE user_profiles SET last_active_at = now(); RETURN NULL; END'",
        "CREATE TRIGGER show_life AFTER INSERT ON likes EXECUTE FUNCTION show_life()",
        "INSERT INTO user_profiles (user_id) VALUES (%(A)s)",
        role=OWNER,
    )
    with own_triggered.listening(SOCIAL) as listener:
        own_triggered.execute(SOCIAL, "INSERT INTO likes (user_id) VALUES (%(B)s)")
        (heard,) = listener.heard()
    assert heard["table"] == "user_profiles"
    assert heard["bulk"] is True
    assert own_triggered.logged(SOCIAL)[-1] == ("user_profiles", "UPDATE", A)


def test_a_transaction_that_is_undone_is_silent(triggered: Triggered) -> None:
    with triggered.listening(SOCIAL) as listener:
        with triggered.trying(SOCIAL) as connection:
            connection.exec_driver_sql("UPDATE posts SET content = 'x'")
        assert listener.heard() == []


@pytest.fixture
def narrow_lease(reachable_path: Path) -> Iterator[Lease]:
    """A server of this test's own whose queue of notifications holds half a megabyte."""
    cluster = EmbeddedCluster(reachable_path / "cluster", "test", linger=0.2)
    with cluster.acquire() as lease:
        execute(lease, "ALTER SYSTEM SET max_notify_queue_pages = 64")
        lock = lease.files.supervisor_lock
    eventually(lambda: not is_held(lock))
    with cluster.acquire() as lease:
        yield lease
    cluster.destroy()


def execute(lease: Lease, statement: str) -> None:
    engine = create_engine(lease.url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def test_where_the_queue_is_half_full_a_change_is_logged_and_not_announced(
    narrow_lease: Lease,
) -> None:
    with new_triggered(narrow_lease) as world, world.listening(SOCIAL) as listener:
        with world.engine(SOCIAL).connect() as sleeper:
            sleeper.exec_driver_sql(f"LISTEN {CHANNEL}")
            sleeper.commit()
            sleeper.exec_driver_sql("SELECT 1")  # a transaction that stays open keeps the queue
            world.execute(
                SOCIAL,
                "SELECT pg_notify('other', repeat('x', 7900) || n) FROM generate_series(1, 45) n",
            )
            (usage,) = world.ask(SOCIAL, "SELECT pg_notification_queue_usage()")[0]
            assert 0.5 < usage < 1
            world.execute(SOCIAL, "INSERT INTO posts (user_id) VALUES (%(A)s)")
            assert listener.heard() == []
            sleeper.rollback()
        world.execute(SOCIAL, "INSERT INTO posts (user_id) VALUES (%(A)s)")
        assert [heard["user_id"] for heard in listener.heard()] == [A]
        assert world.logged(SOCIAL)[-2:] == [("posts", "INSERT", A)] * 2
        assert world.gap(SOCIAL) == (1, False)
