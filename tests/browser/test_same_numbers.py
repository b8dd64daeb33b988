"""Ten people through page, bridge and store: the same figures everywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pytest
from sqlalchemy import text

from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.pipeline import RunParameters
from aura_engine.store.queue import enqueue
from aura_ui.formats import kpi_phrase
from tests.browser.conftest import Watched
from tests.browser.pages import open_page
from tests.desk import Desk
from tests.patience import eventually

EVERYONE = """
    SELECT p.pseudonym, f.* FROM user_feature_vector f JOIN person p USING (user_id_raiz)
    ORDER BY f.severity_index DESC, p.pseudonym
"""
SHORT = {
    "reciprocidad_social": "reciprocity_ratio",
    "dias_inactivo": "days_since_last_seen",
    "mensajes_nocturnos": "ratio_night_messages",
    "apatia_perfil": "is_profile_incomplete",
    "negatividad": "sentiment_negativity_index",
    "participacion_comunitaria": "num_community_categories",
}
FACTORS = {
    "inactivity": "days_since_last_seen",
    "night_activity": "ratio_night_messages",
    "negativity": "sentiment_negativity_index",
    "community_engagement": "num_community_categories",
}


def ten_of(people: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Choose two of whom least is known, and then the worst and the best of each level."""
    chosen = sorted(people, key=lambda row: (row["evidence"], row["pseudonym"]))[:2]
    others = [row for row in people if row not in chosen]
    for level, count in ((RiskLevel.ALTO, 4), (RiskLevel.MODERADO, 2), (RiskLevel.BAJO, 2)):
        chosen += [row for row in others if row["cluster_label"] == level][:count]
    return chosen


def test_ten_people_have_the_same_figures_in_page_bridge_and_store(
    desk: Desk, watched: Watched
) -> None:
    with desk.store.connect() as connection:
        ten = ten_of(connection.execute(text(EVERYONE)).mappings().all())
    assert len({row["pseudonym"] for row in ten}) == 10
    assert {row["cluster_label"] for row in ten} == {level.value for level in RiskLevel}
    listed = {
        level: {row["user_id_raiz"]: row for row in desk.get(f"/api/v1/clustering/users/{level}")}
        for level in ("ALTO_RIESGO", "RIESGO_MODERADO", "BAJO_RIESGO")
    }
    high = {
        row["user_id"]: row
        for row in desk.get("/api/v2/clustering/data/high-risk-users", limit=50)["users"]
    }
    for row in ten:
        user = str(row["user_id_raiz"])
        profile = desk.get(f"/api/v1/clustering/user-profile/{user}")
        assert profile["risk_level"] == row["cluster_label"]
        assert profile["severity_index"] == pytest.approx(row["severity_index"], abs=0.01)
        of_list = listed[row["cluster_label"]][user]
        assert of_list["severity_index"] == profile["severity_index"]
        votes = row["vote_kmeans"] + row["vote_dbscan"] + row["vote_forest"]
        assert of_list["total_votes"] == votes
        for key, column in SHORT.items():
            raw = row[f"raw_{column}"]
            assert profile["observed"][key] == (raw is not None)
            if raw is not None:
                assert profile["kpis"][key] == pytest.approx(raw, abs=0.001)
        if user in high:
            for key, column in FACTORS.items():
                assert high[user]["factors"][key] == pytest.approx(100 * row[column], abs=0.1)
        _check_the_page(desk, watched, row)


def _check_the_page(desk: Desk, watched: Watched, row) -> None:
    page = watched.page
    open_page(page, desk.pages, "ficha", f"?p={row['pseudonym']}")
    heading = page.get_by_role("heading", level=2)
    said = " ".join(heading.inner_text().split())
    level = t(f"levels.{row['cluster_label']}")
    assert said == f"{row['pseudonym']} {level} ASI {row['severity_index']:.1f}"
    assert page.get_by_text(f"{row['evidence']} de 6 indicadores observados").is_visible()
    shown = page.locator(".aura-kpi > span:first-child").all_inner_texts()
    assert len(shown) == 6
    for column in SHORT.values():
        phrase = kpi_phrase(column, row[f"raw_{column}"], 0.0)
        assert any(_but_the_usual(text) == _but_the_usual(phrase) for text in shown), phrase
    voted = [card.inner_text() for card in page.locator(".aura-card .change").all()]
    cast = [row["vote_kmeans"], row["vote_dbscan"], row["vote_forest"]]
    assert [text.startswith("✔") for text in voted] == cast
    hardly_known = not (row["had_evidence"] or row["stopped_showing"])
    assert page.get_by_text("Datos insuficientes:").count() == hardly_known


def _but_the_usual(phrase: str) -> str:
    return re.sub(r" \(habitual: .*\)", "", phrase)


def test_totals_are_the_same_in_today_the_bridge_and_the_store(
    desk: Desk, watched: Watched
) -> None:
    # Totals of a run stay as they were when single people are scored after it.
    parameters = asdict(RunParameters())
    run = enqueue(desk.store, kind="full", parameters=parameters, requested_by="test")
    eventually(lambda: desk.data()["run_id"] == run.run_id)
    with desk.store.connect() as connection:
        counted = dict(
            connection.execute(
                text("SELECT cluster_label, count(*) FROM user_feature_vector GROUP BY 1")
            ).all()
        )
    data = desk.get("/api/v2/clustering/data/distribution")
    by_label = dict(zip(data["labels"], data["datasets"][0]["data"], strict=True))
    assert {label.replace(" ", "_"): count for label, count in by_label.items()} == counted
    results = desk.get("/api/v1/clustering/results")
    assert results["risk_distribution"] == counted
    open_page(watched.page, desk.pages, "")
    numbers = watched.page.locator(".aura-card .number").all_inner_texts()
    assert [int(number.replace(",", "")) for number in numbers[:3]] == [
        counted["ALTO_RIESGO"],
        counted["RIESGO_MODERADO"],
        counted["BAJO_RIESGO"],
    ]
