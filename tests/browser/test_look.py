"""What is drawn can be read in both themes, and reached and seen with the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import text

from aura_engine.i18n import t
from tests.browser.conftest import Watched
from tests.browser.pages import (
    CHARTS,
    PATIENCE_MS,
    TITLES,
    at_rest,
    await_charts,
    follow,
    open_page,
)
from tests.browser.test_pages import SCROLLING
from tests.desk import Desk
from tests.patience import eventually

POOR = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")
MOST_TABS = 80
ANYBODY = text("""
    SELECT p.pseudonym FROM risk_case k JOIN person p USING (user_id_raiz)
    WHERE k.closed_at IS NULL ORDER BY p.pseudonym LIMIT 1
""")
BARS = """() => [...document.querySelectorAll('.js-plotly-plot .bars .point path')]
    .map(bar => getComputedStyle(bar).fill).join()"""
GROUND = "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor"
NAME = """() => {
    const at = document.activeElement;
    return (at.getAttribute('aria-label') || at.innerText || '').trim();
}"""
LOOK = """element => {
    const seen = [];
    for (let at = element, up = 0; at && up < 3; at = at.parentElement, up++) {
        const s = getComputedStyle(at);
        seen.push([s.outline, s.boxShadow, s.borderColor, s.backgroundColor, s.color].join());
    }
    return seen.join(';');
}"""
REACHED = [
    ("", t("ui.see")),
    ("casos", t("case_lists.mios")),
    ("alto_riesgo", t("high.export")),
    ("ficha", t("case.acknowledge")),
    ("usuarios", t("users.add")),
]
"""What a page is for, by its address."""


def anybody(desk: Desk) -> str:
    """Return somebody with an open case."""
    with desk.store.connect() as connection:
        return str(connection.execute(ANYBODY).scalar_one())


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page of a reader who prefers a theme."""
    size = {"width": 1280, "height": 900}
    with browser.new_context(viewport=size, color_scheme=request.param) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context.new_page()


def test_everything_can_be_read_in_both_themes(
    desk: Desk, themed: Page, subtests: pytest.Subtests
) -> None:
    open_page(themed, desk.pages, "ficha", f"?p={anybody(desk)}")
    for address in ["ficha", *(address for address in TITLES if address != "ficha")]:
        with subtests.test(address or "hoy"):
            if address != "ficha":
                follow(themed, address)
            await_charts(themed, CHARTS.get(address, 0))
            found = themed.evaluate(POOR)
            assert found["texts"] > len(TITLES)
            assert address not in CHARTS or found["marks"] > 0
            assert found["poor"] == []


def test_a_page_follows_the_readers_theme_and_so_do_its_charts(
    desk: Desk, watched: Watched
) -> None:
    page = watched.page
    open_page(page, desk.pages, "")
    follow(page, "distribucion")
    await_charts(page, CHARTS["distribucion"])
    bars, ground = page.evaluate(BARS), page.evaluate(GROUND)
    page.emulate_media(color_scheme="dark")
    eventually(lambda: page.evaluate(GROUND) != ground)
    eventually(lambda: page.evaluate(BARS) not in ("", bars))
    assert watched.errors == []


@pytest.mark.parametrize(("address", "name"), REACHED)
def test_the_keyboard_reaches_what_a_page_is_for_and_shows_where_it_is(
    desk: Desk, watched: Watched, address: str, name: str
) -> None:
    page = watched.page
    open_page(page, desk.pages, address, f"?p={anybody(desk)}" if address == "ficha" else "")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(NAME).endswith(name):
            break
    else:
        pytest.fail(f"{name!r} is not reached in {MOST_TABS} steps")
    focused = page.evaluate_handle("document.activeElement").as_element()
    assert focused is not None
    with_focus = focused.evaluate(LOOK)
    focused.evaluate("element => element.blur()")
    eventually(lambda: focused.evaluate(LOOK) != with_focus)


def test_a_persons_page_and_its_forms_fit_a_phone(desk: Desk, watched: Watched) -> None:
    page = watched.page
    page.set_viewport_size({"width": 360, "height": 800})
    open_page(page, desk.pages, "ficha", f"?p={anybody(desk)}")
    at_rest(page.get_by_role("radio", name=t("case.close"))).click()
    at_rest(page.get_by_role("textbox", name=t("case.closing_text")))
    page.get_by_role("button", name=t("identity.open")).click()
    at_rest(page.get_by_role("textbox", name=t("identity.reason")))
    for element in SCROLLING:
        hidden = f"() => {{ const e = {element}; return e.scrollWidth - e.clientWidth; }}"
        assert page.evaluate(hidden) <= 0, element
