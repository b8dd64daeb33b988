"""A counselor's day: whom Hoy names first is read about, taken up, written about and closed."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from sqlalchemy import text

from aura_engine.i18n import t
from tests.browser.conftest import Watched
from tests.browser.pages import TITLES, at_rest, follow, open_page, settle
from tests.desk import Desk

NOTE = "Hablé con su tutora; quedamos en verle el jueves."
CLOSING = "Ya conversa con su familia."
ACTIONS = text("""
    SELECT a.action FROM case_action a JOIN risk_case k ON k.id = a.case_id
    JOIN person p USING (user_id_raiz) WHERE p.pseudonym = :pseudonym ORDER BY a.at, a.id
""")


def become_a_counselor(page: Page) -> None:
    """Choose the counselor's role, as in the demo anybody can."""
    page.get_by_role("combobox", name=t("login.demo_role")).click()
    page.get_by_role("option", name=t("login.demo_counselor")).click()
    expect(page.get_by_role("link", name=TITLES["usuarios"])).to_have_count(0)
    settle(page, TITLES[""])


def first_of_today(page: Page) -> str:
    """Return who stands first on Hoy."""
    return page.locator(".aura-row .aura-name").first.inner_text()


def test_a_counselor_takes_up_and_closes_whom_today_names_first(
    desk: Desk, watched: Watched
) -> None:
    page = watched.page
    open_page(page, desk.pages, "")
    become_a_counselor(page)
    who = first_of_today(page)

    page.get_by_role("link", name=t("ui.see"), exact=True).first.click()
    settle(page, TITLES["ficha"])
    headline = page.get_by_role("heading", level=2, name=who)
    expect(headline).to_contain_text(t("levels.ALTO_RIESGO"))
    expect(headline).to_contain_text(re.compile(r"ASI \d+\.\d$"))
    expect(page.get_by_role("heading", name=t("person.why"))).to_be_visible()
    expect(page.locator(".aura-kpi")).to_have_count(6)
    expect(page.locator(".aura-kpi").first).to_contain_text(re.compile(r"\d"))

    at_rest(page.get_by_role("button", name=t("case.acknowledge"))).click()
    done = page.locator(".aura-done")
    expect(done.first).to_contain_text("reconoció el caso")
    expect(page.get_by_role("button", name=t("case.acknowledge"))).to_have_count(0)

    at_rest(page.get_by_role("radio", name=t("case.note"))).click()
    note = page.get_by_role("textbox", name=t("case.note_text"))
    at_rest(note).click()
    page.keyboard.type(NOTE)
    page.keyboard.press("Tab")  # out of the field, as one does before pressing a button
    page.get_by_role("button", name=t("case.note_submit")).click()
    expect(done.first).to_contain_text("escribió una nota")

    at_rest(page.get_by_role("radio", name=t("case.close"))).click()
    outcome = page.get_by_role("combobox", name=t("case.outcome"))
    at_rest(outcome).click()
    page.keyboard.type("Deriv")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name=t("case.closing_text")).click()
    page.keyboard.type(CLOSING)
    page.keyboard.press("Tab")
    page.get_by_role("button", name=t("case.close_submit")).click()
    expect(done.nth(0)).to_contain_text("cerró el caso: derivado")
    expect(done.nth(0)).to_contain_text(CLOSING)
    expect(done.nth(1)).to_contain_text("escribió una nota")
    expect(done.nth(1)).to_contain_text(NOTE)
    expect(done.nth(2)).to_contain_text("reconoció el caso")
    with desk.store.connect() as connection:
        actions = list(connection.execute(ACTIONS, {"pseudonym": who}).scalars())
    assert actions[-3:] == ["reconocido", "nota", "cerrado"]

    follow(page, "casos")
    page.get_by_role("radio", name=t("case_lists.tablero")).click()
    closed = page.get_by_test_id("stColumn").filter(
        has=page.get_by_role("heading", name=re.compile(f"^{t('case_stage.cerrado')} · "))
    )
    expect(closed.get_by_text(who, exact=True)).to_be_visible()
    follow(page, "")
    still_to_do = page.locator(".aura-row:not(.moves)")
    expect(still_to_do.first).to_be_visible()
    expect(still_to_do.filter(has_text=who)).to_have_count(0)
    assert watched.errors == []
