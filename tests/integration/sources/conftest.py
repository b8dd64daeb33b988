"""The three source databases on a real server: owned by the services, read by our role."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import URL, Engine, create_engine, text

from aura_engine.cluster import (
    Lease,
    clone_database,
    create_role,
    drop_database,
    ensure_template,
)
from aura_engine.demo.ddl import create_schema
from aura_engine.sources import Source, Sources, connect_sources
from aura_engine.sources.roles import READER_ROLE, install_reader
from tests.integration.sources.people import populate
from tests.integration.sources.triggered import Triggered, new_triggered

Row = Mapping[str, object]


@dataclass(frozen=True)
class World:
    """Three source databases: written as their owner, read with the installed role."""

    owners: dict[Source, Engine]
    sources: Sources

    def insert(self, source: Source, table: str, *rows: Row) -> None:
        with self.owners[source].begin() as connection:
            for row in rows:
                names = ", ".join(row)
                values = ", ".join(f":{name}" for name in row)
                connection.execute(
                    text(f"INSERT INTO {table} ({names}) VALUES ({values})"),  # noqa: S608
                    dict(row),
                )

    def execute(self, source: Source, statement: str, **values: object) -> None:
        with self.owners[source].begin() as connection:
            connection.execute(text(statement), values)


@dataclass(frozen=True)
class Urls:
    auth: URL
    social: URL
    messaging: URL


@contextmanager
def new_world(lease: Lease) -> Iterator[World]:
    create_role(lease, READER_ROLE)
    names: dict[Source, str] = {}
    for source in Source:
        template = f"template_schema_{source.value}"
        ensure_template(lease, template, lambda url, source=source: build_schema(url, source))
        names[source] = f"t_{source.value}_{secrets.token_hex(8)}"
        clone_database(lease, template, names[source])
    owners = {source: create_engine(lease.url(name)) for source, name in names.items()}
    for source, owner in owners.items():
        install_reader(owner, source)
    urls = {source.value: lease.url(name, READER_ROLE) for source, name in names.items()}
    try:
        with connect_sources(Urls(**urls)) as sources:
            yield World(owners, sources)
    finally:
        for owner in owners.values():
            owner.dispose()
        for name in names.values():
            drop_database(lease, name)


def build_schema(url: URL, source: Source) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        create_schema(connection, source)
    engine.dispose()


@pytest.fixture(scope="session")
def shared_world(lease: Lease) -> Iterator[World]:
    with new_world(lease) as world:
        yield world


@pytest.fixture
def blank_world(shared_world: World) -> World:
    """Empty sources; only rows may be changed, since the next test gets the same databases."""
    for source, owner in shared_world.owners.items():
        with owner.begin() as connection:
            tables = connection.exec_driver_sql(
                "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables "
                "WHERE schemaname = 'public' AND tablename <> 'roles'"
            ).scalar_one()
            connection.exec_driver_sql(f"TRUNCATE {tables}")
        assert shared_world.sources.engine(source).pool.checkedout() == 0
    return shared_world


@pytest.fixture
def own_world(lease: Lease) -> Iterator[World]:
    """Empty sources of this test's own, whose schema and grants it may change."""
    with new_world(lease) as world:
        yield world


@pytest.fixture(scope="session")
def populated_world(lease: Lease) -> Iterator[World]:
    """The people of ``people.py``; tests only read it."""
    with new_world(lease) as world:
        populate(world)
        yield world


@pytest.fixture(scope="session")
def shared_triggered(lease: Lease) -> Iterator[Triggered]:
    with new_triggered(lease) as world:
        yield world


@pytest.fixture
def triggered(shared_triggered: Triggered) -> Triggered:
    """Sources with triggers and the same few rows for each test, which may change rows only."""
    shared_triggered.clear()
    return shared_triggered


@pytest.fixture
def own_triggered(lease: Lease) -> Iterator[Triggered]:
    """The same of this test's own, without triggers yet and empty."""
    with new_triggered(lease, install=False) as world:
        yield world
