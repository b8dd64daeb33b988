"""What the guide (OpenAPI) says is so, whatever is asked, with results and without."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from sqlalchemy import Engine

from aura_engine.settings import Settings
from aura_engine.store.connect import connect_store
from tests.integration.bridge.conftest import NOWHERE, Bridge
from tests.integration.bridge.running import ended_at_once
from ws_bridge import runs
from ws_bridge.app import create_app
from ws_bridge.limits import RateLimit

EXAMPLES = 30
"""Of each call and state, half of them of values that the guide forbids."""
load_all_checks()
SOUND = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    )
]


def operations() -> dict[str, APIOperation[Any, Any, Any]]:
    guide = create_app(Settings.load({}), connect_store(NOWHERE)).openapi()
    found = schemathesis.openapi.from_dict(guide).get_all_operations()
    return {operation.label: operation for operation in (one.ok() for one in found)}


OPERATIONS = operations()
READINGS = [label for label in OPERATIONS if label.startswith("GET ")]
RUNS = [label for label in OPERATIONS if label.startswith("POST ")]


def is_as_the_guide_says(
    client: TestClient, label: str, *, except_for: Set[str] = frozenset()
) -> None:
    """Ask many ways, allowed ones and others, and check each answer against the guide."""
    operation = OPERATIONS[label]
    checks = [check for check in SOUND if check.__name__ not in except_for]

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
    @given(case=st.one_of(*(operation.as_strategy(generation_mode=how) for how in GenerationMode)))
    def each(case: Any) -> None:
        asked = case.as_transport_kwargs(base_url="http://127.0.0.1:8001")
        assert not asked.pop("cookies")
        case.validate_response(client.request(**asked), checks=checks)

    each()


def test_every_call_is_tried() -> None:
    assert len(READINGS) + len(RUNS) == len(OPERATIONS) >= 18
    assert len(RUNS) == 3


@pytest.mark.parametrize("state", ["full", "empty"])
def test_answers_are_as_the_guide_says(request: pytest.FixtureRequest, state: str) -> None:
    client = request.getfixturevalue(state)
    for label in READINGS:
        is_as_the_guide_says(client, label)


def test_runs_are_asked_for_as_the_guide_says(
    bridge: Bridge, led: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "LOOK_SECONDS", 0.01)
    client = bridge(led)
    client.app.state.rate_limit = RateLimit(1_000_000)  # type: ignore[attr-defined]
    with ended_at_once(led):
        for label in RUNS:
            is_as_the_guide_says(client, label)


def test_without_a_scheduler_runs_are_refused_as_the_guide_says(empty: TestClient) -> None:
    empty.app.state.rate_limit = RateLimit(1_000_000)  # type: ignore[attr-defined]
    for label in RUNS:
        is_as_the_guide_says(empty, label, except_for={"not_a_server_error"})
