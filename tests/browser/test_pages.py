"""Every page draws what it promises, quietly and without asking anyone outside."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched
from tests.browser.pages import (
    CHARTS,
    TITLES,
    at_rest,
    await_charts,
    follow,
    open_page,
)
from tests.desk import Desk

PROBES_OF_A_DEEP_LINK = re.compile(r"/\w+/_stcore/(health|host-config)$")
"""Streamlit tries these below a page's address first; the server says 404, and it tries on."""

SCROLLING = ("document.scrollingElement", "document.querySelector('[data-testid=stMain]')")


def test_every_page_draws_without_an_error_and_asks_nobody_outside(
    desk: Desk, watched: Watched
) -> None:
    open_page(watched.page, desk.pages, "")
    for address in TITLES:
        follow(watched.page, address)
        if address != "ficha":  # without a person it has nothing to draw
            await_charts(watched.page, CHARTS.get(address, 0))
        assert watched.page.get_by_text("Datos de DEMOSTRACIÓN").is_visible()
        assert watched.page.get_by_test_id("stException").count() == 0
    assert watched.errors == []
    assert watched.requests_that_leave_the_machine() == []


@pytest.mark.parametrize("address", [address for address in TITLES if address])
def test_a_page_opens_by_its_address(desk: Desk, watched: Watched, address: str) -> None:
    open_page(watched.page, desk.pages, address)
    assert watched.page.get_by_test_id("stSidebarNav").is_visible()
    assert watched.page.get_by_test_id("stException").count() == 0
    probes = [url for url in watched.requests if PROBES_OF_A_DEEP_LINK.search(url)]
    assert len(watched.errors) <= len(probes)
    assert all("404" in said for said in watched.errors)
    assert watched.requests_that_leave_the_machine() == []


def test_every_chart_has_a_table_with_the_same_numbers(desk: Desk, watched: Watched) -> None:
    for address, charts in CHARTS.items():
        if address == "ficha":
            continue
        open_page(watched.page, desk.pages, address)
        await_charts(watched.page, charts)
        # Distribución draws the days of its groups once one has ended.
        drawn = watched.page.locator(".js-plotly-plot").count()
        assert drawn >= charts
        assert watched.page.get_by_text("Ver tabla").count() == drawn
    open_page(watched.page, desk.pages, "distribucion")
    watched.page.get_by_text("Ver tabla").first.click()
    button = watched.page.get_by_role("button", name="Descargar CSV").first
    expect(button).to_be_visible()
    with watched.page.expect_download() as download:
        at_rest(button).click()
    rows = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    counts = dict(zip(("BAJO RIESGO", "RIESGO MODERADO", "ALTO RIESGO"), [0, 0, 0], strict=True))
    data = desk.get("/api/v2/clustering/data/distribution")
    counts = dict(zip(data["labels"], data["datasets"][0]["data"], strict=True))
    shown = {row.split(",")[0]: int(row.split(",")[1]) for row in rows[1:]}
    assert shown == {
        "▲ Alto": counts["ALTO RIESGO"],
        "◆ Moderado": counts["RIESGO MODERADO"],
        "● Bajo": counts["BAJO RIESGO"],
    }


def test_a_person_is_reached_from_today_and_from_the_list(desk: Desk, watched: Watched) -> None:
    page = watched.page
    open_page(page, desk.pages, "")
    page.get_by_role("link", name="Ver", exact=True).first.click()
    page.get_by_role("heading", name="Por qué", level=3).wait_for()
    assert re.search(r"\?p=[A-Z0-9-]+$", page.url)
    await_charts(page, CHARTS["ficha"])
    for detector in ("K-Means", "DBSCAN", "Bosque"):
        assert page.get_by_text(detector, exact=True).is_visible()


def test_the_list_is_where_one_left_it(desk: Desk, watched: Watched) -> None:
    page = watched.page
    open_page(page, desk.pages, "alto_riesgo")
    page.get_by_test_id("stMain").get_by_text("● Bajo").click()
    title = page.get_by_role("heading", name="Riesgo bajo", level=1)
    expect(title).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("button", name="2").first.click()
    second = page.get_by_text("Página 2 de")
    expect(second).to_be_visible()
    assert "nivel=bajo" in page.url
    page.reload()
    expect(second).to_be_visible()
    expect(title).to_be_visible()
    follow(page, "ficha")
    page.go_back()
    expect(second).to_be_visible()
    expect(title).to_be_visible()


def test_who_is_unknown_is_said_to_be_unknown(desk: Desk, watched: Watched) -> None:
    open_page(watched.page, desk.pages, "ficha", "?p=Z9-ZZZ9")
    assert watched.page.get_by_text("No hay nadie a la vista con el seudónimo").is_visible()


@pytest.mark.parametrize("name", ["![](//a.bc)", "<img src=//a.bc/x>", "A%00B"])
def test_a_name_in_the_address_is_never_drawn(desk: Desk, watched: Watched, name: str) -> None:
    open_page(watched.page, desk.pages, "ficha", f"?p={name}")
    assert watched.page.get_by_text("Un seudónimo tiene la forma").is_visible()
    assert watched.page.get_by_test_id("stMain").locator("img").count() == 0
    assert watched.requests_that_leave_the_machine() == []
    assert watched.page.get_by_test_id("stException").count() == 0


def test_nothing_scrolls_sideways_on_a_phone(desk: Desk, watched: Watched) -> None:
    watched.page.set_viewport_size({"width": 360, "height": 740})
    for address in TITLES:
        open_page(watched.page, desk.pages, address)
        for element in SCROLLING:
            hidden = f"() => {{ const e = {element}; return e.scrollWidth - e.clientWidth; }}"
            assert watched.page.evaluate(hidden) <= 0, (address, element)
