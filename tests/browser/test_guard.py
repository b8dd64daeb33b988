"""A cold server, a page's address, and nobody who may look: nothing is shown."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from aura_engine.cluster import create_database
from aura_engine.domain import RiskLevel
from aura_engine.settings import DATABASE_URL_NAMES, documented_variables
from aura_engine.store import migrate
from aura_engine.store.connect import connect_store
from aura_engine.store.installation import ensure_installation
from tests.browser.conftest import Watched
from tests.browser.pages import TITLES, open_page
from tests.desk import Desk, answers, free_ports
from tests.integration.store.rows import freeze_totals, ids, publish
from tests.patience import eventually

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = "127.0.0.2"
"""Loopback, but none of the names that the guard takes for this machine."""


@pytest.fixture(scope="module")
def production(desk: Desk) -> Iterator[dict[str, str]]:
    """Settings of an installation of production, whose three people a leak would show."""
    with desk.installation.site.cluster.acquire() as lease:
        create_database(lease, "of_production")
        url = lease.url("of_production")
        store = connect_store(url)
        migrate.upgrade(store)
        ensure_installation(store, "production")
        publish(store, ids(3), level=RiskLevel.ALTO)
        freeze_totals(store)
        store.dispose()
        yield dict.fromkeys(DATABASE_URL_NAMES, url.render_as_string(hide_password=False))


@contextmanager
def cold_server(urls: dict[str, str], address: str) -> Iterator[str]:
    """Start the pages without ./aura, which would refuse such an address, on real data."""
    (port,) = free_ports(1)
    environment = {k: v for k, v in os.environ.items() if k not in documented_variables()}
    with subprocess.Popen(
        [
            sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py"),
            f"--server.address={address}", f"--server.port={port}", "--server.allowedHosts=*",
        ],
        env=environment | urls | {"AURA_ENV_FILE": os.devnull},
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:  # fmt: skip
        try:
            eventually(lambda: answers(f"http://{address}:{port}/_stcore/health"))
            yield f"http://{address}:{port}"
        finally:
            server.terminate()


@pytest.mark.skipif(sys.platform != "linux", reason=f"only Linux answers on {ELSEWHERE}")
@pytest.mark.parametrize("address", [*TITLES, "hoy"])
def test_a_cold_page_shows_nothing_to_whom_it_does_not_know(
    production: dict[str, str], watched: Watched, address: str
) -> None:
    with cold_server(production, ELSEWHERE) as base:
        for _ in range(2):  # before the navigation exists, and after
            watched.page.goto(f"{base}/{address}")
            refusal = watched.page.get_by_text("Aquí no se puede leer sin identificarse")
            expect(refusal).to_be_visible()
            assert watched.page.get_by_role("heading", level=1).count() == 0
            assert watched.page.locator(".aura-card, .aura-row, .aura-kpi").count() == 0
            assert watched.page.get_by_test_id("stDataFrame").count() == 0


def test_the_same_server_shows_the_same_data_to_whom_it_knows(
    production: dict[str, str], watched: Watched
) -> None:
    """What must not be seen elsewhere is there to be seen."""
    page = watched.page
    with cold_server(production, "127.0.0.1") as base:
        for address in TITLES:
            open_page(page, base, address)
            assert page.get_by_text("Aquí no se puede leer sin identificarse").count() == 0
        open_page(page, base, "")
        assert page.locator(".aura-card").count() > 0
        assert page.locator(".aura-row").count() == 3
        open_page(page, base, "alto_riesgo")
        expect(page.get_by_test_id("stDataFrame")).to_have_count(1)
        open_page(page, base, "distribucion")
        finding = page.get_by_text("3 de 3 personas están en Alto")
        expect(finding.first).to_be_visible()
        assert page.get_by_text("Datos de DEMOSTRACIÓN").count() == 0


def test_a_cold_page_comes_with_its_navigation_to_whom_it_knows(
    desk: Desk, watched: Watched
) -> None:
    with desk.another("ui") as base:
        watched.page.goto(f"{base}/perfiles")
        heading = watched.page.get_by_role("heading", name="Perfiles", level=1)
        expect(heading).to_be_visible()
        navigation = watched.page.get_by_test_id("stSidebarNav")
        expect(navigation.get_by_role("link", name="Alto riesgo")).to_be_visible()


def test_a_page_behind_a_proxy_is_not_this_machine(desk: Desk, watched: Watched) -> None:
    watched.page.set_extra_http_headers({"X-Forwarded-For": "203.0.113.9"})
    watched.page.goto(f"{desk.pages}/")
    refusal = watched.page.get_by_text("Aquí no se puede leer sin identificarse")
    expect(refusal).to_be_visible()
