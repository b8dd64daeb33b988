"""The entry file itself, in the demo: a role is chosen, and what stands beside follows it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from aura_engine.settings import Settings
from aura_engine.store.access import ACCOUNT_ROLES, Role
from aura_engine.store.installation import ensure_installation
from aura_ui import databases, live, login
from tests.patience import PATIENCE

ENTRY = Path(__file__).resolve().parents[3] / "streamlit_app.py"


@pytest.fixture
def app(store: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr(gc, "freeze", lambda: None)  # of this process, which goes on
    ensure_installation(store, "demo")
    databases.provide(Settings.load({"AURA_EMBEDDED": "1"}), store)
    yield AppTest.from_file(ENTRY, default_timeout=PATIENCE)
    monkeypatch.setattr(databases, "_provided", None)


@pytest.mark.parametrize(
    ("role", "named", "beside"),
    [(Role.SUPERVISOR, "Supervisión", ["Reejecutar"]), (Role.COUNSELOR, "Orientación", [])],
    ids=str,
)
def test_in_the_demo_the_sidebar_follows_the_chosen_role(
    app: AppTest, role: Role, named: str, beside: list[str]
):
    app.session_state[login.CHOSEN_ROLE] = role
    app.run()
    assert not app.exception
    assert app.title[0].value == "Hoy"
    choice = app.sidebar.selectbox[0]
    assert choice.options[choice.index] == named
    assert [one.label for one in app.sidebar.expander] == beside


def test_a_defect_in_the_sidebar_is_told_in_the_readers_words_and_the_page_goes_on(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object, **__: object) -> None:
        raise KeyError("contamination")

    monkeypatch.setattr(live, "sidebar", broken)
    app.run()
    assert not app.exception
    assert "contamination" not in " ".join(error.value for error in app.error)
    assert app.sidebar.error
    assert app.title[0].value == "Hoy"


@pytest.mark.parametrize("role", ACCOUNT_ROLES, ids=str)
def test_the_guide_can_be_opened_beside_a_page_by_every_role(app: AppTest, role: Role):
    app.session_state[login.CHOSEN_ROLE] = role
    app.run()
    assert not app.exception
    assert app.sidebar.button(key="guide").label == "Abrir la guía"
