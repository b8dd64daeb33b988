"""The role that reveals an identity reads two names of one person, and nothing else in any way."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from uuid import UUID

import psycopg2
import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError, ProgrammingError

from aura_engine.cluster import Lease
from aura_engine.errors import SourceError
from aura_engine.sources import NameSources, Source, connect_names
from aura_engine.sources.roles import (
    IDENTITY_ROLE,
    IDENTITY_SOURCES,
    READER_ROLE,
    granted_columns,
    identity_script,
    install_identity_reader,
    uninstall_identity_reader,
    uninstall_identity_script,
)
from tests.integration.sources.named import Named, Urls, new_named

ANA, EVA, NOBODY = (UUID(int=number) for number in (1, 2, 3))
GRANTED = {
    Source.AUTH: {("users", "user_id"), ("users", "username")},
    Source.SOCIAL: {("user_profiles", "user_id"), ("user_profiles", "display_name")},
}
every_source = pytest.mark.parametrize("source", IDENTITY_SOURCES)


@pytest.fixture(scope="module")
def named(lease: Lease) -> Iterator[Named]:
    """Ana with both names, Eva whose profile has a blank one."""
    with new_named(lease) as made:
        made.add(str(ANA), "ana.g", "Ana G.")
        made.add(str(EVA), "eva", " ")
        yield made


def columns_of(named: Named, source: Source) -> set[tuple[str, str]]:
    with named.owners[source].connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public'"
        )
        return {(str(table), str(column)) for table, column in found}


def granted(named: Named, source: Source, role: str = IDENTITY_ROLE) -> set[tuple[str, str]]:
    with named.owners[source].connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT table_name, column_name FROM information_schema.column_privileges "
            "WHERE grantee = %(role)s",
            {"role": role},
        )
        return {(str(table), str(column)) for table, column in found}


def test_names_are_found_by_the_account_and_what_is_not_there_is_missing(named: Named) -> None:
    names = named.names
    assert (names.user_name(ANA), names.display_name(ANA)) == ("ana.g", "Ana G.")
    assert (names.user_name(EVA), names.display_name(EVA)) == ("eva", None)
    assert (names.user_name(NOBODY), names.display_name(NOBODY)) == (None, None)


@every_source
def test_the_role_is_granted_two_columns(named: Named, source: Source) -> None:
    assert granted(named, source) == GRANTED[source]


@every_source
def test_the_role_reads_no_other_column(named: Named, source: Source) -> None:
    others = columns_of(named, source) - GRANTED[source]
    assert {("users", "email"), ("users", "password_hash"), ("posts", "content")} & others
    for table, column in others:
        with (
            named.engine(source).connect() as connection,
            pytest.raises(ProgrammingError, match="permission denied"),
        ):
            connection.exec_driver_sql(f"SELECT {column} FROM {table}")  # noqa: S608


@every_source
def test_the_role_writes_nothing_even_where_it_asks_to(named: Named, source: Source) -> None:
    table = min(GRANTED[source])[0]
    engine = create_engine(named.engine(source).url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on"
        connection.exec_driver_sql("SET default_transaction_read_only = off")
        for statement in (
            f"DELETE FROM {table}",  # noqa: S608
            f"INSERT INTO {table} DEFAULT VALUES",
            f"TRUNCATE {table}",
            "CREATE TABLE public.ours (x int)",
        ):
            with pytest.raises(DBAPIError, match="denied"):
                connection.exec_driver_sql(statement)
    engine.dispose()


def test_the_reader_of_runs_sees_no_name() -> None:
    for source in IDENTITY_SOURCES:
        for columns in granted_columns(source).values():
            assert not {"username", "display_name", "email", "full_name"} & set(columns)


@every_source
def test_running_the_script_again_takes_back_what_grew(named: Named, source: Source) -> None:
    table = min(GRANTED[source])[0]
    with named.owners[source].begin() as connection:
        connection.exec_driver_sql(f"GRANT ALL ON {table} TO {IDENTITY_ROLE}")
    assert granted(named, source) > GRANTED[source]
    install_identity_reader(named.owners[source], source)
    assert granted(named, source) == GRANTED[source]


def test_taking_it_back_leaves_no_grant_and_no_setting_and_can_be_undone(named: Named) -> None:
    """Only in one of both sources, so that the role, which other tests use, stays."""
    owner = named.owners[Source.AUTH]
    uninstall_identity_reader(owner)
    uninstall_identity_reader(owner)
    assert granted(named, Source.AUTH) == set()
    assert granted(named, Source.SOCIAL) == GRANTED[Source.SOCIAL]
    with owner.connect() as connection:
        left = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
            " WHERE d.datname = current_database()"
        ).scalar_one()
    assert left == 0
    with pytest.raises(SourceError, match=r"aura_auth.*sql/roles/auth_identity\.sql"):
        named.names.user_name(ANA)
    install_identity_reader(owner, Source.AUTH)
    assert named.names.user_name(ANA) == "ana.g"


def test_the_role_goes_with_the_last_source_that_it_could_read(named: Named) -> None:
    role = f"t_{secrets.token_hex(8)}"

    def run(source: Source, script: str) -> None:
        link = named.owners[source].raw_connection()
        try:
            with link.cursor() as cursor:
                cursor.execute(script.replace(IDENTITY_ROLE, role))
        finally:
            link.close()

    def is_there() -> bool:
        with named.owners[Source.AUTH].connect() as connection:
            found = connection.exec_driver_sql(
                "SELECT count(*) FROM pg_roles WHERE rolname = %(role)s", {"role": role}
            )
            return bool(found.scalar_one())

    for source in IDENTITY_SOURCES:
        run(source, identity_script(source))
    run(Source.AUTH, uninstall_identity_script())
    assert is_there()
    run(Source.SOCIAL, uninstall_identity_script())
    assert not is_there()


def test_a_source_that_is_away_names_its_setting_and_nobody(named: Named) -> None:
    gone = named.names.auth.url.set(database="t_nowhere")
    with connect_names(Urls(gone, gone)) as away:
        with pytest.raises(SourceError, match=r"aura_auth.*DATABASE_URL_AUTH_IDENTITY"):
            away.user_name(ANA)
        with pytest.raises(SourceError, match=r"aura_social.*DATABASE_URL_SOCIAL_IDENTITY"):
            away.display_name(ANA)


def test_addresses_that_were_exchanged_are_noticed(named: Named) -> None:
    exchanged = NameSources(auth=named.names.social, social=named.names.auth)
    with pytest.raises(SourceError, match="DATABASE_URL_AUTH_IDENTITY"):
        exchanged.user_name(ANA)


@every_source
def test_scripts_set_no_password_and_touch_no_other_role(source: Source) -> None:
    for script in (identity_script(source), uninstall_identity_script()):
        code = "\n".join(line for line in script.splitlines() if not line.startswith("--"))
        assert not re.search(r"password", code, re.IGNORECASE)
        assert "\\" not in code
        assert "%" not in code
        assert READER_ROLE not in code


def test_a_script_in_the_wrong_database_changes_nothing(named: Named) -> None:
    with pytest.raises(psycopg2.Error, match="does not exist"):
        install_identity_reader(named.owners[Source.AUTH], Source.SOCIAL)
    assert granted(named, Source.AUTH) == GRANTED[Source.AUTH]
