"""The guide is complete, in Spanish, and needs no other server."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import make_url

from aura_engine.settings import Settings
from aura_engine.store.connect import connect_store
from ws_bridge import VERSION
from ws_bridge.app import create_app

ROOT = Path(__file__).resolve().parents[3]
NOWHERE = make_url("postgresql+psycopg2://reader:sekret@127.0.0.1:1/aura_data_miner")
ADDRESS = re.compile(r"""(?:src|href)=["']([^"']+)["']|url: ["']([^"']+)["']""")
ENGLISH = re.compile(r"\b(the|and|of|Return|Successful|Validation|Error)\b")
GETS = {
    "/",
    "/health",
    "/api/v1/data-miner/status",
    "/api/v1/data-miner/feature-vector/count",
    "/api/v1/clustering/results",
    "/api/v1/clustering/users/{risk_level}",
    "/api/v1/clustering/profiles",
    "/api/v1/clustering/user-profile/{user_id}",
    "/api/v1/clustering/visualize/{chart}",
    "/api/v2/clustering/data/distribution",
    "/api/v2/clustering/data/scatter",
    "/api/v2/clustering/data/radar",
    "/api/v2/clustering/data/severity-histogram",
    "/api/v2/clustering/data/kpi-trends",
    "/api/v2/clustering/data/high-risk-users",
    "/api/v2/clustering/status",
}
POSTS = {
    "/api/v1/data-miner/execute-etl",
    "/api/v1/data-miner/execute-etl-async",
    "/api/v1/clustering/execute",
}


@pytest.fixture
def client() -> TestClient:
    app = create_app(Settings.load({"SERVICE_NAME": "aura-escuela"}), connect_store(NOWHERE))
    return TestClient(app, base_url="http://localhost")


@pytest.fixture
def guide(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def test_every_call_of_the_contract_is_described(guide: dict[str, Any]) -> None:
    described = {(method, path) for path, ways in guide["paths"].items() for method in ways}
    assert described == {("get", path) for path in GETS} | {("post", path) for path in POSTS}


def test_summaries_and_descriptions_are_spanish(guide: dict[str, Any]) -> None:
    said: list[str] = [guide["info"]["description"]]

    def listen(node: Any) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if key in {"summary", "description"} and isinstance(value, str):
                said.append(value)
            elif isinstance(value, dict | list):
                listen(value)

    listen(guide["paths"])
    listen(guide["components"])
    listen(guide["tags"])
    assert len(said) > 60
    assert [words for words in said if not words or ENGLISH.search(words)] == []


def test_every_answer_has_an_example_that_fits_it(guide: dict[str, Any]) -> None:
    schemas = guide["components"]["schemas"]
    for way in (way for path in guide["paths"].values() for way in path.values()):
        content = way["responses"]["200"]["content"]
        if "text/html" in content:
            continue
        schema = content["application/json"]["schema"]
        inner = schema.get("items") or schema.get("additionalProperties") or schema
        found = schemas[inner["$ref"].rsplit("/", 1)[1]]
        (example,) = found["examples"]
        assert set(found["required"]) <= set(example) <= set(found["properties"])


def test_failures_are_described_in_the_shape_that_is_sent(guide: dict[str, Any]) -> None:
    for address, path in guide["paths"].items():
        answers = [answer for way in path.values() for answer in way["responses"].items()]
        for status, response in answers:
            if status != "200":
                (content,) = response["content"].values()
                name = content["schema"]["$ref"].rsplit("/", 1)[1]
                assert name in {"Problem", "Unhealthy"}, (address, status)
    assert "HTTPValidationError" not in guide["components"]["schemas"]


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_what_the_pages_load_is_served_here(client: TestClient, page: str) -> None:
    html = client.get(page)
    assert html.status_code == 200
    addresses = [one or other for one, other in ADDRESS.findall(html.text)]
    assert addresses
    for address in addresses:
        assert address.startswith(("/", "data:")), address
        if address.startswith("/"):
            assert client.get(address).status_code == 200, address


def test_the_welcome_leads_on(client: TestClient) -> None:
    found = client.get("/").json()
    assert found["service"] == "aura-escuela"
    assert found["version"] == VERSION
    for name in ("docs", "redoc", "openapi"):
        assert client.get(found["links"][name]).status_code == 200


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION


def test_no_telemetry_names_people_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    app: Any = create_app(Settings.load({}), connect_store(NOWHERE))
    assert not app._native_telemetry.enabled()
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get("/").status_code == 200
