"""A real React client, built as its developers would, draws what the bridge says, and lives."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Locator, Page, Request, WebSocket, expect
from sqlalchemy import text

from aura_engine.pipeline import RunParameters
from aura_engine.store.events import Event, EventType, write_events
from aura_engine.store.queue import enqueue
from tests.browser.client_site import build, served
from tests.browser.conftest import Watched
from tests.browser.node_projects import find_npm
from tests.browser.people import live_through_hard_nights, ordinary_person
from tests.desk import Desk, free_ports
from tests.patience import eventually

DATA = "/api/v2/clustering/data"
DOCUMENTED = "http://127.0.0.1:8001"
ROOT = Path(__file__).resolve().parents[2]
LEGEND_PIXELS = 56
"""Of a chart's top, where its legend shows the same colours."""
NEAR = 8
"""Of 255: how far a drawn colour may be from the one that was asked for."""
CHARTS = {
    "Personas por nivel": "distribution",
    "Mapa de personas": "scatter",
    "Perfil medio por nivel": "radar",
    "Personas por ASI": "severity-histogram",
    "Indicadores de las últimas 24 horas": "kpi-trends",
}
COLOURS = """(canvas, top) => {
    const {width, height} = canvas;
    const {data} = canvas.getContext('2d').getImageData(0, top, width, height - top);
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] > 60) seen.add(data.slice(i, i + 3).join());
    return [...seen].map(colour => colour.split(',').map(Number));
}"""


class Client(NamedTuple):
    """The built client."""

    origin: str
    bridge_port: int
    """Of the bridge that it was built for."""


@pytest.fixture(scope="module")
def client(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    npm = find_npm()
    (port,) = free_ports(1)
    directory = tmp_path_factory.mktemp("client") / "source"
    files = build(npm, directory, VITE_BRIDGE=f"http://127.0.0.1:{port}")
    with served(files) as origin:
        yield Client(origin, port)


@pytest.fixture(scope="module")
def bridge(client: Client, desk: Desk) -> Iterator[str]:
    """A bridge that the client's pages may read: where the client was built to look for it."""
    with desk.another(
        "bridge", port=client.bridge_port, AURA_CORS_ORIGINS=client.origin
    ) as address:
        yield address


def open_client(page: Page, client: Client, query: str = "") -> None:
    page.goto(f"{client.origin}/{query}")
    expect(page.locator("[data-state=live]")).to_be_visible()
    expect(page.get_by_role("img")).to_have_count(len(CHARTS))


def numbers(page: Page) -> dict[str, float]:
    """Return what the page shows, by name."""
    names, values = page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts()
    read = (float(value.replace(",", "")) for value in values)
    return dict(zip(names, read, strict=True))


def expected_numbers(desk: Desk) -> dict[str, float]:
    """Return what the desk's own bridge says."""
    answers = {name: desk.get(f"{DATA}/{name}") for name in CHARTS.values()}
    levels = answers["distribution"]
    histogram = answers["severity-histogram"]["meta"]
    return {
        "Personas": levels["meta"]["total_users"],
        **dict(zip(levels["labels"], levels["datasets"][0]["data"], strict=True)),
        "% en alto riesgo": levels["meta"]["high_risk_percentage"],
        "ASI medio": histogram["mean_severity"],
        "ASI máximo": histogram["max_severity"],
        "% con ASI sobre 60": histogram["above_60_percent"],
        "Puntos en el mapa": answers["scatter"]["meta"]["total_points"],
        "Personas en la lista": desk.get(f"{DATA}/high-risk-users")["total_high_risk"],
    }


def listed(page: Page) -> list[tuple[str, float]]:
    """Return who is listed as most severe, with the ASI."""
    rows = page.get_by_role("region", name="Personas en alto riesgo").locator("tbody tr").all()
    cells = (row.locator("td").all_inner_texts() for row in rows)
    return [(who, float(severity)) for who, severity, *_ in cells]


def expected_list(desk: Desk) -> list[tuple[str, float]]:
    users = desk.get(f"{DATA}/high-risk-users", limit=10)["users"]
    return [(user["user_id"], user["severity_index"]) for user in users]


def expect_the_dashboard(page: Page) -> None:
    frame = page.frame_locator("iframe")
    expect(frame.locator("svg")).to_have_count(6)
    expect(frame.locator("svg").last).to_be_visible()
    assert frame.locator("script").count() == 0


def rgb(colour: str) -> list[int]:
    if colour.startswith("#"):
        return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return [int(part) for part in re.findall(r"\d+", colour)[:3]]


def is_drawn(canvas: Locator, colour: str) -> bool:
    wanted = rgb(colour)
    seen: list[list[int]] = canvas.evaluate(COLOURS, LEGEND_PIXELS)
    return any(
        all(abs(one - other) <= NEAR for one, other in zip(found, wanted, strict=True))
        for found in seen
    )


def colours_of(name: str, datasets: list[dict[str, Any]]) -> list[str]:
    """Return which colours a chart must show below its legend."""
    if name == "distribution":
        parts = zip(datasets[0]["backgroundColor"], datasets[0]["data"], strict=True)
        return [colour for colour, people in parts if people]
    if name == "severity-histogram":
        return [datasets[0]["borderColor"][0]]
    if name == "kpi-trends":
        return [datasets[1]["borderColor"]]
    key = "backgroundColor" if name == "scatter" else "borderColor"
    return [part[key] for part in datasets if part["data"][0] is not None]


def test_every_chart_and_number_is_the_bridges(
    desk: Desk, bridge: str, client: Client, watched: Watched
) -> None:
    page = watched.page
    open_client(page, client)
    for label, name in CHARTS.items():
        canvas = page.get_by_role("img", name=label)
        colours = colours_of(name, desk.get(f"{DATA}/{name}")["datasets"])
        assert colours
        for colour in colours:
            eventually(partial(is_drawn, canvas, colour))
    eventually(lambda: numbers(page) == expected_numbers(desk))
    eventually(lambda: listed(page) == expected_list(desk))
    assert listed(page)
    expect_the_dashboard(page)
    page.wait_for_load_state("networkidle")
    page.reload()
    expect_the_dashboard(page)  # which the browser kept
    assert any(url.startswith(f"{bridge}{DATA}/") for url in watched.requests)
    assert watched.requests_that_leave_the_machine() == []
    assert watched.errors == []


def test_what_someone_writes_moves_the_page_without_a_reload(
    desk: Desk, bridge: str, client: Client, watched: Watched
) -> None:
    page = watched.page
    open_client(page, client)
    eventually(lambda: numbers(page) == expected_numbers(desk))
    before = numbers(page)
    page.evaluate("window.isTheSamePage = true")
    person = ordinary_person(desk)
    live_through_hard_nights(desk, person)
    alerts = page.get_by_role("region", name="Alertas")
    expect(alerts.locator(f"li[data-user='{person}']")).to_be_visible()
    eventually(lambda: numbers(page)["ALTO RIESGO"] != before["ALTO RIESGO"])
    eventually(lambda: numbers(page) == expected_numbers(desk))
    eventually(lambda: listed(page) == expected_list(desk))
    after = numbers(page)
    assert after["ALTO RIESGO"] == before["ALTO RIESGO"] + 1
    assert after["BAJO RIESGO"] == before["BAJO RIESGO"] - 1
    assert after["ASI medio"] > before["ASI medio"]
    assert page.evaluate("window.isTheSamePage") is True
    assert watched.requests_that_leave_the_machine() == []
    assert watched.errors == []


def documented(language: str) -> str:
    """Return the first part of the page for developers in a language."""
    guide = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    found = re.search(rf"^```{language}\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found.group(1)


def test_the_documented_calls_are_answered_as_they_stand(desk: Desk) -> None:
    calls = documented("sh").splitlines()
    assert len(calls) == 4
    for call in calls:
        assert DOCUMENTED in call
        words = shlex.split(call.replace(DOCUMENTED, desk.bridge))
        done = subprocess.run([*words, "--silent", "--fail-with-body"], stdout=subprocess.PIPE)
        answer = json.loads(done.stdout)
        assert done.returncode == 0, answer
    assert answer["status"] == "accepted"
    eventually(lambda: desk.data()["run_id"] == answer["run_id"])


def test_the_documented_socket_hears_an_alert(
    desk: Desk, bridge: str, client: Client, watched: Watched
) -> None:
    page = watched.page
    page.goto(f"{client.origin}/index.html?nothing")
    address = DOCUMENTED.removeprefix("http:")
    page.add_script_tag(content=documented("js").replace(address, bridge.removeprefix("http:")))
    page.wait_for_function("ws.readyState === WebSocket.OPEN")
    told = {
        "user_id": "someone",
        "priority": "HIGH",
        "severity_index": 71.5,
        "factors": ["perfil sin completar"],
        "suggested_action": "Conviene revisar.",
        "context": "",
    }
    with (
        page.expect_console_message(lambda said: "someone" in said.text),
        desk.store.begin() as connection,
    ):
        run_id = connection.scalar(text("SELECT run_id FROM active_run"))
        alert = Event(EventType.CRITICAL_ALERT, told)
        write_events(connection, [alert], run_id=run_id, as_of=datetime.now(UTC))


def test_a_level_that_is_unknown_is_told_in_the_bridges_words(
    desk: Desk, bridge: str, client: Client, watched: Watched
) -> None:
    page = watched.page
    open_client(page, client)
    level, show = (
        page.get_by_role("combobox", name="Nivel"),
        page.get_by_role("button", name="Ver personas"),
    )
    level.fill("RIESGO_ENORME")
    show.click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("RIESGO_MODERADO")
    expect(alert).to_have_count(1)
    assert [said for said in watched.errors if "400" not in said] == []
    level.fill("RIESGO_MODERADO")
    show.click()
    expect(alert).to_have_count(0)
    people = desk.get("/api/v1/clustering/users/RIESGO_MODERADO")
    region = page.get_by_role("region", name="Personas de un nivel")
    expect(region.get_by_text(f"{min(20, len(people))} de {len(people)}.")).to_be_visible()
    expect(region.locator("li").first).to_contain_text(people[0]["user_id_raiz"])


def test_a_run_is_refused_while_another_goes_on_and_made_after_it(
    desk: Desk, bridge: str, client: Client, watched: Watched
) -> None:
    page = watched.page
    open_client(page, client)
    button = page.get_by_role("button", name="Reejecutar agrupamiento")
    other = enqueue(
        desk.store,
        kind="full",
        parameters=asdict(RunParameters(n_clusters=7)),
        requested_by="test",
    )
    button.click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("con otros parámetros")
    assert watched.errors
    assert [said for said in watched.errors if "409" not in said] == []
    eventually(lambda: desk.data()["run_id"] == other.run_id)
    button.click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(alert).to_have_count(0)
    run_id = desk.data()["run_id"]
    assert run_id > other.run_id
    expect(page.get_by_role("status")).to_contain_text(str(run_id))
    eventually(lambda: numbers(page) == expected_numbers(desk))


def test_a_page_that_may_not_read_is_told_so(
    bridge: str, desk: Desk, client: Client, watched: Watched
) -> None:
    """The desk's own bridge names no web page that may."""
    page = watched.page
    page.goto(f"{client.origin}/?bridge={desk.bridge}")
    expect(page.locator("[data-state=refused]")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("AURA_CORS_ORIGINS")
    assert page.get_by_role("img").count() == 0
    assert page.locator("iframe").count() == 0


class Following:
    """How a page follows: what its last live socket was told, and when it read the charts."""

    def __init__(self, page: Page) -> None:
        self.url = ""
        self.begun: dict[str, Any] = {}
        self.happened: list[str] = []
        page.on("websocket", self._note_socket)
        page.on("request", self._note_request)

    def _note_socket(self, socket: WebSocket) -> None:
        if "/ws/live" in socket.url:
            self.url = socket.url
            self.happened = []
            socket.on("framereceived", self._note_message)

    def _note_message(self, text: str | bytes) -> None:
        message = json.loads(text)
        if message["type"] == "INITIAL_STATE":
            self.begun = message
        self.happened.append(message["type"])

    def _note_request(self, request: Request) -> None:
        if request.url.endswith(f"{DATA}/distribution"):
            self.happened.append("charts")


def test_a_page_follows_on_where_a_bridge_comes_back(
    desk: Desk, client: Client, watched: Watched
) -> None:
    """With what it missed, or with everything anew where that was swept from the log meanwhile."""
    page = watched.page
    following = Following(page)
    (port,) = free_ports(1)
    settings = {"AURA_CORS_ORIGINS": client.origin}
    with desk.another("bridge", port=port, **settings) as address:
        open_client(page, client, f"?bridge={address}")
        eventually(lambda: numbers(page) == expected_numbers(desk))
    for recovered in (True, False):
        expect(page.locator("[data-state=away]")).to_be_visible()
        before = numbers(page)
        live_through_hard_nights(desk, ordinary_person(desk))
        eventually(lambda before=before: expected_numbers(desk) != before)
        if not recovered:
            with desk.store.begin() as connection:
                connection.execute(text("DELETE FROM event"))
        with desk.another("bridge", port=port, **settings):
            expect(page.locator("[data-state=live]")).to_be_visible()
            eventually(lambda: numbers(page) == expected_numbers(desk))
            assert numbers(page) != before
            assert re.search(r"\?since=\d+&epoch=[0-9a-f-]{36}$", following.url)
            assert following.begun["recovered"] is recovered
            first, then, *_ = following.happened
            assert first == "INITIAL_STATE"
            assert then == ("USER_RISK_UPDATE" if recovered else "charts")
    assert watched.requests_that_leave_the_machine() == []
