"""What a new model version may and may not be blamed for."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from aura_engine.pipeline import RunParameters, run_full
from aura_engine.sources import Source
from tests.integration.pipeline.conftest import World
from tests.integration.pipeline.people import NOW, PEOPLE

FITTED_BECAUSE = "SELECT counts->>'fitted_because' FROM pipeline_run ORDER BY id DESC LIMIT 1"
REASONS = (
    "SELECT coalesce(string_agg(DISTINCT reason, ','), '') FROM visible_history"
    " WHERE run_id = (SELECT run_id FROM active_run)"
)
ALERTS = "SELECT count(*) FROM event WHERE type = 'CRITICAL_ALERT'"


def test_a_damaged_artefact_is_replaced_and_alerts_nobody(world: World) -> None:
    run_full(world.context)
    with world.context.store.begin() as connection:
        connection.execute(text("UPDATE model_version SET artefact = substr(artefact, 1, 2000)"))
        connection.execute(text("UPDATE feature SET cluster_label = 'BAJO_RIESGO'"))
        connection.execute(text("UPDATE feature SET recorded_level = 'BAJO_RIESGO'"))
    run_full(world.context)
    assert world.ask(FITTED_BECAUSE) == "unreadable"
    assert world.ask(REASONS) == "model"
    assert world.ask(ALERTS) == 0
    assert world.ask("SELECT count(*) FROM risk_case WHERE state <> 'por_revisar'") == 0


def test_another_language_model_is_no_change_of_behaviour(world: World) -> None:
    run_full(world.context)
    world.scorer.revision = "another"
    world.scorer.score = lambda texts: 1 - world.scorer.model.score(texts)  # type: ignore[method-assign]
    run_full(world.context)
    assert world.ask(FITTED_BECAUSE) == "text_model"
    assert world.ask(REASONS) == "model"
    assert world.ask(ALERTS) == 0


def test_the_first_texts_of_an_installation_lead_to_a_new_version(world: World) -> None:
    held = "SELECT count(*) FROM user_feature_vector WHERE raw_sentiment_negativity_index > 0"
    for source, table in ((Source.MESSAGING, "messages"), (Source.SOCIAL, "posts")):
        world.change(source, f"ALTER TABLE {table} ADD told text")
        world.change(source, f"UPDATE {table} SET told = content, content = '...'")  # noqa: S608
    run_full(world.context)
    assert world.ask("SELECT text_revision FROM model_version") == world.scorer.revision
    assert world.ask(held) == 0
    world.now[0] = NOW + timedelta(days=1)
    for source, table in ((Source.MESSAGING, "messages"), (Source.SOCIAL, "posts")):
        world.change(
            source,
            f"UPDATE {table} SET content = told, updated_at = :at",  # noqa: S608
            at=NOW + timedelta(hours=1),
        )
    run_full(world.context)
    assert world.ask(FITTED_BECAUSE) == "first_scores"
    assert world.ask(held) == PEOPLE
    assert world.ask(ALERTS) == 0
    run_full(world.context)
    assert world.ask("SELECT count(*) FROM model_version") == 2


def test_a_run_asked_for_nothing_keeps_the_active_versions_parameters(world: World) -> None:
    run_full(world.context, parameters=RunParameters(n_clusters=5, contamination=0.2))
    run_full(world.context)
    assert world.ask("SELECT count(*) FROM model_version") == 1
    held = world.ask("SELECT parameters FROM model_version")
    assert isinstance(held, dict)
    assert (held["n_clusters"], held["contamination"]) == (5, 0.2)


def test_a_nightly_run_that_is_a_little_early_on_the_day_refits_too(world: World) -> None:
    run_full(world.context)
    world.now[0] = NOW + timedelta(days=30) - timedelta(minutes=3)
    run_full(world.context)
    assert world.ask(FITTED_BECAUSE) == "age"


def test_a_run_without_texts_reads_scores_of_the_model_in_use(world: World) -> None:
    """Not those of a newer language model that is still being scored."""
    run_full(world.context)
    with world.context.store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO text_score (hmac, model_revision, p_negative, scored_at)"
                " SELECT hmac, 'newer', 0.5, now() + interval '1 hour' FROM text_score LIMIT 5"
            )
        )
    run_full(world.context, parameters=RunParameters(skip_nlp=True))
    assert world.ask("SELECT count(*) FROM model_version") == 1
    last = "SELECT text_revision FROM pipeline_run ORDER BY id DESC LIMIT 1"
    assert world.ask(last) == world.scorer.revision


def test_versions_of_runs_that_failed_are_discarded(world: World) -> None:
    with world.context.store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO model_version (fitted_at, parameters, libraries, n_fitted, summary,"
                " artefact) VALUES (now(), '{}', '{}', 1, '{}', 'x')"
            )
        )
    run_full(world.context)
    assert world.ask("SELECT count(*) FROM model_version") == 1
    assert world.ask("SELECT count(*) FROM model_version WHERE activated_at IS NULL") == 0
