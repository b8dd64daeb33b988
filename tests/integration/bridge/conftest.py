"""The bridge over a real analytics database: full, empty, without structure, or away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, make_url

from aura_engine.cluster import Lease
from aura_engine.settings import Settings
from aura_engine.store.connect import connect_store
from tests.conftest import DatabaseFactory
from tests.integration.bridge.people import NOW, populate
from tests.integration.bridge.running import led
from tests.integration.bridge.served import serve
from tests.integration.store.conftest import store
from tests.integration.store.rows import shared_store
from tests.restored_environment import _restored_environment
from tests.restored_logging import _restored_logging
from ws_bridge.app import create_app
from ws_bridge.deps import now

__all__ = ["_restored_environment", "_restored_logging", "led", "serve", "store"]

NOWHERE = make_url("postgresql+psycopg2://reader:sekret@127.0.0.1:1/aura_data_miner")
Bridge = Callable[..., TestClient]


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    """Makes clients of a bridge: ``bridge(store, **settings)``."""
    with ExitStack() as stack:

        def make(engine: Engine, **variables: str) -> TestClient:
            app = create_app(Settings.load(variables), engine)
            app.dependency_overrides[now] = lambda: NOW
            return stack.enter_context(TestClient(app, base_url="http://127.0.0.1:8001"))

        yield make


@pytest.fixture(scope="session")
def population(lease: Lease) -> Iterator[Engine]:
    """For tests that only read."""
    with shared_store(lease) as engine:
        populate(engine)
        yield engine


@pytest.fixture
def full(bridge: Bridge, population: Engine) -> TestClient:
    return bridge(population)


@pytest.fixture
def empty(bridge: Bridge, store: Engine) -> TestClient:
    """A structure without a run."""
    return bridge(store)


@pytest.fixture
def bare(bridge: Bridge, database_factory: DatabaseFactory) -> Iterator[TestClient]:
    """A database without the structure."""
    engine = connect_store(database_factory())
    yield bridge(engine)
    engine.dispose()


@pytest.fixture
def away(bridge: Bridge) -> TestClient:
    """A database that does not answer."""
    return bridge(connect_store(NOWHERE))
