"""Pages without a browser: what they say of each state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from aura_engine.cluster import Lease, ensure_template
from aura_engine.settings import Settings
from aura_engine.store.access import LOCAL, Viewer
from aura_engine.store.connect import connect_store
from aura_ui import databases, guard
from tests.conftest import DatabaseFactory
from tests.integration.store.conftest import TEMPLATE, build_template

PAGES = Path(__file__).resolve().parents[3] / "pages"
OpenPage = Callable[..., AppTest]


@pytest.fixture
def store(lease: Lease, database_factory: DatabaseFactory) -> Iterator[Engine]:
    ensure_template(lease, TEMPLATE, build_template)
    engine = connect_store(database_factory(TEMPLATE))
    yield engine
    engine.dispose()


@pytest.fixture
def open_page(store: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenPage]:
    """Run a page as some viewer: ``open_page("hoy", viewer=LOCAL, store=store)``."""
    guard.enter()

    def run(name: str, *, viewer: Viewer | None = LOCAL, store: Engine = store) -> AppTest:
        monkeypatch.setattr(guard, "current_viewer", lambda: viewer)
        databases.provide(Settings.load({"AURA_EMBEDDED": "1"}), store)
        return AppTest.from_file(str(PAGES / f"{name}.py"), default_timeout=30).run()

    yield run
    monkeypatch.setattr(databases, "_provided", None)
