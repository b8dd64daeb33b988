"""News from the sources move every page that is open, and take nothing from whoever works there."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import Connection, text

from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.store.access import LOCAL
from aura_engine.store.reads import OpenCase, WorkFilter, work_count
from tests.browser.conftest import Watched
from tests.browser.pages import (
    PATIENCE_MS,
    TITLES,
    at_rest,
    await_charts,
    draw_a_rectangle,
    open_page,
    settle,
)
from tests.browser.people import live_through_hard_nights, ordinary_person, write_at_noon
from tests.desk import Desk
from tests.patience import eventually

HALF_WRITTEN = "Llamar a su tutora antes del"
WAITING = text("""
    SELECT p.pseudonym FROM risk_case k JOIN person p USING (user_id_raiz)
    WHERE k.closed_at IS NULL ORDER BY p.pseudonym LIMIT 1
""")
PSEUDONYM = text("SELECT pseudonym FROM person WHERE user_id_raiz = CAST(:person AS uuid)")
RANGES = """() => {
    const axes = document.querySelector('.js-plotly-plot')._fullLayout;
    return [...axes.xaxis.range, ...axes.yaxis.range];
}"""
SELECTED = "() => document.querySelector('.js-plotly-plot')._fullLayout.selections.length"


def count_of_high(page: Page) -> int:
    return int(page.locator(".aura-card .number").first.inner_text().replace(",", ""))


def told(page: Page) -> Locator:
    """Return the line of the sidebar that counts who entered ALTO."""
    return page.get_by_test_id("stSidebar").get_by_role("status").filter(has_text="a Alto")


def test_who_enters_high_is_on_today_without_a_reload_and_others_raise_no_alarm(
    desk: Desk, watched: Watched
) -> None:
    page = watched.page
    open_page(page, desk.pages, "")
    before, version = count_of_high(page), desk.data()["version"]
    page.evaluate("window.isTheSamePage = true")
    person = ordinary_person(desk)
    write_at_noon(desk, person)
    eventually(lambda: desk.data()["version"] > version)
    live_through_hard_nights(desk, person)
    toast = page.get_by_test_id("stToast")
    expect(toast).to_contain_text("1 persona pasó a Alto")
    expect(told(page)).to_contain_text("1 persona pasó a Alto")
    expect(page.locator(".aura-card .number").first).to_have_text(str(before + 1))
    with desk.store.connect() as connection:
        pseudonym = connection.execute(PSEUDONYM, {"person": person}).scalar_one()
    expect(page.locator(".aura-row").get_by_text(pseudonym).first).to_be_visible()
    page.get_by_role("button", name=t("arrivals.seen")).click()
    expect(told(page)).to_have_count(0)
    expect(toast).to_have_count(0)
    assert page.evaluate("window.isTheSamePage") is True
    assert watched.errors == []
    assert watched.requests_that_leave_the_machine() == []


def stage_of_two(connection: Connection) -> str:
    """Return a stage in which two or more people of the list have their case."""
    for stage in (OpenCase.WAITING, OpenCase.ACTIVE, OpenCase.TO_REVIEW):
        chosen = WorkFilter(level=RiskLevel.ALTO, case_state=stage)
        if work_count(connection, LOCAL, chosen) >= 2:
            return stage.value
    raise AssertionError("no two cases are alike")


class Work:
    """What somebody is in the middle of on one page."""

    def __init__(self, page: Page, who: str, stage: str) -> None:
        self.page, self.who, self.stage = page, who, stage

    def begin(self, base: str) -> None:
        """Open the page and begin."""

    def is_untouched(self) -> None:
        """Check that all is as it was left."""


class MapWork(Work):
    """A closer look at the map, and a rectangle drawn there."""

    def begin(self, base: str) -> None:
        open_page(self.page, base, "mapa")
        await_charts(self.page, 1)
        self.page.locator(".js-plotly-plot").hover()
        self.page.locator(".modebar-btn[data-title='Acercar'][data-val=in]").click()
        draw_a_rectangle(self.page, 0.05, 0.6, 0.05, 0.95)
        self.listed = self.page.get_by_text(re.compile("^Dentro del rectángulo: "))
        expect(self.listed).to_be_visible()
        settle(self.page, TITLES["mapa"])
        self.seen = self.page.evaluate(RANGES)

    def is_untouched(self) -> None:
        await_charts(self.page, 1)
        assert self.page.evaluate(RANGES) == self.seen
        assert self.page.evaluate(SELECTED) == 1
        expect(self.listed).to_be_visible()
        self.page.get_by_role("button", name=t("map.redraw")).click()
        expect(self.page.get_by_role("button", name=t("map.redraw"))).to_have_count(0)


class ListWork(Work):
    """Two people with a case selected in the list."""

    def begin(self, base: str) -> None:
        open_page(self.page, base, "alto_riesgo", f"?caso={self.stage}")
        table = at_rest(self.page.get_by_test_id("stDataFrame").first)
        for row in (1, 2):
            table.click(position={"x": 20, "y": 35 * row + 18})
            self.both = self.page.get_by_role("button", name=re.compile(rf"Asignar.*{row}"))
            expect(self.both).to_be_visible()

    def is_untouched(self) -> None:
        expect(self.both).to_be_visible()


class NoteWork(Work):
    """A half-written note, still in the field."""

    def begin(self, base: str) -> None:
        open_page(self.page, base, "ficha", f"?p={self.who}")
        at_rest(self.page.get_by_role("radio", name=t("case.note"))).click()
        self.field = at_rest(self.page.get_by_role("textbox", name=t("case.note_text")))
        self.field.click()
        self.page.keyboard.type(HALF_WRITTEN)

    def is_untouched(self) -> None:
        expect(self.field).to_have_value(HALF_WRITTEN)
        expect(self.field).to_be_focused()


class DialogWork(Work):
    """An account that is being added, in a dialog."""

    def begin(self, base: str) -> None:
        open_page(self.page, base, "usuarios")
        self.page.get_by_role("button", name=t("users.add")).click()
        self.dialog = self.page.get_by_role("dialog")
        self.field = at_rest(self.dialog.get_by_role("textbox").first)
        self.field.click()
        self.page.keyboard.type("ana@escu")

    def is_untouched(self) -> None:
        expect(self.dialog).to_be_visible()
        expect(self.field).to_have_value("ana@escu")


class Wall(Work):
    """A display that nobody touches."""

    def begin(self, base: str) -> None:
        open_page(self.page, base, "pantalla")
        self.count = count_of_high(self.page)

    def is_untouched(self) -> None:
        number = self.page.locator(".aura-card .number").first
        expect(number).to_have_text(str(self.count + 1))


WORK = {
    "mapa": MapWork,
    "alto_riesgo": ListWork,
    "ficha": NoteWork,
    "usuarios": DialogWork,
    "pantalla": Wall,
}


def test_work_in_progress_survives_what_the_sources_bring(
    desk: Desk, browser: Browser, subtests: pytest.Subtests
) -> None:
    with desk.store.connect() as connection:
        who = connection.execute(WAITING).scalar_one()
        stage = stage_of_two(connection)
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(PATIENCE_MS)
        begun = {}
        for address, work in WORK.items():
            begun[address] = work(context.new_page(), who, stage)
            begun[address].begin(desk.pages)
        live_through_hard_nights(desk, ordinary_person(desk))
        for address, work in begun.items():
            with subtests.test(address):
                work.page.bring_to_front()
                expect(told(work.page)).to_be_visible()
                settle(work.page, TITLES[address])
                work.is_untouched()
