"""The installed role reads the columns that our queries need, and nothing else in any way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from aura_engine.cluster import Lease
from aura_engine.sources import Source
from aura_engine.sources.roles import (
    READER_ROLE,
    install_reader,
    role_script,
    uninstall_reader,
    uninstall_script,
)
from aura_engine.sql import load_queries
from tests.integration.sources.conftest import World, new_world
from tests.integration.sources.people import ANA, AS_OF, SINCE, ZONE

EVERY_PARAMETER = {
    "as_of": AS_OF,
    "since": SINCE,
    "only": None,
    "edited_since": SINCE,
    "former_as_of": SINCE,
    "former_since": SINCE,
    "after_at": SINCE,
    "after_id": ANA,
    "timezone": ZONE,
    "first_night_hour": 1,
    "last_night_hour": 5,
    "user_refs": [ANA],
    "text_ids": [ANA],
}
every_source = pytest.mark.parametrize("source", list(Source))


@pytest.fixture(scope="module")
def world(lease: Lease) -> Iterator[World]:
    """Sources whose grants these tests may change within transactions that they roll back."""
    with new_world(lease) as made:
        yield made


def run_query(connection: Connection, query: str) -> None:
    statement = text(query)
    wanted = {name: EVERY_PARAMETER[name] for name in statement._bindparams}
    connection.execute(statement, wanted).all()


def columns_of(world: World, source: Source) -> list[tuple[str, str]]:
    with world.owners[source].connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' ORDER BY 1, 2"
        )
        return [(str(table), str(column)) for table, column in found]


def granted(world: World, source: Source) -> set[tuple[str, str]]:
    with world.owners[source].connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT table_name, column_name FROM information_schema.column_privileges "
            "WHERE grantee = %(role)s",
            {"role": READER_ROLE},
        )
        return {(str(table), str(column)) for table, column in found}


@contextmanager
def as_reader(world: World, source: Source) -> Iterator[Connection]:
    """A transaction of the owner that acts as the role and is rolled back."""
    with world.owners[source].connect() as connection:
        yield connection
        connection.rollback()


@every_source
def test_every_query_of_ours_works_as_the_role(world: World, source: Source) -> None:
    for query in load_queries(source.value).values():
        with world.sources.engine(source).connect() as connection:
            assert connection.exec_driver_sql("SELECT current_user").scalar_one() == READER_ROLE
            run_query(connection, query)


@every_source
def test_every_other_column_is_refused(world: World, source: Source) -> None:
    allowed = granted(world, source)
    others = [place for place in columns_of(world, source) if place not in allowed]
    assert others
    for table, column in others:
        with (
            world.sources.engine(source).connect() as connection,
            pytest.raises(ProgrammingError, match="permission denied"),
        ):
            connection.exec_driver_sql(f"SELECT {column} FROM {table}")  # noqa: S608


@every_source
def test_every_granted_column_is_needed_by_some_query(world: World, source: Source) -> None:
    queries = load_queries(source.value).values()
    for table, column in granted(world, source):
        with as_reader(world, source) as connection:
            without = f"REVOKE SELECT ({column}) ON {table} FROM {READER_ROLE}"  # noqa: S608
            connection.exec_driver_sql(without)
            connection.exec_driver_sql(f"SET LOCAL ROLE {READER_ROLE}")
            refused = False
            for query in queries:
                try:
                    with connection.begin_nested():
                        run_query(connection, query)
                except ProgrammingError as error:
                    refused |= "permission denied" in str(error)
            assert refused, f"{table}.{column} is granted and no query needs it"


@pytest.mark.parametrize(
    ("source", "statement"),
    [
        (Source.AUTH, "SELECT password_hash FROM users"),
        (Source.AUTH, "SELECT email FROM users"),
        (Source.AUTH, "SELECT * FROM users"),
        (Source.AUTH, "SELECT users FROM users"),
        (Source.SOCIAL, "SELECT phone FROM complete_profiles"),
        (Source.MESSAGING, "SELECT conversation_id FROM messages"),
        (Source.MESSAGING, "SELECT count(*) FROM conversations"),
    ],
)
def test_what_must_never_be_read_is_refused(world: World, source: Source, statement: str) -> None:
    with (
        world.sources.engine(source).connect() as connection,
        pytest.raises(ProgrammingError, match="permission denied"),
    ):
        connection.exec_driver_sql(statement)


@every_source
def test_writes_are_refused_even_where_the_session_asks_for_a_writing_transaction(
    world: World, source: Source
) -> None:
    tables = sorted({table for table, _ in columns_of(world, source)})
    url = world.sources.engine(source).url
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on"
        for table in tables:
            for session, reason in (("on", "read-only transaction|permission"), ("off", "denied")):
                connection.exec_driver_sql(f"SET default_transaction_read_only = {session}")
                for statement in (
                    f"DELETE FROM {table}",  # noqa: S608
                    f"INSERT INTO {table} DEFAULT VALUES",
                    f"TRUNCATE {table}",
                    f"DROP TABLE {table}",
                ):
                    with pytest.raises(DBAPIError, match=f"{reason}|must be owner"):
                        connection.exec_driver_sql(statement)
        with pytest.raises(ProgrammingError, match="permission denied for schema public"):
            connection.exec_driver_sql("CREATE TABLE public.ours (x int)")
    engine.dispose()


@every_source
def test_our_own_transactions_are_read_only_and_see_one_state(world: World, source: Source) -> None:
    with world.sources.reading(source) as connection:
        settings = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in ("transaction_read_only", "transaction_isolation", "application_name")
        }
    assert settings == {
        "transaction_read_only": "on",
        "transaction_isolation": "repeatable read",
        "application_name": "aura-monitor",
    }


@every_source
def test_the_role_has_limits(world: World, source: Source) -> None:
    with world.sources.engine(source).connect() as connection:
        for name, value in (
            ("default_transaction_read_only", "on"),
            ("statement_timeout", "10min"),
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "10min"),
        ):
            assert connection.exec_driver_sql(f"SHOW {name}").scalar_one() == value


@every_source
def test_running_the_script_again_takes_back_what_grew(world: World, source: Source) -> None:
    before = granted(world, source)
    table, column = next(place for place in columns_of(world, source) if place not in before)
    owner = world.owners[source]
    with owner.begin() as connection:
        connection.exec_driver_sql(f"GRANT ALL ON {table} TO {READER_ROLE}")
        connection.exec_driver_sql(f"GRANT SELECT ({column}) ON {table} TO {READER_ROLE}")
    assert granted(world, source) > before
    install_reader(owner, source)
    install_reader(owner, source)
    assert granted(world, source) == before


@every_source
def test_a_script_that_fails_changes_nothing(own_world: World, source: Source) -> None:
    before = granted(own_world, source)
    owner = own_world.owners[source]
    table = sorted({table for table, _ in before})[0]
    with owner.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO elsewhere")
    with pytest.raises(Exception, match="does not exist"):
        install_reader(owner, source)
    with owner.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE elsewhere RENAME TO {table}")
    assert granted(own_world, source) == before


@every_source
def test_uninstalling_leaves_no_grant_and_no_setting(own_world: World, source: Source) -> None:
    owner = own_world.owners[source]
    own_world.sources.close()
    uninstall_reader(owner)
    uninstall_reader(owner)
    assert granted(own_world, source) == set()
    with owner.connect() as connection:
        left = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase "
            "WHERE d.datname = current_database()"
        ).scalar_one()
        acl = connection.exec_driver_sql(
            "SELECT coalesce(datacl::text, '') FROM pg_database WHERE datname = current_database()"
        ).scalar_one()
    assert left == 0
    assert READER_ROLE not in acl
    install_reader(owner, source)
    assert granted(own_world, source)


@every_source
def test_scripts_set_no_password_and_use_nothing_that_only_psql_knows(source: Source) -> None:
    for script in (role_script(source), uninstall_script()):
        code = "\n".join(line for line in script.splitlines() if not line.startswith("--"))
        assert not re.search(r"password", code, re.IGNORECASE)
        assert "\\" not in code
        assert "%" not in code
