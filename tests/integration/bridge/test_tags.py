"""Whoever holds what there is gets it not again; and nobody else's copy counts."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, text

from aura_engine.store.access import Role
from tests.integration.bridge.conftest import Bridge
from tests.integration.bridge.people import NOW
from tests.integration.bridge.signing import JWT, bearer, with_account
from tests.integration.bridge.test_access import ADDRESSES
from ws_bridge.deps import now

UNTAGGED = {"welcome", "health", "metrics", "miner_status", "channels"}
TAGGED = sorted(set(ADDRESSES) - UNTAGGED)


@pytest.mark.parametrize("name", TAGGED)
def test_what_has_not_changed_is_not_read_again(
    full: TestClient, population: Engine, name: str
) -> None:
    first = full.get(ADDRESSES[name])
    assert first.status_code == 200
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(population, "before_cursor_execute", note)
    again = full.get(ADDRESSES[name], headers={"If-None-Match": first.headers["ETag"]})
    event.remove(population, "before_cursor_execute", note)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert not any("feature" in statement for statement in asked)
    assert "no-cache" in again.headers["Cache-Control"]
    assert full.get(ADDRESSES[name], headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("name", sorted(UNTAGGED))
def test_states_are_always_told(full: TestClient, name: str) -> None:
    assert "ETag" not in full.get(ADDRESSES[name]).headers


def test_a_tag_is_of_one_role_scope_question_and_version(
    bridge: Bridge, population: Engine
) -> None:
    client = bridge(population, **JWT)
    some = with_account(population, Role.COUNSELOR, scope={uuid.uuid4()})
    who = [
        bearer(with_account(population, Role.SUPERVISOR)),
        bearer(with_account(population, Role.ANALYST)),
        bearer(some),
    ]
    path = ADDRESSES["high_risk"]
    tags = [client.get(path, headers=headers).headers["ETag"] for headers in who]
    tags.append(client.get(path, headers=who[0], params={"limit": 3}).headers["ETag"])
    for step in (1, -1):  # others look at these people too
        with population.begin() as connection:
            move = text("UPDATE active_run SET data_version = data_version + :step")
            connection.execute(move, {"step": step})
        if step == 1:
            tags.append(client.get(path, headers=who[0]).headers["ETag"])
    assert len(set(tags)) == len(tags)


def test_trends_move_with_the_minute(full: TestClient) -> None:
    def tag() -> str:
        return str(full.get(ADDRESSES["trends"]).headers["ETag"])

    first = tag()
    assert tag() == first
    full.app.dependency_overrides[now] = lambda: NOW + timedelta(minutes=1)  # type: ignore[attr-defined]
    assert tag() != first


def test_a_held_copy_opens_nothing(bridge: Bridge, population: Engine) -> None:
    client = bridge(population, **JWT)
    for held in ("*", 'W/"x"'):
        for path in (ADDRESSES[name] for name in TAGGED):
            assert client.get(path, headers={"If-None-Match": held}).status_code == 401
