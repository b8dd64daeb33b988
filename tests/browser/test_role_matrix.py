"""Each page by its address, for each role: the page, or a refusal with nothing behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aura_engine.i18n import t
from aura_engine.store.access import ACCOUNT_ROLES, Role
from aura_ui.navigation import PAGES
from tests.browser.pages import PATIENCE_MS, TITLES, settle
from tests.browser.secured import EMAIL_OF, Heard, Secured, expect_nothing_of, pseudonyms

C, S, A = Role.COUNSELOR, Role.SUPERVISOR, Role.ANALYST
SEEN_BY = {
    "hoy": {C, S, A},
    "casos": {C, S},
    "alto_riesgo": {C, S, A},
    "ficha": {C, S},
    "distribucion": {C, S, A},
    "mapa": {C, S, A},
    "perfiles": {C, S, A},
    "tendencias": {C, S, A},
    "pantalla": {C, S, A},
    "operacion": {S, A},
    "usuarios": {S},
}
"""Who sees which page: what the navigation's own table must come to."""
WITH_PEOPLE = {"hoy", "casos", "alto_riesgo", "ficha", "mapa"}
WITH_READ_PEOPLE = {"usuarios"}
"""Names whom somebody looked at, if anybody did."""
ROLES_IN_WORDS = {C: "orientación", S: "supervisión", A: "análisis"}
NAMES = [entry.name for entry in PAGES]
FIRST_ASKED = [(C, "usuarios"), (A, "ficha")]
"""What tells most of those pages that a role does not see."""


@pytest.fixture(scope="module")
def contexts(browser: Browser, secured: Secured) -> Iterator[dict[Role, BrowserContext]]:
    """A browser for each role, signed in."""
    opened = {
        role: browser.new_context(storage_state=secured.state(browser, role))
        for role in ACCOUNT_ROLES
    }
    for context in opened.values():
        context.set_default_timeout(PATIENCE_MS)
    yield opened
    for context in opened.values():
        context.close()


@pytest.fixture
def page(contexts: dict[Role, BrowserContext], role: Role) -> Iterator[Page]:
    opened = contexts[role].new_page()
    yield opened
    opened.close()


def address(secured: Secured, name: str) -> str:
    """Return a page's address where it has something to show."""
    path = "" if name == NAMES[0] else name
    someone = pseudonyms(secured.store)[0]
    query = {"ficha": f"?p={someone}", "casos": "?vista=equipo"}.get(name, "")
    return f"{secured.address}/{path}{query}"


def expect_refusal(secured: Secured, page: Page, heard: Heard, role: Role) -> None:
    said = t("ui.not_for_role", role=ROLES_IN_WORDS[role])
    expect(page.get_by_text(said)).to_be_visible()
    assert page.get_by_role("heading", level=1).count() == 0
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text(t("ui.footer"))).to_be_visible()
    told = main.inner_text().strip().removesuffix(t("ui.footer")).strip()
    assert told.endswith(said)
    others = [email for of, email in EMAIL_OF.items() if of is not role]
    expect_nothing_of(main, heard, [*pseudonyms(secured.store)[1:], "Jalisco", *others])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", ACCOUNT_ROLES, ids=str)
def test_a_page_opens_to_its_roles_and_to_no_other(
    secured: Secured, page: Page, role: Role, name: str
) -> None:
    heard = Heard(page)
    looked = len(secured.reads(secured.actors[role]))
    page.goto(address(secured, name))
    if role in SEEN_BY[name]:
        settle(page, TITLES.get(name, TITLES[""]))
        if name in WITH_READ_PEOPLE:
            assert heard.of([*EMAIL_OF.values()]) == {*EMAIL_OF.values()}
        else:
            assert bool(heard.of(pseudonyms(secured.store))) == (name in WITH_PEOPLE)
    else:
        expect_refusal(secured, page, heard, role)
        assert len(secured.reads(secured.actors[role])) == looked


@pytest.mark.parametrize(("role", "name"), FIRST_ASKED, ids=str)
def test_the_first_page_that_a_server_is_asked_for_is_refused_alike(
    secured: Secured, page: Page, role: Role, name: str
) -> None:
    """Until its first navigation Streamlit runs a file of ``pages/`` without the entry file."""
    secured.restart()
    heard = Heard(page)
    page.goto(address(secured, name))
    expect_refusal(secured, page, heard, role)


def test_the_table_of_pages_is_the_one_that_was_tried() -> None:
    assert {entry.name: set(entry.roles) for entry in PAGES} == SEEN_BY
