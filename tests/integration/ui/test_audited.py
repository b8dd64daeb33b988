"""Whom the pages show is noted: once a session and while, and before it is read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from aura_engine.store.access import Role, Viewer
from aura_ui import audited
from tests.integration.store.rows import (
    a_model,
    freeze_totals,
    generation,
    ids,
    publish,
    publish_rows,
)
from tests.integration.ui.conftest import OpenPage

EVA = Viewer("user:7", Role.COUNSELOR)


@pytest.fixture
def pseudonym(store: Engine) -> str:
    publish(store, ids(3), level="ALTO_RIESGO")
    freeze_totals(store)
    with store.connect() as connection:
        return str(connection.scalar(text("SELECT min(pseudonym) FROM person")))


def noted(store: Engine) -> list[tuple]:
    query = (
        "SELECT l.actor, l.role, l.action, l.subject, p.pseudonym FROM audit_log l"
        " LEFT JOIN person p USING (user_id_raiz) ORDER BY l.id"
    )
    with store.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.mark.parametrize("name", ["hoy", "casos", "alto_riesgo", "mapa"])
def test_a_list_is_noted_once_a_session_and_again_after_a_while(
    open_page: OpenPage,
    store: Engine,
    pseudonym: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
):
    row = ("user:7", "counselor", name, "list", None)
    page = open_page(name, viewer=EVA)
    page.run()
    assert not page.exception
    assert noted(store) == [row]
    open_page(name, viewer=EVA)
    assert noted(store) == [row] * 2
    publish_rows(store, generation(ids(3), model_id=a_model(store)))
    freeze_totals(store)
    page.run()
    assert noted(store) == [row] * 2
    later = datetime.now(UTC) + audited.AGAIN
    monkeypatch.setattr(audited, "now", lambda: later)
    page.run()
    page.run()
    assert noted(store) == [row] * 3


def test_each_person_is_noted_once_a_session_and_nobody_before_one_is_asked_for(
    open_page: OpenPage, store: Engine, pseudonym: str
):
    page = open_page("ficha", viewer=EVA)
    assert noted(store) == []
    page.query_params["p"] = pseudonym
    page.run()
    page.run()
    assert noted(store) == [("user:7", "counselor", "ficha", "person", pseudonym)]
    page.query_params["p"] = "X9-XXXX"
    page.run()
    assert noted(store)[1:] == [("user:7", "counselor", "ficha", "unknown", None)]


@pytest.mark.parametrize("name", ["hoy", "casos", "alto_riesgo", "mapa", "ficha"])
def test_what_cannot_be_noted_is_not_read(
    open_page: OpenPage, store: Engine, pseudonym: str, name: str
):
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE audit_log RENAME TO away"))
    page = open_page(name, viewer=EVA, p=pseudonym)
    assert not page.exception
    assert "./aura db upgrade" in page.error[0].value
    assert not page.dataframe
    assert not page.subheader
    assert pseudonym not in " ".join(element.value for element in page.markdown)


def test_whoever_may_not_see_a_page_leaves_no_trace_of_a_reading(
    open_page: OpenPage, store: Engine, pseudonym: str
):
    open_page("ficha", viewer=Viewer("user:8", Role.ANALYST), p=pseudonym)
    assert noted(store) == []
