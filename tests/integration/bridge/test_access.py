"""Who may call what: every role and stranger at every address, and what is noted of it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from aura_engine.domain import RiskLevel
from aura_engine.store.access import Role
from aura_engine.store.accounts import add_account, disable_account
from tests.integration.bridge.conftest import Bridge
from tests.integration.bridge.people import WHO
from tests.integration.bridge.signing import JWT, SECRET, bearer, token, with_account
from tests.integration.store.rows import ids, publish

V1, V2 = "/api/v1/clustering", "/api/v2/clustering"
ADDRESSES = {
    "welcome": "/",
    "health": "/health",
    "metrics": "/metrics",
    "miner_status": "/api/v1/data-miner/status",
    "count": "/api/v1/data-miner/feature-vector/count",
    "results": f"{V1}/results",
    "profiles": f"{V1}/profiles",
    "users": f"{V1}/users/ALTO_RIESGO",
    "picture": f"{V1}/visualize/metrics",
    "user_profile": f"{V1}/user-profile/{WHO[-1]}",
    "distribution": f"{V2}/data/distribution",
    "scatter": f"{V2}/data/scatter",
    "radar": f"{V2}/data/radar",
    "histogram": f"{V2}/data/severity-histogram",
    "trends": f"{V2}/data/kpi-trends",
    "high_risk": f"{V2}/data/high-risk-users",
    "channels": f"{V2}/status",
}
RERUNS = {
    "etl": "/api/v1/data-miner/execute-etl",
    "etl_async": "/api/v1/data-miner/execute-etl-async",
    "execute": f"{V1}/execute",
}
MAY = {
    Role.SUPERVISOR: set(ADDRESSES) | set(RERUNS),
    Role.COUNSELOR: set(ADDRESSES),
    Role.ANALYST: set(ADDRESSES) - {"user_profile"} | set(RERUNS),
    Role.SERVICE: {"welcome", "health", "user_profile", "high_risk"},
}
ACCOUNTS = (Role.SUPERVISOR, Role.COUNSELOR, Role.ANALYST)


def test_every_address_is_in_the_matrix(full: TestClient) -> None:
    known = {route.path for route in full.app.routes if isinstance(route, APIRoute)}  # type: ignore[attr-defined]
    listed = set(full.get("/openapi.json").json()["paths"])
    names = {"risk_level": "ALTO_RIESGO", "user_id": WHO[-1], "chart": "metrics"}
    shapes = {path.format(**names) for path in listed}
    assert shapes <= {*ADDRESSES.values(), *RERUNS.values()} | known


@pytest.mark.parametrize("role", ACCOUNTS)
def test_an_account_reads_what_its_role_may(bridge: Bridge, population: Engine, role: Role) -> None:
    client = bridge(population, **JWT)
    headers = bearer(with_account(population, role))
    for name, path in ADDRESSES.items():
        expected = 200 if name in MAY[role] else 403
        assert client.get(path, headers=headers).status_code == expected, (role, name)


@pytest.mark.parametrize("role", [Role.SERVICE, Role.SUPERVISOR, Role.ANALYST, Role.COUNSELOR])
def test_a_trusted_client_is_known_by_its_address_alone(
    bridge: Bridge, population: Engine, role: Role
) -> None:
    trusting = {"AURA_TRUSTED_CLIENTS": f"192.0.2.7={role.value}"}
    client = bridge(population, **JWT, **trusting, AURA_CLIENT_HOSTS="bridge.example")
    strange = TestClient(client.app, base_url="http://bridge.example")
    trusted = TestClient(client.app, base_url="http://bridge.example", client=("192.0.2.7", 5000))
    pretends = {"X-Forwarded-For": "192.0.2.7", "Forwarded": "for=192.0.2.7"}
    for name, path in ADDRESSES.items():
        expected = 200 if name in MAY[role] else 403
        assert trusted.get(path).status_code == expected, (role, name)
        assert strange.get(path, headers=pretends).status_code == 401, name


@pytest.mark.parametrize("name", RERUNS)
@pytest.mark.parametrize("role", ACCOUNTS)
def test_runs_are_asked_for_by_those_who_may(
    bridge: Bridge, store: Engine, role: Role, name: str
) -> None:
    client = bridge(store, **JWT)
    answer = client.post(RERUNS[name], headers=bearer(with_account(store, role)))
    # 503: they may, but there is no scheduler that would make it.
    assert answer.status_code == (503 if name in MAY[role] else 403)


def strangers() -> dict[str, tuple[dict[str, str], int]]:
    who = uuid.uuid4()
    return {
        "nobody": ({}, 401),
        "a young person": (bearer(who, "user"), 403),
        "another role": (bearer(who, "moderator"), 403),
        "no role": (bearer(who, role=None), 403),  # type: ignore[arg-type]
        "another key": (bearer(who, "admin", secret="x" * 80), 401),
        "no longer": (bearer(who, "admin", lasts=-timedelta(minutes=2)), 401),
        "another algorithm": (bearer(who, "admin", algorithm="HS512"), 401),
        "no signature": (bearer(who, "admin", secret="", algorithm="none"), 401),
        "ends beyond all calendars": (bearer(who, "admin", exp=1_700_000_000_000_000), 401),
        "no id": (bearer(who, "admin", id="1 OR 1=1"), 401),
        "another scheme": ({"Authorization": "Basic YTpi"}, 401),
        "in the address": ({}, 401),
    }


@pytest.mark.parametrize("who", strangers())
def test_a_stranger_reads_nothing(bridge: Bridge, population: Engine, who: str) -> None:
    client = bridge(population, **JWT)
    headers, expected = strangers()[who]
    query = {"token": token(uuid.uuid4(), "admin")} if who == "in the address" else {}
    for name, path in ADDRESSES.items():
        answer = client.get(path, headers=headers, params=query)
        assert answer.status_code == expected, name
        assert set(answer.json()) == {"detail", "message"}
    for path in RERUNS.values():
        assert client.post(path, headers=headers, params=query).status_code == expected


def test_a_token_must_end(bridge: Bridge, population: Engine) -> None:
    import jwt

    client = bridge(population, **JWT)
    endless = jwt.encode({"id": str(uuid.uuid4()), "role": "admin"}, SECRET, algorithm="HS256")
    answer = client.get("/", headers={"Authorization": f"Bearer {endless}"})
    assert answer.status_code == 401


def test_an_aura_administrator_supervises_unless_an_account_says_otherwise(
    bridge: Bridge, population: Engine
) -> None:
    client = bridge(population, **JWT)
    profile = ADDRESSES["user_profile"]
    assert client.get(profile, headers=bearer(uuid.uuid4(), "admin")).status_code == 200
    analyst = with_account(population, Role.ANALYST)
    assert client.get(profile, headers=bearer(analyst, "admin")).status_code == 403
    disabled = with_account(population, Role.SUPERVISOR, disabled=True)
    assert client.get(profile, headers=bearer(disabled, "admin")).status_code == 403


def test_an_e_mail_takes_rights_and_gives_none(bridge: Bridge, store: Engine) -> None:
    with store.begin() as connection:
        add_account(connection, Role.ANALYST, email="Ana@Example.invalid")
        disable_account(
            connection, add_account(connection, Role.SUPERVISOR, email="eva@example.invalid")
        )
    client = bridge(store, **JWT)
    profile = ADDRESSES["user_profile"]
    analyst = bearer(uuid.uuid4(), "admin", email="ana@example.INVALID")
    assert client.get(ADDRESSES["distribution"], headers=analyst).status_code == 200
    assert client.get(profile, headers=analyst).status_code == 403
    gone = bearer(uuid.uuid4(), "admin", email="eva@example.invalid")
    assert client.get(ADDRESSES["distribution"], headers=gone).status_code == 403
    claims_to_be = bearer(uuid.uuid4(), "user", email="ana@example.invalid")
    assert client.get(ADDRESSES["distribution"], headers=claims_to_be).status_code == 403


def test_who_sees_one_community_sees_its_members_and_their_totals(
    bridge: Bridge, store: Engine
) -> None:
    ours, others = ids(3), ids(4, start=50)
    publish(store, [*ours, *others], level=RiskLevel.ALTO)
    community, another = uuid.uuid4(), uuid.uuid4()
    with store.begin() as connection:
        for members, of in ((ours, community), (others, another), (others[:1], community)):
            for who in members:
                connection.execute(
                    text("INSERT INTO person_community VALUES (:who, :of, 'Arte')"),
                    {"who": who, "of": of},
                )
    client = bridge(store, **JWT)
    headers = bearer(with_account(store, Role.COUNSELOR, scope={community}))
    seen = {*ours, others[0]}
    listed = client.get(ADDRESSES["users"], headers=headers)
    assert {row["user_id_raiz"] for row in listed.json()} == seen
    assert listed.headers["X-Total-Count"] == "4"
    most_severe = client.get(ADDRESSES["high_risk"], headers=headers).json()
    assert {row["user_id"] for row in most_severe["users"]} == seen
    assert most_severe["total_high_risk"] == 4
    totals = client.get(ADDRESSES["distribution"], headers=headers).json()
    assert totals["datasets"][0]["data"] == [0, 0, 4]
    points = client.get(ADDRESSES["scatter"], headers=headers).json()
    assert points["meta"]["total_points"] == 4
    for who, is_seen in ((ours[0], True), (others[0], True), (others[1], False)):
        found = client.get(f"{V1}/user-profile/{who}", headers=headers).json()
        assert found["has_data"] is is_seen


def test_who_sees_a_few_communities_sees_nobody_else(bridge: Bridge, population: Engine) -> None:
    client = bridge(population, **JWT)
    headers = bearer(with_account(population, Role.COUNSELOR, scope={uuid.uuid4()}))
    assert client.get(ADDRESSES["users"], headers=headers).json() == []
    found = client.get(ADDRESSES["user_profile"], headers=headers).json()
    assert (found["has_data"], found["risk_level"]) == (False, None)
    listed = client.get(ADDRESSES["high_risk"], headers=headers).json()
    assert (listed["users"], listed["total_high_risk"]) == ([], 0)
    totals = client.get(ADDRESSES["distribution"], headers=headers).json()
    assert totals["datasets"][0]["data"] == [0, 0, 0]


def test_an_analyst_gets_pseudonyms(bridge: Bridge, population: Engine) -> None:
    client = bridge(population, **JWT)
    headers = bearer(with_account(population, Role.ANALYST))
    for name in ("users", "high_risk"):
        answer = client.get(ADDRESSES[name], headers=headers)
        assert not any(who in answer.text for who in WHO)
        assert "-" in answer.text


def notes(store: Engine, actor: str) -> list[tuple[Any, ...]]:
    query = (
        "SELECT role, action, subject, CAST(user_id_raiz AS text), request_id FROM audit_log"
        " WHERE actor = :actor ORDER BY id"
    )
    with store.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), {"actor": actor})]


def test_each_reading_of_a_record_is_noted_once_and_nothing_of_the_record(
    bridge: Bridge, population: Engine
) -> None:
    who = uuid.uuid4()
    client = bridge(population, **JWT)
    headers = {**bearer(who, "admin"), "X-Request-ID": "r-1"}
    stranger = uuid.uuid4()
    for path in (
        ADDRESSES["user_profile"],
        f"{V1}/user-profile/{stranger}",
        ADDRESSES["users"],
        ADDRESSES["high_risk"],
        ADDRESSES["distribution"],
    ):
        answer = client.get(path, headers=headers)
        assert answer.headers["X-Request-ID"] == "r-1"
    first = client.get(ADDRESSES["high_risk"], headers=headers)
    held = {**headers, "If-None-Match": first.headers["ETag"]}
    assert client.get(ADDRESSES["high_risk"], headers=held).status_code == 304
    profile = f"{V1}/user-profile/{{user_id}}"
    listed = ("supervisor", f"{V2}/data/high-risk-users", "list", None, "r-1")
    assert notes(population, f"aura:{who}") == [
        ("supervisor", profile, "person", WHO[-1], "r-1"),
        ("supervisor", profile, "unknown", None, "r-1"),
        ("supervisor", f"{V1}/users/{{risk_level}}", "list", None, "r-1"),
        listed,
        listed,
        listed,
    ]


def test_what_may_not_be_read_is_not_noted_and_what_cannot_be_noted_is_not_read(
    bridge: Bridge, population: Engine, store: Engine
) -> None:
    analyst = with_account(population, Role.ANALYST)
    client = bridge(population, **JWT)
    assert client.get(ADDRESSES["user_profile"], headers=bearer(analyst)).status_code == 403
    with population.connect() as connection:
        of_analysts = "SELECT array_agg(DISTINCT subject) FROM audit_log WHERE role = 'analyst'"
        assert connection.scalar(text(of_analysts)) in (None, ["list"])
    with store.begin() as connection:
        connection.exec_driver_sql("DROP TABLE audit_log")
    refused = bridge(store).get(ADDRESSES["high_risk"])
    assert refused.status_code == 503
    assert "users" not in refused.json()


def test_a_note_outlives_the_person(bridge: Bridge, store: Engine) -> None:
    (who,) = ids(1, start=77)
    publish(store, [who])
    assert bridge(store).get(f"{V1}/user-profile/{who}").status_code == 200
    with store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM feature")
        connection.exec_driver_sql("DELETE FROM person")
    assert [row[1:4] for row in notes(store, "local")] == [
        (f"{V1}/user-profile/{{user_id}}", "person", None)
    ]
