"""A run is asked for in the sidebar, followed there, and seen by everyone."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from aura_engine.errors import RunCancelled
from aura_engine.store.runs import claimed_run
from tests.browser.conftest import Watched
from tests.browser.pages import PATIENCE_MS, at_rest, follow, open_page
from tests.desk import Desk
from tests.patience import eventually


def test_a_rerun_ends_changes_the_data_and_reaches_another_session(
    desk: Desk, watched: Watched, browser: Browser
) -> None:
    before = desk.data()["version"]
    page = watched.page
    with browser.new_context(viewport={"width": 1280, "height": 900}) as elsewhere:
        elsewhere.set_default_timeout(PATIENCE_MS)
        other = elsewhere.new_page()
        open_page(other, desk.pages, "operacion")
        open_page(page, desk.pages, "")
        page.get_by_text("Reejecutar").first.click()
        at_rest(page.get_by_role("button", name="Reejecutar").last).click()
        at_rest(page.get_by_role("button", name="Sí, reejecutar")).click()
        expect(page.get_by_text("terminada en")).to_be_visible()
        after = desk.data()["version"]
        assert after > before
        run = desk.data()["run_id"]
        expect(other.get_by_text(f"Etapas de la corrida {run}")).to_be_visible()
    assert watched.errors == []


def test_a_run_with_other_parameters_waits_for_the_first(desk: Desk, watched: Watched) -> None:
    from dataclasses import asdict

    from aura_engine.pipeline import RunParameters
    from aura_engine.store.queue import cancel, enqueue

    desk.kill("scheduler")
    try:
        waiting = enqueue(
            desk.store,
            kind="full",
            parameters=asdict(RunParameters(n_clusters=7)),
            requested_by="test",
        )
        page = watched.page
        open_page(page, desk.pages, "")
        expect(page.get_by_text(f"Corrida {waiting.run_id}: en espera")).to_be_visible()
        page.get_by_text("Reejecutar").first.click()
        at_rest(page.get_by_role("button", name="Reejecutar").last).click()
        at_rest(page.get_by_role("button", name="Sí, reejecutar")).click()
        expect(page.get_by_text("con otros parámetros")).to_be_visible()
        page.get_by_role("button", name="Cancelar").click()
        page.get_by_role("button", name="Sí, cancelar").click()
        expect(page.get_by_text(f"Corrida {waiting.run_id} cancelada")).to_be_visible()
        page.get_by_role("button", name="Ocultar este aviso").click()
        expect(page.get_by_text(f"Corrida {waiting.run_id} cancelada")).to_be_hidden()
    finally:
        cancel(desk.store, waiting.run_id)
        desk.start("scheduler")


def test_two_sessions_follow_a_run_across_pages_and_either_may_cancel_it(
    desk: Desk, watched: Watched, browser: Browser
) -> None:
    """The test does the scheduler's part, so that the run goes on until it is cancelled."""
    page = watched.page
    desk.kill("scheduler")
    try:
        with browser.new_context(viewport={"width": 1280, "height": 900}) as elsewhere:
            elsewhere.set_default_timeout(PATIENCE_MS)
            other = elsewhere.new_page()
            open_page(other, desk.pages, "mapa")
            open_page(page, desk.pages, "")
            page.get_by_text("Reejecutar").first.click()
            at_rest(page.get_by_role("button", name="Reejecutar").last).click()
            at_rest(page.get_by_role("button", name="Sí, reejecutar")).click()
            for session in (page, other):
                expect(session.get_by_text("en espera")).to_be_visible()
            with pytest.raises(RunCancelled):
                _run_until_cancelled(desk, page, other)
            for session in (page, other):
                expect(session.get_by_text(re.compile(r"Corrida \d+ cancelada"))).to_be_visible()
    finally:
        desk.start("scheduler")
    assert watched.errors == []


def _run_until_cancelled(desk: Desk, page: Page, other: Page) -> None:
    with claimed_run(desk.store, instance="test", as_of=datetime.now(UTC)) as claimed:
        assert claimed is not None
        run = claimed.recorder
        going_on = f"Corrida {run.run_id}: Textos"
        with run.stage("texts", 400):
            run.advance(100)
            for session in (page, other):
                expect(session.get_by_text(going_on)).to_be_visible()
                expect(session.get_by_text("100 de 400")).to_be_visible()
                expect(session.get_by_role("progressbar")).to_be_visible()
            follow(page, "casos")
            expect(page.get_by_text(going_on)).to_be_visible()
            at_rest(other.get_by_role("button", name="Cancelar")).click()
            at_rest(other.get_by_role("button", name="Sí, cancelar")).click()
            expect(page.get_by_text("cancelando …")).to_be_visible()
            eventually(lambda: run.advance(200))
