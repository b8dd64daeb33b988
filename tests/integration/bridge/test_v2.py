"""v2 as Chart.js pages feed it into charts, on real rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from aura_engine.domain import RiskLevel
from aura_engine.store.services import report
from tests.integration.bridge.conftest import Bridge
from tests.integration.bridge.people import RUNS, N, kpi_averages, stored
from tests.patience import eventually

DATA = "/api/v2/clustering/data"
LABELS = ["BAJO RIESGO", "RIESGO MODERADO", "ALTO RIESGO"]
COLOURS = ["#10B981", "#F59E0B", "#EF4444"]
KPI_LABELS = [
    "Reciprocidad Social", "Días Inactivo", "Mensajes Nocturnos", "Perfil Incompleto",
    "Negatividad NLP", "Participación Comunitaria",
]  # fmt: skip
LINES = ["Inactividad Promedio", "Negatividad NLP", "Ratio Nocturno"]


def answer(client: TestClient, path: str) -> Any:
    response = client.get(f"{DATA}/{path}")
    assert response.status_code == 200, response.text
    return response.json()


def people_by_level(store: Engine) -> list[int]:
    found = stored(store, "SELECT cluster_label, count(*) AS n FROM user_feature_vector GROUP BY 1")
    of_level = {row["cluster_label"]: row["n"] for row in found}
    return [of_level[label.replace(" ", "_")] for label in LABELS]  # type: ignore[misc]


def is_utc(moment: str) -> bool:
    return moment.endswith("Z") and datetime.fromisoformat(moment).tzinfo is not None


def test_the_distribution_counts_everyone_low_first(full: TestClient, population: Engine) -> None:
    found = answer(full, "distribution")
    counts = people_by_level(population)
    (bars,) = found["datasets"]
    assert found["labels"] == LABELS
    assert bars["data"] == counts
    assert bars["backgroundColor"] == COLOURS
    assert {"label", "data", "backgroundColor", "borderColor", "borderWidth"} <= set(bars)
    assert len(bars["borderColor"]) == 3
    assert found["meta"]["total_users"] == N
    assert found["meta"]["high_risk_percentage"] == round(100 * counts[2] / N, 1)
    assert is_utc(found["meta"]["last_updated"])


def test_the_scatter_shows_everyone_where_the_components_are(
    full: TestClient, population: Engine
) -> None:
    found = answer(full, "scatter")
    assert [part["label"] for part in found["datasets"]] == LABELS
    assert [len(part["data"]) for part in found["datasets"]] == people_by_level(population)
    assert found["datasets"][2]["backgroundColor"] == "rgba(239, 68, 68, 0.7)"
    assert {part["pointRadius"] for part in found["datasets"]} == {6}
    assert {part["pointHoverRadius"] for part in found["datasets"]} == {8}
    assert found["meta"]["total_points"] == N
    assert set(found["meta"]["axis_labels"]) == {"x", "y"}
    high = stored(
        population,
        "SELECT pca_x AS x, pca_y AS y FROM user_feature_vector"
        " WHERE cluster_label = 'ALTO_RIESGO'",
    )
    expected = sorted((round(row["x"], 3), round(row["y"], 3)) for row in high)  # type: ignore[call-overload]
    assert sorted((p["x"], p["y"]) for p in found["datasets"][2]["data"]) == expected
    assert set(found["datasets"][2]["data"][0]) == {"x", "y"}


def test_a_scatter_with_fewer_points_keeps_the_most_severe_and_the_true_total(
    full: TestClient, population: Engine
) -> None:
    found = answer(full, "scatter?max_points=20")
    assert sum(len(part["data"]) for part in found["datasets"]) == 20
    assert found["meta"]["total_points"] == N
    worst = stored(
        population,
        "SELECT pca_x AS x, pca_y AS y FROM user_feature_vector"
        " ORDER BY severity_index DESC, user_id_raiz LIMIT 16",
    )
    shown = {(p["x"], p["y"]) for part in found["datasets"] for p in part["data"]}
    assert {(round(row["x"], 3), round(row["y"], 3)) for row in worst} <= shown  # type: ignore[call-overload]


def test_the_radar_draws_the_mean_person_of_each_level(
    full: TestClient, population: Engine
) -> None:
    found = answer(full, "radar")
    assert found["labels"] == KPI_LABELS
    assert [area["label"] for area in found["datasets"]] == LABELS
    assert found["meta"]["description"]
    for area, label, colour in zip(found["datasets"], LABELS, COLOURS, strict=True):
        means = stored(
            population,
            "SELECT avg(days_since_last_seen) AS days, avg(num_community_categories) AS joined"
            " FROM user_feature_vector WHERE cluster_label = :level",
            level=label.replace(" ", "_"),
        )[0]
        assert area["data"][1] == pytest.approx(means["days"], abs=1e-4)
        assert area["data"][5] == pytest.approx(means["joined"], abs=1e-4)
        assert len(area["data"]) == 6
        assert area["fill"] is True
        assert area["pointBackgroundColor"] == colour
        assert {"backgroundColor", "borderColor"} <= set(area)


def test_the_histogram_counts_the_stored_asi(full: TestClient, population: Engine) -> None:
    found = answer(full, "severity-histogram")
    severities = [
        row["severity_index"] for row in stored(population, "SELECT * FROM user_feature_vector")
    ]
    (bars,) = found["datasets"]
    assert found["labels"] == ["0-20", "20-40", "40-60", "60-80", "80-100"]
    assert bars["data"] == [
        sum(1 for asi in severities if min(int(asi // 20), 4) == place)  # type: ignore[operator]
        for place in range(5)
    ]
    assert len(bars["backgroundColor"]) == len(bars["borderColor"]) == 5
    assert found["meta"]["mean_severity"] == pytest.approx(sum(severities) / N, abs=0.01)  # type: ignore[arg-type]
    assert found["meta"]["max_severity"] == pytest.approx(max(severities), abs=0.01)  # type: ignore[type-var]
    above = 100 * sum(1 for asi in severities if asi > 60) / N  # type: ignore[operator]
    assert found["meta"]["above_60_percent"] == round(above, 1)


def test_trends_tell_each_run_of_the_last_day_by_the_local_clock(
    full: TestClient, population: Engine
) -> None:
    found = answer(full, "kpi-trends?hours=24")
    assert found["labels"] == ["09:00", "11:00"]
    assert [line["label"] for line in found["datasets"]] == LINES
    assert found["meta"] == {"time_range_hours": 24, "data_points": 2}
    days, negativity, night = (line["data"] for line in found["datasets"])
    assert days[-1] == pytest.approx(kpi_averages(population, "days_since_last_seen"), abs=1e-4)
    assert night[-1] == pytest.approx(kpi_averages(population, "ratio_night_messages"), abs=1e-4)
    assert negativity[0] is not None
    assert negativity[-1] is None, "nobody's texts were read: no number is made up"
    assert {line["tension"] for line in found["datasets"]} == {0.4}
    assert len({line["borderColor"] for line in found["datasets"]}) == 3


def test_trends_beyond_a_day_name_the_date(full: TestClient) -> None:
    found = answer(full, "kpi-trends?hours=48")
    assert found["labels"] == ["01/03 03:00", "02/03 09:00", "02/03 11:00"]
    assert found["meta"] == {"time_range_hours": 48, "data_points": len(RUNS)}


def test_trends_follow_the_clock_of_the_settings(bridge: Bridge, population: Engine) -> None:
    elsewhere = bridge(population, AURA_TIMEZONE="Europe/Madrid")
    assert answer(elsewhere, "kpi-trends?hours=2")["labels"] == ["18:00"]


def test_trends_of_a_span_without_runs_are_lines_without_points(
    bridge: Bridge, population: Engine
) -> None:
    found = answer(bridge(population), "kpi-trends?hours=1")
    assert found["labels"] == []
    assert [line["data"] for line in found["datasets"]] == [[], [], []]
    assert found["meta"] == {"time_range_hours": 1, "data_points": 0}


def test_high_risk_users_are_the_most_severe_with_their_scaled_kpis(
    full: TestClient, population: Engine
) -> None:
    found = answer(full, "high-risk-users?limit=10")
    rows = stored(
        population,
        "SELECT f.*, f.user_id_raiz::text AS id FROM user_feature_vector f"
        " JOIN person p USING (user_id_raiz) WHERE cluster_label = 'ALTO_RIESGO'"
        " ORDER BY severity_index DESC, p.pseudonym",
    )
    assert len(rows) > 10
    assert found["total_high_risk"] == len(rows)
    assert found["meta"]["query_limit"] == 10
    assert is_utc(found["meta"]["generated_at"])
    assert [user["user_id"] for user in found["users"]] == [row["id"] for row in rows[:10]]
    for user, row in zip(found["users"], rows[:10], strict=True):
        assert user["risk_level"] == "ALTO_RIESGO"
        assert user["severity_index"] == pytest.approx(row["severity_index"], abs=0.01)
        assert datetime.fromisoformat(user["last_updated"]) == row["verdict_as_of"]
        for name, column in (
            ("inactivity", "days_since_last_seen"),
            ("night_activity", "ratio_night_messages"),
            ("negativity", "sentiment_negativity_index"),
            ("community_engagement", "num_community_categories"),
        ):
            assert user["factors"][name] == pytest.approx(100 * row[column], abs=0.01)  # type: ignore[operator]


@pytest.mark.parametrize("asked", ["", "?limit=50"])
def test_the_chatbots_call_is_answered(full: TestClient, asked: str) -> None:
    found = answer(full, f"high-risk-users{asked}")
    limit = 50 if asked else 10
    assert found["meta"]["query_limit"] == limit
    assert len(found["users"]) == min(limit, found["total_high_risk"])


PATHS = (
    "distribution",
    "scatter",
    "radar",
    "severity-histogram",
    "kpi-trends",
    "high-risk-users",
)


@pytest.mark.parametrize("path", PATHS)
def test_before_the_first_run_the_keys_are_there_and_the_lists_empty(
    full: TestClient, empty: TestClient, path: str
) -> None:
    known, nothing = answer(full, path), answer(empty, path)
    assert set(nothing) == set(known)
    assert set(nothing["meta"]) == set(known["meta"])
    lists = {key: value for key, value in nothing.items() if isinstance(value, list)}
    assert lists
    assert set(map(len, lists.values())) == {0}
    numbers = {type(value) for value in nothing["meta"].values()} - {str, type(None), dict}
    assert numbers <= {int, float}


def test_the_channels_say_who_listens_and_what_feeds_them(
    full: TestClient, empty: TestClient
) -> None:
    found = full.get("/api/v2/clustering/status").json()
    assert found["websocket_connections"] == {"clustering": 0, "alerts": 0}
    assert found["available_channels"] == ["clustering", "alerts"]
    assert found["api_version"] == "v2"
    assert found["features"]
    assert all(isinstance(feature, str) for feature in found["features"])
    eventually(lambda: full.get("/api/v2/clustering/status").json()["listener"]["is_up"])
    assert set(found["sources"]) == {"aura_auth", "aura_messaging", "aura_social"}
    assert empty.get("/api/v2/clustering/status").json()["scheduler"] == {
        "is_up": False,
        "since": None,
    }


def test_a_scheduler_that_reports_is_told_with_since_when(empty: TestClient, store: Engine) -> None:
    report(store, "scheduler", instance="a")
    found = empty.get("/api/v2/clustering/status").json()["scheduler"]
    assert found["is_up"] is True
    assert is_utc(found["since"])


def test_every_level_is_named_with_a_space() -> None:
    assert {label.replace(" ", "_") for label in LABELS} == {level.value for level in RiskLevel}
