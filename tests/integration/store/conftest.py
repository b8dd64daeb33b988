"""A migrated analytics database of each test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine

from aura_engine.cluster import Lease, ensure_template
from aura_engine.store import migrate
from aura_engine.store.connect import connect_store
from tests.conftest import DatabaseFactory

TEMPLATE = "template_store"


def build_template(url: URL) -> None:
    engine = connect_store(url)
    migrate.upgrade(engine)
    engine.dispose()


@pytest.fixture
def store(lease: Lease, database_factory: DatabaseFactory) -> Iterator[Engine]:
    ensure_template(lease, TEMPLATE, build_template)
    engine = connect_store(database_factory(TEMPLATE))
    yield engine
    engine.dispose()
