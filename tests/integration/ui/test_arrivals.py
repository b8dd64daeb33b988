"""Who enters ALTO while somebody looks is told once, counted, and told to nobody else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from aura_engine.domain import RiskLevel
from aura_engine.settings import Settings
from aura_engine.store.access import LOCAL, Role, Viewer
from aura_engine.store.generation import ensure_history_month, stage_history
from aura_ui import databases, guard
from tests.integration.store.rows import (
    AS_OF,
    a_model,
    freeze_totals,
    generation,
    history,
    ids,
    publish,
    publish_rows,
)
from tests.patience import PATIENCE

WHO = ids(3)
GROUP = UUID(int=77)
JOIN = text("""
    INSERT INTO person_community (user_id_raiz, community_id, category)
    VALUES (CAST(:person AS uuid), :community, 'arte')
""")


def _sidebar() -> None:
    """Be the sidebar alone."""
    import streamlit as st

    from aura_ui import live

    live.sidebar(st.session_state["viewer"], is_demo=True)


@pytest.fixture
def population(store: Engine) -> Engine:
    """Three people of BAJO_RIESGO, whom a run knew from the beginning."""
    ensure_history_month(store, AS_OF)
    run_id = publish(store, WHO)
    freeze_totals(store)
    rows = generation(WHO, model_id=a_model(store))
    stage_history(store, run_id, history(rows))
    return store


@pytest.fixture
def sidebar(population: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr(guard, "is_another", lambda _viewer: False)
    databases.provide(Settings.load({"AURA_EMBEDDED": "1"}), population)
    page = AppTest.from_function(_sidebar, default_timeout=PATIENCE)
    page.session_state["viewer"] = LOCAL
    yield drawn(page.run())
    monkeypatch.setattr(databases, "_provided", None)


def enter_high(store: Engine, *users: str, hours: int, reason: str = "behaviour") -> None:
    """Publish a run in which people moved from BAJO to ALTO."""
    as_of = AS_OF + timedelta(hours=hours)
    rows = generation(WHO, model_id=a_model(store), level=RiskLevel.BAJO)
    rows.loc[list(users), "cluster_label"] = RiskLevel.ALTO
    run_id = publish_rows(store, rows, as_of=as_of)
    freeze_totals(store)
    moved = history(rows.loc[list(users)], as_of=as_of)
    told = moved.assign(previous_label=RiskLevel.BAJO, previous_severity=1.0, reason=reason)
    stage_history(store, run_id, told)


def drawn(page: AppTest) -> AppTest:
    """Return a sidebar that was drawn without a defect."""
    assert not page.exception
    assert not page.error
    assert "Datos: " in counted(page)
    return page


def counted(page: AppTest) -> str:
    return " ".join(str(element.proto.body) for element in page.get("html"))


def test_who_entered_before_one_looked_is_not_news(sidebar: AppTest) -> None:
    assert not sidebar.toast
    assert "a Alto" not in counted(sidebar)


def test_who_enters_is_toasted_counted_and_seen(sidebar: AppTest, population: Engine) -> None:
    enter_high(population, WHO[0], hours=1)
    drawn(sidebar.run())
    assert len(sidebar.toast) == 1
    assert sidebar.toast[0].value.startswith("1 persona pasó a Alto el ")
    enter_high(population, WHO[0], WHO[1], hours=2)
    drawn(sidebar.run())
    assert "2 personas pasaron a Alto desde el " in counted(sidebar)  # one of them twice
    sidebar.button(key="arrivals_seen").click().run()
    assert "a Alto" not in counted(sidebar)
    assert not sidebar.toast


def test_whom_another_model_moved_is_not_news(sidebar: AppTest, population: Engine) -> None:
    enter_high(population, WHO[2], hours=1, reason="model")
    drawn(sidebar.run())
    assert not sidebar.toast
    assert "a Alto" not in counted(sidebar)


def test_another_viewer_begins_anew_and_is_told_of_their_own_communities(
    sidebar: AppTest, population: Engine
) -> None:
    with population.begin() as connection:
        connection.execute(JOIN, {"person": WHO[1], "community": GROUP})
    enter_high(population, WHO[0], hours=1)
    sidebar.session_state["viewer"] = Viewer("eva", Role.COUNSELOR, frozenset({GROUP}))
    drawn(sidebar.run())
    assert not sidebar.toast
    enter_high(population, WHO[2], hours=2)
    drawn(sidebar.run())
    assert not sidebar.toast
    enter_high(population, WHO[1], hours=3)
    drawn(sidebar.run())
    assert sidebar.toast[0].value.startswith("1 persona pasó a Alto el ")
