"""A Chromium for the tests that look at what is really drawn."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from aura_engine.cluster import Lease
from tests.browser.chromium import FLAGS, NoChromium, find_chromium, is_required
from tests.browser.identity_site import Provider, identity_provider, write_secrets
from tests.browser.node_projects import find_npm
from tests.browser.pages import PATIENCE_MS
from tests.browser.people import let_some_wait
from tests.browser.secured import Secured, secured_pages
from tests.desk import Desk, free_ports, open_desk
from tests.integration.store.rows import shared_store

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LOCAL_SCHEMES = frozenset({"file", "data", "blob", "about"})


@dataclass
class Watched:
    """A page, with what it said and asked for meanwhile."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def requests_that_leave_the_machine(self) -> list[str]:
        return [
            url
            for url in self.requests
            if urlsplit(url).scheme not in LOCAL_SCHEMES and urlsplit(url).hostname not in LOOPBACK
        ]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; without one they are skipped, or fail if it is required."""
    try:
        program = find_chromium(os.environ)
    except NoChromium as reason:
        if is_required(os.environ):
            pytest.fail(f"AURA_REQUIRE_BROWSER is set, but {reason}")
        pytest.skip(f"no Chromium: {reason}")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def desk(browser: Browser) -> Iterator[Desk]:
    """A demo of 120 people with its scheduler, bridge and pages, for all tests that look."""
    with open_desk(is_short=True) as opened:
        let_some_wait(opened)
        yield opened


@pytest.fixture(scope="session")
def provider(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """An identity provider that serves pages of two ports."""
    npm, ports = find_npm(), free_ports(2)
    directory = tmp_path_factory.mktemp("identity_provider") / "source"
    with identity_provider(npm, directory, *ports) as opened:
        yield opened


@pytest.fixture(scope="session")
def secured(
    lease: Lease, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Secured]:
    """Pages of six people that whoever looks signs in to."""
    home = tmp_path_factory.mktemp("secured")
    port = provider.ports[0]
    write_secrets(home, provider.issuer, port)
    with shared_store(lease) as store, secured_pages(store, home, port) as opened:
        yield opened


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A new page whose console errors, failures and requests are noted down."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        noted = Watched(page)
        page.on(
            "console", lambda said: noted.errors.append(said.text) if said.type == "error" else None
        )
        page.on("pageerror", lambda error: noted.errors.append(str(error)))
        page.on("requestfailed", lambda request: noted.errors.append(f"failed: {request.url}"))
        page.on("request", lambda request: noted.requests.append(request.url))
        yield noted
