"""A run is asked for in the sidebar, followed there, and seen by everyone."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Watched
from tests.browser.pages import PATIENCE_MS, at_rest, open_page
from tests.desk import Desk


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
        expect(page.get_by_text("con otros parámetros")).to_be_visible()
        page.get_by_role("button", name="Cancelar").click()
        page.get_by_role("button", name="Sí, cancelar").click()
        expect(page.get_by_text(f"Corrida {waiting.run_id} cancelada")).to_be_visible()
        page.get_by_role("button", name="Ocultar este aviso").click()
        expect(page.get_by_text(f"Corrida {waiting.run_id} cancelada")).to_be_hidden()
    finally:
        cancel(desk.store, waiting.run_id)
        desk.start("scheduler")
