"""Processes die; pages and bridge say what is missing, and recover by themselves."""

from __future__ import annotations

import os
import signal
import time

import httpx2
from playwright.sync_api import expect
from sqlalchemy import create_engine, text

from tests.browser.conftest import Watched
from tests.browser.pages import open_page
from tests.desk import Desk
from tests.patience import PATIENCE, eventually


def test_a_killed_scheduler_is_missed_and_its_return_is_noticed(
    desk: Desk, watched: Watched
) -> None:
    page = watched.page
    open_page(page, desk.pages, "")
    missing = page.get_by_text("El planificador no responde desde").first
    expect(missing).to_be_hidden()
    desk.kill("scheduler")
    expect(missing).to_be_visible()
    assert "scheduler" in desk.degraded()
    assert desk.get("/api/v1/data-miner/status")["nlp_available"] is False
    desk.start("scheduler")
    expect(missing).to_be_hidden()
    assert watched.errors == []


def test_pages_need_no_bridge_and_the_bridge_no_pages(desk: Desk, watched: Watched) -> None:
    desk.kill("bridge")
    open_page(watched.page, desk.pages, "distribucion")
    desk.start("bridge")
    desk.kill("ui")
    assert desk.data()["version"] > 0
    desk.start("ui")


def test_an_open_page_comes_back_with_its_server(desk: Desk, watched: Watched) -> None:
    page = watched.page
    open_page(page, desk.pages, "distribucion")
    desk.kill("ui")
    expect(page.get_by_test_id("stConnectionStatus")).to_be_visible()
    desk.start("ui")
    expect(page.get_by_test_id("stConnectionStatus")).to_be_hidden()
    expect(page.get_by_role("heading", name="Distribución", level=1)).to_be_visible()
    expect(page.get_by_text("Datos: ").first).to_be_visible()


def test_a_source_that_is_away_is_named_on_page_and_bridge(desk: Desk, watched: Watched) -> None:
    open_page(watched.page, desk.pages, "operacion")
    named = watched.page.get_by_text("aura_social no responde desde").first
    with desk.installation.site.cluster.acquire() as lease:
        engine = create_engine(lease.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("ALTER DATABASE aura_social ALLOW_CONNECTIONS false"))
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = 'aura_social'"
                )
            )
            try:
                expect(named).to_be_visible()
                assert desk.degraded() == ["aura_social"]
            finally:
                connection.execute(text("ALTER DATABASE aura_social ALLOW_CONNECTIONS true"))
        engine.dispose()
    expect(named).to_be_hidden()
    assert desk.degraded() == []


def test_a_killed_database_server_is_never_answered_with_nonsense_and_comes_back(
    desk: Desk, watched: Watched
) -> None:
    page = watched.page
    open_page(page, desk.pages, "")
    number = page.locator(".aura-card .number").first.inner_text()
    pid_file = next(desk.installation.data_dir.glob("cluster/**/postmaster.pid"))
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
    seen = set()
    deadline = time.monotonic() + 8.0
    while time.monotonic() < deadline:
        answer = httpx2.get(f"{desk.bridge}/api/v2/clustering/data/distribution", timeout=PATIENCE)
        seen.add(answer.status_code)
        if answer.status_code != 200:
            assert answer.json()["message"] == answer.json()["detail"]
        time.sleep(0.05)
    assert seen <= {200, 503}
    eventually(lambda: desk.degraded() == [])
    expect(page.locator(".aura-card .number").first).to_have_text(number)
    # The sidebar says it and, for a moment, the page itself.
    expect(page.get_by_text("La base de datos de análisis no responde")).to_have_count(0)
    assert page.get_by_test_id("stException").count() == 0
