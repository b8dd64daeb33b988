"""The three source databases with their owners' schemas, empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine, create_engine

from aura_engine.cluster import Lease, ensure_template
from aura_engine.demo.ddl import create_schema
from aura_engine.sources import Source
from tests.conftest import DatabaseFactory


def build(url: URL, source: Source) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        create_schema(connection, source)
    engine.dispose()


@pytest.fixture
def engines(lease: Lease, database_factory: DatabaseFactory) -> Iterator[dict[Source, Engine]]:
    """Engines of three empty source databases of this test's own."""
    made = {}
    for source in Source:
        template = f"demo_empty_{source.value}"
        ensure_template(lease, template, lambda url, source=source: build(url, source))
        made[source] = create_engine(database_factory(template))
    yield made
    for engine in made.values():
        engine.dispose()
