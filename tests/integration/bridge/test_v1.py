"""v1 as its clients know it, on real rows."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.store.queue import enqueue
from aura_engine.store.services import report
from tests.integration.bridge.people import AT_RISK, SILENT, WHO, N, stored
from ws_bridge.profile import KPI_KEYS

MINER, CLUSTERING = "/api/v1/data-miner", "/api/v1/clustering"
LEVELS = [level.value for level in RiskLevel]


def answer(client: TestClient, path: str) -> Any:
    response = client.get(path)
    assert response.status_code == 200, response.text
    return response.json()


def test_the_miner_is_ready_while_the_scheduler_lives_and_no_run_waits(
    empty: TestClient, store: Engine
) -> None:
    silent = {"status": "ok", "service": "aura-monitor"}
    nothing = {**silent, "ready_for_etl": False, "nlp_available": False}
    assert answer(empty, f"{MINER}/status") == nothing
    report(store, "scheduler", instance="a", details={"text_model": None, "problem": "no hay"})
    assert answer(empty, f"{MINER}/status") == {**nothing, "ready_for_etl": True}
    report(store, "scheduler", instance="a", details={"text_model": "aura-es-mini"})
    all_well = {**silent, "ready_for_etl": True, "nlp_available": True}
    assert answer(empty, f"{MINER}/status") == all_well
    enqueue(store, kind="full", parameters={}, requested_by="ana")
    assert answer(empty, f"{MINER}/status") == {**all_well, "ready_for_etl": False}
    with store.begin() as connection:
        connection.execute(text("UPDATE service_state SET seen_at = now() - interval '1 minute'"))
    assert answer(empty, f"{MINER}/status") == nothing


def test_people_with_results_are_counted_and_are_none_before_the_first_run(
    full: TestClient, empty: TestClient
) -> None:
    path = f"{MINER}/feature-vector/count"
    assert answer(full, path) == {"table": "user_feature_vector", "record_count": N}
    assert answer(empty, path) == {"table": "user_feature_vector", "record_count": 0}


def test_results_are_those_that_were_frozen_with_the_run(
    full: TestClient, population: Engine
) -> None:
    found = answer(full, f"{CLUSTERING}/results")
    run = stored(
        population,
        "SELECT r.* FROM pipeline_run r JOIN active_run a ON a.run_id = r.id",
    )[0]
    kept: Any = run["results"]
    assert datetime.fromisoformat(found["execution_date"]) == run["finished_at"]
    assert list(found["metrics"]) == [
        "silhouette_score", "calinski_harabasz", "high_risk_percentage",
        "risk_distribution", "total_users",
    ]  # fmt: skip
    for name in ("silhouette_score", "calinski_harabasz"):
        assert found["metrics"][name] == pytest.approx(kept["metrics"][name], abs=1e-4)
    people = found["risk_distribution"]
    assert set(people) == set(LEVELS)
    assert people == found["metrics"]["risk_distribution"] == kept["risk_distribution"]
    assert sum(people.values()) == found["metrics"]["total_users"] == N
    share = 100 * people["ALTO_RIESGO"] / N
    assert found["metrics"]["high_risk_percentage"] == pytest.approx(share, abs=0.01)
    assert found["risk_cluster_id"] == kept["risk_cluster_id"]
    risk_center = found["cluster_centers"][found["risk_cluster_id"]]
    profile = kept["profiles"][f"cluster_{found['risk_cluster_id']}"]
    assert risk_center == pytest.approx([profile[column] for column in KPI_COLUMNS], abs=1e-4)
    assert all(len(center) == len(KPI_COLUMNS) for center in found["cluster_centers"])


def test_a_cluster_without_anyone_keeps_its_place_among_the_centres(
    full: TestClient, population: Engine
) -> None:
    with population.begin() as connection:
        kept = connection.scalar(text("SELECT results FROM pipeline_run ORDER BY id DESC LIMIT 1"))
        without = {**kept, "profiles": {k: v for k, v in kept["profiles"].items() if k[-1] != "0"}}
        change = text(
            "UPDATE pipeline_run SET results = CAST(:results AS jsonb)"
            " WHERE id = (SELECT run_id FROM active_run)"
        )
        connection.execute(change, {"results": json.dumps(without)})
    try:
        centers = answer(full, f"{CLUSTERING}/results")["cluster_centers"]
        assert centers[0] == []
        assert len(centers[1]) == len(KPI_COLUMNS)
        assert "cluster_0" not in answer(full, f"{CLUSTERING}/profiles")
    finally:
        with population.begin() as connection:
            connection.execute(change, {"results": json.dumps(kept)})


def test_profiles_tell_the_mean_person_of_each_cluster(
    full: TestClient, population: Engine
) -> None:
    found = answer(full, f"{CLUSTERING}/profiles")
    assert list(found) == [f"cluster_{n}" for n in range(4)]
    assert sum(profile["is_risk_cluster"] for profile in found.values()) == 1
    for name, profile in found.items():
        assert set(profile) == {*KPI_COLUMNS, "count", "is_risk_cluster"}
        members = stored(
            population,
            "SELECT count(*), avg(days_since_last_seen) AS days FROM user_feature_vector"
            " WHERE kmeans_cluster = :cluster",
            cluster=int(name[-1]),
        )[0]
        assert profile["count"] == members["count"]
        assert profile["days_since_last_seen"] == pytest.approx(members["days"], abs=1e-4)


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_is_listed_whole_and_most_severe_first(
    full: TestClient, population: Engine, level: str
) -> None:
    response = full.get(f"{CLUSTERING}/users/{level}")
    rows = stored(
        population,
        "SELECT user_id_raiz::text AS id, severity_index AS asi,"
        " vote_kmeans::int + vote_dbscan::int + vote_forest::int AS votes"
        " FROM user_feature_vector WHERE cluster_label = :level",
        level=level,
    )
    of_id = {row["id"]: row for row in rows}
    listed = response.json()
    assert rows
    assert response.headers["X-Total-Count"] == str(len(rows)) == str(len(listed))
    assert {entry["user_id_raiz"] for entry in listed} == set(of_id)
    severities = [entry["severity_index"] for entry in listed]
    assert severities == sorted(severities, reverse=True)
    for entry in listed:
        assert {"user_id_raiz", "risk_level", "severity_index", "total_votes"} <= set(entry)
        assert entry["risk_level"] == level
        assert entry["severity_index"] == pytest.approx(
            of_id[entry["user_id_raiz"]]["asi"], abs=0.01
        )
        assert entry["total_votes"] == of_id[entry["user_id_raiz"]]["votes"]


def test_pages_of_a_level_make_up_the_whole_and_know_the_true_total(full: TestClient) -> None:
    path = f"{CLUSTERING}/users/BAJO_RIESGO"
    whole = answer(full, path)
    paged = []
    for offset in range(0, len(whole) + 50, 50):
        page = full.get(path, params={"limit": 50, "offset": offset})
        assert page.headers["X-Total-Count"] == str(len(whole))
        paged += page.json()
    assert paged == whole
    assert answer(full, f"{path}?offset=7") == whole[7:]


def person_of(store: Engine, condition: str) -> dict[str, Any]:
    query = f"SELECT f.*, f.user_id_raiz::text AS id FROM user_feature_vector f WHERE {condition}"  # noqa: S608
    return stored(store, query)[0]


def test_ten_people_have_the_numbers_of_their_rows(full: TestClient, population: Engine) -> None:
    for user_id in WHO[:: N // 10][:10]:
        row = person_of(population, f"f.user_id_raiz = '{user_id}'")
        found = answer(full, f"{CLUSTERING}/user-profile/{user_id}")
        assert found["user_id"] == user_id
        assert found["has_data"] is True
        assert found["risk_level"] == row["cluster_label"]
        assert found["severity_index"] == pytest.approx(row["severity_index"], abs=0.01)
        for column, key in KPI_KEYS.items():
            raw = row[f"raw_{column}"]
            assert found["observed"][key] is (raw is not None)
            if raw is not None:
                assert found["kpis"][key] == pytest.approx(raw, abs=1e-4)


def test_what_was_not_observed_is_the_populations_usual_and_marked(
    full: TestClient, population: Engine
) -> None:
    artefact = stored(population, "SELECT artefact FROM model_version")[0]["artefact"]
    usual = ScoringModel.from_bytes(bytes(artefact)).scaler.medians_  # type: ignore[arg-type]
    silent = answer(full, f"{CLUSTERING}/user-profile/{WHO[SILENT - 1]}")
    for key in ("mensajes_nocturnos", "negatividad"):
        column = next(column for column, name in KPI_KEYS.items() if name == key)
        median = usual[KPI_COLUMNS.index(column)]
        assert silent["observed"][key] is False
        assert silent["kpis"][key] == pytest.approx(median, abs=1e-4)
        assert np.isfinite(silent["kpis"][key])
    assert silent["observed"]["dias_inactivo"] is True
    assert list(silent["kpis"]) == list(silent["observed"]) == list(KPI_KEYS.values())


@pytest.mark.parametrize("fixture", ["full", "empty"])
def test_of_someone_unknown_no_number_is_made_up(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    client: TestClient = request.getfixturevalue(fixture)
    known = {"user_id", "risk_level", "severity_index", "kpis", "has_data"}
    found = answer(client, f"{CLUSTERING}/user-profile/{UUID(int=987)}")
    assert known | {"observed", "recommendation_context"} <= set(found)
    assert found["has_data"] is False
    assert found["user_id"] == str(UUID(int=987))
    assert found["risk_level"] is None
    assert found["severity_index"] is None
    assert found["kpis"] == dict.fromkeys(KPI_KEYS.values())
    assert found["observed"] == dict.fromkeys(KPI_KEYS.values(), False)
    assert "No significa que esté bien" in found["recommendation_context"]


def test_advice_is_careful_and_says_what_is_not_known(full: TestClient, population: Engine) -> None:
    said = {}
    for level in LEVELS:
        row = person_of(population, f"cluster_label = '{level}' AND is_sufficient")
        said[level] = answer(full, f"{CLUSTERING}/user-profile/{row['id']}")[
            "recommendation_context"
        ]
    assert len(set(said.values())) == len(LEVELS)
    assert "Conviene revisar" in said["ALTO_RIESGO"]
    for words in said.values():
        lower = words.lower()
        for never in ("suicid", "enferm", "diagn", "grave", "detect", "depres"):
            assert never not in lower


def test_advice_names_silence_and_too_little_data(full: TestClient, population: Engine) -> None:
    mark = (
        "UPDATE feature SET is_sufficient = :sufficient, stopped_showing = :stopped,"
        " verdict_as_of = extraction_date - CAST(:kept AS interval)"
        " WHERE user_id_raiz = :who AND run_id = (SELECT run_id FROM active_run)"
    )
    try:
        for state, words in (
            ({"sufficient": False, "stopped": False, "kept": "0"}, "tome el nivel con reserva"),
            ({"sufficient": False, "stopped": True, "kept": "0"}, "peor que antes"),
            ({"sufficient": False, "stopped": True, "kept": "5 days"}, "se conserva lo último"),
        ):
            with population.begin() as connection:
                connection.execute(text(mark), {**state, "who": WHO[-1]})
            found = answer(full, f"{CLUSTERING}/user-profile/{WHO[-1]}")
            assert words in found["recommendation_context"]
            entry = next(
                one
                for one in answer(full, f"{CLUSTERING}/users/{found['risk_level']}")
                if one["user_id_raiz"] == WHO[-1]
            )
            assert entry["sufficient_data"] is state["sufficient"]
            assert entry["stopped_showing"] is state["stopped"]
    finally:
        with population.begin() as connection:
            as_it_was = {"sufficient": True, "stopped": False, "kept": "0"}
            connection.execute(text(mark), {**as_it_was, "who": WHO[-1]})


def test_those_who_are_worse_in_everything_are_high(full: TestClient) -> None:
    high = {entry["user_id_raiz"] for entry in answer(full, f"{CLUSTERING}/users/ALTO_RIESGO")}
    assert set(WHO[-AT_RISK:]) <= high
