"""Whether anybody hears of an urgent case at night is said where the day begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from aura_engine.store.case_notices import claim, record_failed, record_sent
from tests.integration.store.case_rows import look, open_case, population
from tests.integration.store.rows import freeze_totals
from tests.integration.ui.conftest import OpenPage

PAGES_THAT_TELL = ("hoy", "operacion")
MISSING = "Sin aviso fuera de horario"


def said(page) -> str:
    assert not page.exception
    return " ".join(element.value for element in (*page.caption, *page.warning))


@pytest.fixture
def urgent(store: Engine) -> datetime:
    """A case that is urgent now."""
    now = datetime.now(UTC)
    [user] = population(store, 1)
    freeze_totals(store)
    open_case(store, user, at=now)
    return now


@pytest.mark.parametrize("name", PAGES_THAT_TELL)
def test_without_a_channel_it_is_said_that_nobody_is_told(
    open_page: OpenPage, store: Engine, urgent: datetime, name: str
):
    look(store, urgent)
    assert MISSING in said(open_page(name))


@pytest.mark.parametrize("name", PAGES_THAT_TELL)
def test_notices_that_do_not_get_through_are_shown_with_since_when_until_they_do(
    open_page: OpenPage, store: Engine, urgent: datetime, name: str
):
    failed_at = urgent - timedelta(minutes=7, seconds=1)
    look(store, failed_at, ("webhook",))
    assert "no salen" not in said(open_page(name))
    assert MISSING not in said(open_page(name))
    notice = claim(store, "webhook", now=failed_at)
    assert notice is not None
    record_failed(store, notice, error="el servidor respondió con el código 500", now=failed_at)
    shown = said(open_page(name))
    assert "Los avisos por webhook no salen desde hace" in shown
    assert "código 500" in shown
    record_sent(store, notice, now=urgent)
    assert "no salen" not in said(open_page(name))
