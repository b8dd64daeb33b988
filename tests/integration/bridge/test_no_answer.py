"""Requests that get no answer: one shape, in words that help, and no secret."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.integration.bridge.conftest import Bridge

V1, V2 = "/api/v1/clustering", "/api/v2/clustering"
NEED_A_RUN = (
    f"{V1}/results",
    f"{V1}/profiles",
    f"{V1}/users/ALTO_RIESGO",
    f"{V1}/users/BAJO_RIESGO?limit=5",
)
NEED_THE_STORE = (
    *NEED_A_RUN,
    f"{V1}/user-profile/00000000-0000-0000-0000-000000000001",
    "/api/v1/data-miner/status",
    "/api/v1/data-miner/feature-vector/count",
    f"{V2}/data/distribution",
    f"{V2}/data/scatter",
    f"{V2}/data/radar",
    f"{V2}/data/severity-histogram",
    f"{V2}/data/kpi-trends",
    f"{V2}/data/high-risk-users",
    f"{V2}/status",
    "/health",
)  # fmt: skip


def refusal(client: TestClient, path: str, status: int, *, method: str = "GET") -> str:
    """Return the message of a request that must fail with a status, in the bridge's shape."""
    response = client.request(method, path)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    found = response.json()
    assert found["detail"] == found["message"]
    assert "Traceback" not in response.text
    assert "sekret" not in response.text
    assert "postgresql" not in response.text
    assert "error" not in found
    return str(found["message"])


@pytest.mark.parametrize("path", NEED_A_RUN)
def test_before_the_first_run_v1_has_nothing_and_says_how_to_get_it(
    empty: TestClient, path: str
) -> None:
    assert "./aura" in refusal(empty, path, 404)


@pytest.mark.parametrize("path", NEED_THE_STORE)
def test_without_the_database_everything_says_so(away: TestClient, path: str) -> None:
    assert "no responde" in refusal(away, path, 503)


@pytest.mark.parametrize("path", NEED_THE_STORE)
def test_without_the_structure_everything_names_the_mend(bare: TestClient, path: str) -> None:
    assert "./aura db upgrade" in refusal(bare, path, 503)


@pytest.mark.parametrize("level", ["ALTO", "alto_riesgo", "ALTO RIESGO", "0", "%00"])
def test_an_unknown_level_is_refused_with_the_known_ones(full: TestClient, level: str) -> None:
    message = refusal(full, f"{V1}/users/{level}", 400)
    assert all(known in message for known in ("ALTO_RIESGO", "RIESGO_MODERADO", "BAJO_RIESGO"))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (f"{V2}/data/kpi-trends?hours=0", "hours no es válido: debe ser como mínimo 1"),
        (f"{V2}/data/kpi-trends?hours=169", "hours no es válido: debe ser como máximo 168"),
        (f"{V2}/data/kpi-trends?hours=diez", "hours no es válido: debe ser un número entero"),
        (f"{V2}/data/kpi-trends?hours=1.5", "hours no es válido: debe ser un número entero"),
        (f"{V2}/data/high-risk-users?limit=51", "limit no es válido: debe ser como máximo 50"),
        (f"{V2}/data/high-risk-users?limit=0", "limit no es válido: debe ser como mínimo 1"),
        (f"{V2}/data/scatter?max_points=0", "max_points no es válido"),
        (f"{V1}/users/ALTO_RIESGO?limit=-1", "limit no es válido"),
        (f"{V1}/users/ALTO_RIESGO?offset=-1", "offset no es válido"),
        (f"{V1}/users/ALTO_RIESGO?offset={10**30}", "offset no es válido"),
        (f"{V1}/user-profile/7", "user_id no es válido: debe ser un identificador UUID"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_with_what_it_must_be(full: TestClient, path: str, words: str) -> None:
    assert words in refusal(full, path, 422)


def test_several_bad_values_are_named_at_once(full: TestClient) -> None:
    message = refusal(full, f"{V1}/users/ALTO_RIESGO?limit=x&offset=-1", 422)
    assert "limit" in message
    assert "offset" in message


def test_an_unknown_address_and_a_wrong_method_point_to_the_guide(full: TestClient) -> None:
    assert "/docs" in refusal(full, "/api/v3/anything", 404)
    assert "/docs" in refusal(full, f"{V1}/results", 405, method="DELETE")


def test_a_defect_is_an_answer_without_its_cause(
    bridge: Bridge, full: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("password=sekret")

    monkeypatch.setattr("ws_bridge.routes.v1_clustering.person_kpis", broken)
    user = "00000000-0000-0000-0000-0000000000aa"
    message = refusal(full, f"{V1}/user-profile/{user}", 500)
    assert "registro" in message
    said = capsys.readouterr().err
    assert "request_failed" in said
    assert "/api/v1/clustering/user-profile/{user_id}" in said
    assert user not in said
    assert "sekret" not in said
