"""Figures for a frame: well-formed, light, without a script, and only for whose frames may show."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from benchmarks.published import publish
from tests.integration.bridge.conftest import Bridge
from ws_bridge.pictures import Picture

PATH = "/api/v1/clustering/visualize"
MOST_BYTES = 300_000


def svgs(page: str) -> list[str]:
    return re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)


@pytest.mark.parametrize("picture", list(Picture))
def test_a_figure_is_a_page_without_a_script(full: TestClient, picture: Picture) -> None:
    answer = full.get(f"{PATH}/{picture}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = answer.text
    found = svgs(page)
    assert len(found) == (6 if picture is Picture.DASHBOARD else 1)
    for svg in found:
        root = ElementTree.fromstring(svg)  # noqa: S314  our own
        assert root.get("role") == "img"
        assert root.get("aria-label")
        assert len(list(root.iter())) > 5
    for forbidden in ("<script", "http-equiv", "@import", "url(http", 'href="http'):
        assert forbidden not in page
    assert "prefers-color-scheme:dark" in page
    assert "diagnóstico" in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))  # what one figure refers to is never another one's
    referred = re.findall(r'(?:url\(|href=")#([\w-]+)', "".join(found))
    assert set(referred) == set(ids)


def test_levels_are_told_by_shape_and_word_too(full: TestClient) -> None:
    page = full.get(f"{PATH}/scatter").text
    for name in ("▲ Alto", "◆ Moderado", "● Bajo"):
        assert name in page


def test_nothing_yet_and_no_such_figure_are_said(empty: TestClient, full: TestClient) -> None:
    assert empty.get(f"{PATH}/scatter").status_code == 404
    unknown = full.get(f"{PATH}/pie")
    assert unknown.status_code == 400
    assert "dashboard" in unknown.json()["message"]


def test_only_listed_pages_may_show_it_in_a_frame(bridge: Bridge, population: Engine) -> None:
    client = bridge(population, AURA_CORS_ORIGINS="https://admin.example")
    first = client.get(f"{PATH}/radar").headers
    again = client.get(f"{PATH}/radar", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.headers["Content-Security-Policy"] == first["Content-Security-Policy"]
    assert "X-Frame-Options" not in again.headers
    headers = first
    assert "frame-ancestors 'self' https://admin.example" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers
    other = client.get("/api/v2/clustering/data/radar").headers
    assert "frame-ancestors 'none'" in other["Content-Security-Policy"]
    assert other["X-Frame-Options"] == "DENY"


def test_figures_of_many_people_stay_small(bridge: Bridge, store: Engine) -> None:
    publish(store, 20_000)
    client = bridge(store)
    for picture in Picture:
        size = len(client.get(f"{PATH}/{picture}").content)
        assert size <= MOST_BYTES, (picture, size)


def test_threads_draw_at_the_same_time(full: TestClient) -> None:
    wanted = [picture for picture in Picture for _ in range(3)]
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda p: full.get(f"{PATH}/{p}").text, wanted))
    for picture, page in zip(wanted, pages, strict=True):
        assert page == full.get(f"{PATH}/{picture}").text


def test_another_version_is_drawn_anew(bridge: Bridge, store: Engine) -> None:
    publish(store, 200)
    client = bridge(store)
    first = client.get(f"{PATH}/distribution").text
    publish(store, 300)
    assert client.get(f"{PATH}/distribution").text != first
