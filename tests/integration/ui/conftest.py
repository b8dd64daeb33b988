"""Pages without a browser: what they say of each state."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from aura_engine.cluster import Lease, ensure_template
from aura_engine.pipeline.identity import NameSources
from aura_engine.settings import Settings
from aura_engine.store.access import LOCAL, Viewer
from aura_engine.store.case_actions import CaseRef
from aura_engine.store.connect import connect_store
from aura_ui import databases, guard
from tests.conftest import DatabaseFactory
from tests.integration.store.case_rows import look, open_case, population
from tests.integration.store.conftest import TEMPLATE, build_template
from tests.integration.store.rows import freeze_totals, scalar
from tests.patience import PATIENCE

OpenPage = Callable[..., AppTest]


@pytest.fixture
def store(lease: Lease, database_factory: DatabaseFactory) -> Iterator[Engine]:
    ensure_template(lease, TEMPLATE, build_template)
    engine = connect_store(database_factory(TEMPLATE))
    yield engine
    engine.dispose()


@pytest.fixture
def now() -> datetime:
    """When a test began."""
    return datetime.now(UTC)


@pytest.fixture
def user(store: Engine) -> str:
    """Root id of the only person."""
    [user] = population(store, 1)
    freeze_totals(store)
    return user


@pytest.fixture
def name(store: Engine, user: str) -> str:
    """Their pseudonym."""
    return str(scalar(store, "SELECT pseudonym FROM person"))


@pytest.fixture
def case(store: Engine, user: str, now: datetime) -> CaseRef:
    """Their case, open for two hours."""
    opened = CaseRef(open_case(store, user, at=now - timedelta(hours=2)), 1)
    look(store, now)
    return opened


def _page_among_all(name: str, role: str | None) -> None:
    """Be the entry file of one page, with the navigation that its role has."""
    import streamlit as st

    from aura_ui import visits
    from aura_ui.navigation import PAGES

    page = st.navigation(
        [
            st.Page(entry.file, url_path=entry.name, default=entry.name == name)
            for entry in PAGES
            if role in entry.roles or entry.name == name
        ]
    )
    visits.arrive(page.url_path)
    page.run()


@pytest.fixture
def open_page(store: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenPage]:
    """Run a page as some viewer: ``open_page("hoy", viewer=LOCAL, store=store, p="K7-FQ2M")``."""
    # What runs a script leaves it as the main module, and new processes would run it again.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    guard.enter()

    def run(
        name: str,
        *,
        viewer: Viewer | None = LOCAL,
        store: Engine = store,
        names: NameSources | None = None,
        **query: str,
    ) -> AppTest:
        monkeypatch.setattr(guard, "current_viewer", lambda: viewer)
        databases.provide(Settings.load({"AURA_EMBEDDED": "1"}), store, names)
        role = viewer.role.value if viewer else None
        page = AppTest.from_function(_page_among_all, args=(name, role), default_timeout=PATIENCE)
        for key, value in query.items():
            page.query_params[key] = value
        return page.run()

    yield run
    monkeypatch.setattr(databases, "_provided", None)
