"""Signing in by a real identity provider: who comes in, as what, until when, and who does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from aura_engine.i18n import t
from aura_engine.store.access import Role
from tests.browser.identity_site import Provider, sign_in, write_secrets
from tests.browser.pages import TITLES, follow, open_page, settle
from tests.browser.secured import (
    DRAWN,
    ELSEWHERE,
    HERE,
    Heard,
    Secured,
    expect_nothing_of,
    pseudonyms,
)
from tests.desk import Desk
from tests.patience import eventually

ROOT = Path(__file__).resolve().parents[2]
LIFETIMES = (4, 16, 64, 256)
"""Seconds: a token that ended before a slow machine drew a page is asked for with a longer life."""


@pytest.fixture
def page(secured: Secured, watched) -> Page:
    return watched.page


@pytest.fixture
def heard(page: Page) -> Heard:
    return Heard(page)


@pytest.fixture
def data(secured: Secured) -> list[str]:
    """Words that only whoever sees the data reads."""
    return [*pseudonyms(secured.store), "Jalisco"]


def enter(page: Page, secured: Secured, email: str) -> None:
    page.goto(secured.address)
    sign_in(page, email)
    settle(page, TITLES[""])


def leave(page: Page) -> None:
    """Sign out, here and at the provider."""
    page.get_by_role("button", name=t("login.sign_out")).click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect_refusal(page, "signed_out")


def expect_refusal(page: Page, why: str) -> None:
    expect(page.get_by_text(t(f"login.{why}"), exact=True)).to_be_visible()
    expect(page.get_by_text(t(f"login.{why}_help"))).to_be_visible()
    expect(page.locator(DRAWN)).to_have_count(0)


def expect_signed_in(page: Page, email: str, role: str) -> None:
    said = t("login.signed_in", email=email, role=role)
    expect(page.get_by_test_id("stSidebar").get_by_text(said)).to_be_visible()


def reads(secured: Secured) -> int:
    with secured.store.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM audit_log")) or 0)


def test_a_cold_page_asks_to_sign_in_and_shows_nothing(
    secured: Secured, page: Page, heard: Heard, data: list[str]
) -> None:
    secured.restart()
    before = reads(secured)
    for address in ("usuarios", f"ficha?p={data[0]}", ""):
        page.goto(f"{secured.address}/{address}")
        expect_refusal(page, "signed_out")
        expect(page.get_by_role("button", name=t("login.enter"), exact=True)).to_be_visible()
        expect_nothing_of(page, heard, data)
    assert reads(secured) == before


def test_a_supervisor_signs_in_and_lands_where_they_wanted_to_go(
    secured: Secured, page: Page, heard: Heard, data: list[str]
) -> None:
    email = "ana@escuela.example"
    assert email in secured.users("add", email.upper(), "--role", "supervisor")
    page.goto(f"{secured.address}/usuarios?accion=hoy")
    sign_in(page, email)
    settle(page, TITLES["usuarios"])
    assert urlsplit(page.url).path == "/usuarios"
    assert urlsplit(page.url).query == "accion=hoy"  # and nothing of what the provider said
    expect_signed_in(page, email, "supervisión")
    expect(page.get_by_text(email).first).to_be_visible()
    with page.context.new_page() as other_tab:  # which wanted nothing but the first page
        open_page(other_tab, secured.address, "")
        assert urlsplit(other_tab.url).path == "/"
    follow(page, "")
    assert heard.of(data) >= set(data[:1])
    with secured.store.connect() as connection:
        number = connection.scalar(
            text("SELECT id FROM app_user WHERE email = :email"), {"email": email}
        )
    assert secured.reads(f"user:{number}") == ["usuarios", "hoy", "hoy"]  # in two tabs


def test_a_counselor_sees_only_the_people_of_their_communities(
    secured: Secured, page: Page, heard: Heard
) -> None:
    email = "eva@escuela.example"
    actor = secured.add(email, Role.COUNSELOR, HERE)
    own, others = pseudonyms(secured.store, HERE), pseudonyms(secured.store, ELSEWHERE)
    assert len(own) == len(others) == 3
    enter(page, secured, email)
    expect_signed_in(page, email, "orientación")
    for address, query in (("alto_riesgo", ""), ("casos", "?vista=equipo")):
        open_page(page, secured.address, address, query)
        expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    assert heard.of(own) == set(own)
    assert heard.of(others) == set()
    open_page(page, secured.address, "ficha", f"?p={own[0]}")
    expect(page.get_by_role("button", name="Reconocer")).to_be_visible()
    heard.forget()
    open_page(page, secured.address, "ficha", f"?p={others[0]}")
    expect(page.get_by_text(t("person.unknown", pseudonym=others[0]))).to_be_visible()
    assert heard.of(["Jalisco", "16-17"]) == set()
    assert secured.reads(actor).count("ficha") == 2  # whom they asked for is noted either way


def test_an_analyst_sees_no_person(secured: Secured, page: Page, heard: Heard) -> None:
    email = "iris@escuela.example"
    actor = secured.add(email, Role.ANALYST)
    enter(page, secured, email)
    expect_signed_in(page, email, "análisis")
    navigation = page.get_by_test_id("stSidebarNav")
    expect(navigation.get_by_role("link", name=TITLES["alto_riesgo"])).to_be_visible()
    for address in ("ficha", "casos", "usuarios"):
        expect(navigation.get_by_role("link", name=TITLES[address])).to_have_count(0)
    heard.forget()
    someone = pseudonyms(secured.store)[0]
    page.goto(f"{secured.address}/ficha?p={someone}")
    expect(page.get_by_text(t("ui.not_for_role", role="análisis"))).to_be_visible()
    assert heard.of(["Jalisco", "16-17"]) == set()
    assert "ficha" not in secured.reads(actor)


def test_somebody_without_an_account_is_told_whom_to_ask(
    secured: Secured, page: Page, heard: Heard, data: list[str]
) -> None:
    before = reads(secured)
    page.goto(secured.address)
    sign_in(page, "nadie@escuela.example")
    expect_refusal(page, "no_account")
    expect(page.get_by_text(t("login.known_as", email="nadie@escuela.example"))).to_be_visible()
    expect(page.get_by_role("button", name=t("login.sign_out"))).to_be_visible()
    page.goto(f"{secured.address}/alto_riesgo")
    expect_refusal(page, "no_account")
    expect_nothing_of(page, heard, data)
    assert reads(secured) == before


def test_the_address_outlasts_a_sign_in_that_fails(
    secured: Secured, page: Page, data: list[str]
) -> None:
    email = "paz@escuela.example"
    secured.add(email, Role.COUNSELOR)
    page.goto(f"{secured.address}/ficha?p={data[0]}")
    sign_in(page, "nadie@escuela.example")
    expect_refusal(page, "no_account")
    leave(page)
    sign_in(page, email)
    settle(page, TITLES["ficha"])
    assert urlsplit(page.url).query == f"p={data[0]}"
    leave(page)
    enter(page, secured, email)  # which leads there once


def test_an_e_mail_that_the_provider_has_not_checked_opens_nothing(
    secured: Secured, page: Page, heard: Heard, data: list[str]
) -> None:
    email = "sin-verificar@escuela.example"
    actor = secured.add(email, Role.SUPERVISOR)
    page.goto(secured.address)
    sign_in(page, email, is_verified=False)
    expect_refusal(page, "unverified")
    expect_nothing_of(page, heard, data)
    assert secured.reads(actor) == []


def test_an_account_that_is_disabled_opens_nothing_from_the_next_rerun_on(
    secured: Secured, page: Page, heard: Heard, data: list[str]
) -> None:
    email = "luz@escuela.example"
    secured.add(email, Role.COUNSELOR)
    enter(page, secured, email)
    assert heard.of(data)
    heard.forget()
    page.get_by_text(t("ui.live"), exact=True).click()  # so that nothing but a click reruns
    eventually(lambda: page.wait_for_timeout(100) or heard.has_no_pulse())
    settle(page, TITLES[""])
    secured.disable(email)
    heard.forget()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=TITLES["alto_riesgo"]).click()
    expect_refusal(page, "disabled")
    expect_nothing_of(page, heard, data)


def test_another_role_holds_within_moments(secured: Secured, page: Page) -> None:
    email = "noa@escuela.example"
    secured.add(email, Role.COUNSELOR)
    enter(page, secured, email)
    navigation = page.get_by_test_id("stSidebarNav")
    own = page.get_by_role("heading", name=t("today.mine"))
    expect(own).to_be_visible()
    expect(navigation.get_by_role("link", name=TITLES["casos"])).to_be_visible()
    secured.give(email, Role.ANALYST)
    expect_signed_in(page, email, "análisis")
    expect(navigation.get_by_role("link", name=TITLES["casos"])).to_have_count(0)
    expect(navigation.get_by_role("link", name=TITLES["operacion"])).to_be_visible()
    expect(own).to_have_count(0)


def test_who_signed_in_is_asked_to_again_when_their_token_ends(
    secured: Secured, page: Page, heard: Heard, data: list[str]
) -> None:
    email = "sol@escuela.example"
    secured.add(email, Role.COUNSELOR)
    today = page.get_by_role("heading", name=TITLES[""], exact=True, level=1)
    ended = page.get_by_text(t("login.expired"), exact=True)
    page.goto(secured.address)
    for seconds in LIFETIMES:
        sign_in(page, email, seconds=seconds)
        expect(today.or_(ended)).to_be_visible()
        if today.is_visible():
            break
    else:
        pytest.fail("no page was drawn before its token ended")
    expect_refusal(page, "expired")
    heard.forget()
    for address in ("alto_riesgo", f"ficha?p={data[0]}"):
        page.goto(f"{secured.address}/{address}")
        expect_refusal(page, "expired")
        expect_nothing_of(page, heard, data)
    sign_in(page, email)
    settle(page, TITLES["ficha"])
    assert urlsplit(page.url).query == f"p={data[0]}"
    assert heard.of(data)


def test_whoever_signs_out_is_out(
    secured: Secured, page: Page, heard: Heard, data: list[str]
) -> None:
    email = "mar@escuela.example"
    secured.add(email, Role.SUPERVISOR)
    enter(page, secured, email)
    with page.context.new_page() as other_tab:
        open_page(other_tab, secured.address, "alto_riesgo")
        page.get_by_role("button", name=t("login.sign_out")).click()
        expect_refusal(other_tab, "signed_out")
    page.get_by_role("button", name="Yes, sign me out").click()  # of the provider
    expect_refusal(page, "signed_out")
    assert urlsplit(page.url).netloc == urlsplit(secured.address).netloc
    kept = {cookie["name"] for cookie in page.context.cookies()}
    assert not any(name.startswith("_streamlit_user") for name in kept)
    heard.forget()
    page.goto(f"{secured.address}/alto_riesgo")
    expect_refusal(page, "signed_out")
    expect_nothing_of(page, heard, data)


def documented_line(start: str) -> str:
    """Return the setting that the guide gives under a name."""
    guide = (ROOT / "docs" / "login.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"`({start} = .+?)`", guide)
    return f"{found}\n"


@pytest.fixture
def demo_with_a_provider(desk: Desk, provider: Provider, tmp_path: Path) -> Iterator[str]:
    port = provider.ports[1]
    # As the guide has it for a provider that does not know what Streamlit asks for.
    write_secrets(tmp_path, provider.issuer, port, documented_line("client_kwargs"))
    with desk.another("ui", port=port, HOME=str(tmp_path)) as address:
        yield address


def test_no_role_is_chosen_in_a_demo_that_has_a_provider(
    desk: Desk, demo_with_a_provider: str, watched
) -> None:
    page = watched.page
    choice = page.get_by_text(t("login.demo_role"))
    open_page(page, desk.pages, "")
    expect(choice).to_be_visible()
    heard = Heard(page)
    page.goto(demo_with_a_provider)
    expect_refusal(page, "signed_out")
    expect(choice).to_have_count(0)
    sign_in(page, "nadie@escuela.example")
    expect_refusal(page, "no_account")
    assert any("prompt=login" in url for url in watched.requests)
    expect(choice).to_have_count(0)
    expect_nothing_of(page, heard, pseudonyms(desk.store))
