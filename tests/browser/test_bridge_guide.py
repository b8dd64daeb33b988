"""The bridge's guide draws, with nothing from another machine and no complaint."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import uvicorn
from sqlalchemy import make_url

from aura_engine.settings import Settings
from aura_engine.store.connect import connect_store
from ws_bridge.process import server_config

NOWHERE = make_url("postgresql+psycopg2://reader@127.0.0.1:1/aura_data_miner")


class Ready(uvicorn.Server):
    """A server that tells when it answers, and on which port."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = threading.Event()

    async def startup(self, sockets: list | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()

    @property
    def port(self) -> int:
        return int(self.servers[0].sockets[0].getsockname()[1])


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    config = server_config(Settings.load({}), connect_store(NOWHERE))
    config.port = 0
    server = Ready(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.answers.wait(30)
    yield f"http://127.0.0.1:{server.port}"
    server.should_exit = True
    thread.join(30)


@pytest.mark.parametrize(
    ("path", "drawn"),
    [
        ("/docs", "#swagger-ui .opblock-summary-description"),
        ("/redoc", "[data-section-id] h2"),
    ],
)
def test_the_guide_draws_with_what_this_machine_serves(watched, address, path, drawn):
    watched.page.goto(f"{address}{path}")
    watched.page.wait_for_selector(drawn)
    watched.page.wait_for_load_state("networkidle")
    assert "Personas por nivel" in watched.page.inner_text("body")
    assert watched.requests_that_leave_the_machine() == []
    assert watched.errors == []


def test_a_request_can_be_tried_from_the_guide(watched, address):
    watched.page.goto(f"{address}/docs")
    watched.page.locator(".opblock-summary-path", has_text="/health").click()
    watched.page.get_by_role("button", name="Try it out").click()
    watched.page.get_by_role("button", name="Execute", exact=True).click()
    watched.page.wait_for_selector(".live-responses-table")
    assert "analytics_database" in watched.page.inner_text(".live-responses-table")
    assert watched.requests_that_leave_the_machine() == []
