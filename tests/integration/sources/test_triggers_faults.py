"""A service's statement lives whatever happens to ours, and what was not logged is noticed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
from sqlalchemy import Engine

from aura_engine.sources import Source
from aura_engine.sources.triggers import install_triggers
from tests.integration.sources.triggered import NAMED, OWNER, WRITER, A, Triggered, keywords

SOCIAL = Source.SOCIAL
STATEMENT = "UPDATE posts SET content = 'changed'"
SPOOFS = (
    "CREATE FUNCTION evil.unnest(uuid[]) RETURNS SETOF uuid LANGUAGE sql AS 'SELECT NULL::uuid';",
    "CREATE FUNCTION evil.pg_notify(text, text) RETURNS void LANGUAGE sql AS 'SELECT 1 / 0';",
    "CREATE FUNCTION evil.differs(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT false';",
    "CREATE OPERATOR evil.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = evil.differs);",
    "CREATE TEMP TABLE new_rows (user_id uuid);",
    "CREATE TEMP TABLE old_rows (user_id uuid);",
    "CREATE TEMP TABLE change_log (id int);",
    "SET search_path = evil, pg_temp, pg_catalog, public;",
)


@contextmanager
def service(world: Triggered) -> Iterator[Any]:
    """A connection of the writing role, whose driver keeps what the server says."""
    link = psycopg2.connect(**keywords(world.lease.url(world.names[SOCIAL], WRITER)))
    link.autocommit = True
    try:
        yield link
    finally:
        link.close()


def run(link: Any, statement: str) -> list[str]:
    """Run a statement and return what the server warned of."""
    del link.notices[:]
    with link.cursor() as cursor:
        cursor.execute(statement, NAMED)
    return [notice for notice in link.notices if notice.startswith("WARNING")]


@contextmanager
def locked(owner: Engine) -> Iterator[None]:
    with owner.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE aura_cdc.change_log IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


def contents(world: Triggered) -> set[str]:
    return {row[0] for row in world.ask(SOCIAL, "SELECT content FROM posts")}


def test_a_log_that_is_locked_costs_a_service_a_moment_and_no_statement(
    triggered: Triggered,
) -> None:
    before = triggered.gap(SOCIAL)
    triggered.is_as_furnished = False
    with locked(triggered.engine(SOCIAL)), service(triggered) as link:
        (warning,) = run(link, STATEMENT)
    assert "UPDATE on posts" in warning
    assert "55P03" in warning
    assert contents(triggered) == {"changed"}
    assert triggered.logged(SOCIAL) == []
    assert triggered.gap(SOCIAL) != before


def test_the_wait_is_shorter_than_a_services_own_patience(triggered: Triggered) -> None:
    """A timeout of the service would be a cancellation, which no handler of ours catches."""
    triggered.is_as_furnished = False
    with locked(triggered.engine(SOCIAL)), service(triggered) as link:
        run(link, "SET statement_timeout = '2s'")
        assert run(link, STATEMENT)
    assert contents(triggered) == {"changed"}


def test_a_gap_outlives_the_transaction_in_which_it_opened(triggered: Triggered) -> None:
    before = triggered.gap(SOCIAL)
    with locked(triggered.engine(SOCIAL)), service(triggered) as link:
        run(link, "BEGIN")
        run(link, STATEMENT)
        assert triggered.gap(SOCIAL) != before
        run(link, "ROLLBACK")
    assert triggered.gap(SOCIAL) != before


def test_two_gaps_are_two_moves(triggered: Triggered) -> None:
    seen = [triggered.gap(SOCIAL)]
    with locked(triggered.engine(SOCIAL)), service(triggered) as link:
        for table in ("posts", "friendships"):
            run(link, f"DELETE FROM {table}")  # noqa: S608
            seen.append(triggered.gap(SOCIAL))
    triggered.is_as_furnished = False
    assert len(set(seen)) == 3


@pytest.fixture
def broken(own_triggered: Triggered) -> Triggered:
    install_triggers(own_triggered.engine(SOCIAL), SOCIAL)
    own_triggered.execute(
        SOCIAL, "INSERT INTO posts (id, user_id, content) VALUES (%(P1)s, %(A)s, 'first')"
    )
    return own_triggered


@pytest.mark.parametrize(
    "harm",
    [
        f"REVOKE INSERT ON aura_cdc.change_log FROM {OWNER}",
        "ALTER TABLE aura_cdc.change_log ADD CHECK (operation <> 'UPDATE') NOT VALID",
        "ALTER TABLE aura_cdc.change_log RENAME COLUMN user_ref TO other",
        "DROP TABLE aura_cdc.change_log",
    ],
)
def test_a_log_that_cannot_be_written_is_a_gap(broken: Triggered, harm: str) -> None:
    before = broken.gap(SOCIAL)
    broken.execute(SOCIAL, harm, role=OWNER)
    with service(broken) as link:
        (warning,) = run(link, STATEMENT)
    assert "could not log" in warning
    assert contents(broken) == {"changed"}
    assert broken.gap(SOCIAL) != before


def test_even_without_the_gap_a_statement_lives(broken: Triggered) -> None:
    broken.execute(
        SOCIAL, "DROP TABLE aura_cdc.change_log", "DROP SEQUENCE aura_cdc.gap", role=OWNER
    )
    with service(broken) as link:
        first, second = run(link, STATEMENT)
    assert "could not log" in first
    assert "nor take note" in second
    assert contents(broken) == {"changed"}


def test_a_failure_of_ours_takes_nothing_else_of_the_transaction_with_it(
    broken: Triggered,
) -> None:
    with locked(broken.engine(SOCIAL)), service(broken) as link:
        run(link, "BEGIN")
        run(link, "INSERT INTO likes (user_id) VALUES (%(A)s)")
        assert run(link, STATEMENT)
        run(link, "INSERT INTO likes (user_id) VALUES (%(B)s)")
        run(link, "COMMIT")
    assert broken.ask(SOCIAL, "SELECT count(*) FROM likes") == [(2,)]
    assert contents(broken) == {"changed"}


def test_names_of_a_callers_own_are_not_taken_for_ours(broken: Triggered) -> None:
    """Every name in the functions is qualified; a caller's schemas and tables do not count."""
    broken.execute(SOCIAL, f"CREATE SCHEMA evil AUTHORIZATION {WRITER}", role=None)
    broken.execute(SOCIAL, "DELETE FROM aura_cdc.change_log", role=OWNER)
    with service(broken) as link:
        for statement in SPOOFS:
            run(link, statement)
        assert run(link, "UPDATE public.posts SET content = 'changed'") == []
    assert broken.logged(SOCIAL) == [("posts", "UPDATE", A)]


def test_the_functions_do_as_they_say(broken: Triggered) -> None:
    found = broken.ask(
        SOCIAL,
        "SELECT proname, prosecdef, proconfig, pg_get_userbyid(proowner), proacl::text "
        "FROM pg_proc WHERE pronamespace = 'aura_cdc'::regnamespace",
    )
    assert len(found) > 20
    for name, is_definer, settings, owner, acl in found:
        assert is_definer, name
        assert owner == OWNER
        assert "search_path=pg_catalog, pg_temp" in settings
        assert "=X" not in acl.replace(f"{OWNER}=X", "").replace("aura_reader=X", "")
        if name != "prune":
            assert "lock_timeout=200ms" in settings
            assert "aura_reader" not in acl
