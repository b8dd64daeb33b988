"""The wall display: totals of the day, and nobody by name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from aura_engine.store.access import Role, Viewer
from aura_engine.store.services import report
from tests.integration.store.rows import freeze_totals, ids, publish
from tests.integration.ui.conftest import OpenPage


@pytest.mark.parametrize("role", [Role.COUNSELOR, Role.SUPERVISOR, Role.ANALYST])
def test_it_counts_everyone_and_names_nobody(
    open_page: OpenPage, store: Engine, role: Role
) -> None:
    publish(store, ids(7), level="ALTO_RIESGO")
    freeze_totals(store)
    page = open_page("pantalla", viewer=Viewer("x", role))
    assert not page.exception
    assert not page.error
    told = " ".join(element.body for element in page.get("html"))
    assert '<div class="number">7</div>' in told
    assert "aura-wall" in told
    with store.connect() as connection:
        names = connection.scalars(text("SELECT pseudonym FROM person")).all()
        noted = connection.scalar(text("SELECT count(*) FROM audit_log"))
    assert len(names) == 7
    assert not any(name in str(page) for name in names)
    assert noted == 0
    assert not page.get("page_link")


def test_old_data_and_a_scheduler_that_is_away_are_said_above_the_numbers(
    open_page: OpenPage, store: Engine
) -> None:
    publish(store, ids(2))
    freeze_totals(store)
    told = [element.value for element in open_page("pantalla").warning]
    assert any("planificador" in said.lower() for said in told)
    assert any("Los datos son del" in said for said in told)
    now = datetime.now(UTC)
    with store.begin() as connection:
        connection.execute(text("UPDATE pipeline_run SET as_of = :now"), {"now": now})
    report(store, "scheduler", instance="a")
    assert not open_page("pantalla").warning


def test_it_looks_again_by_itself(open_page: OpenPage, store: Engine) -> None:
    page = open_page("pantalla")
    assert "Todavía no hay resultados" in page.info[0].value
    publish(store, ids(2), level="ALTO_RIESGO")
    freeze_totals(store)
    page.run()
    told = " ".join(element.body for element in page.get("html"))
    assert '<div class="number">2</div>' in told
