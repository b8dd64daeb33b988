"""The wall display: totals of the day, and nobody by name."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from aura_engine.store.access import Role, Viewer
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
