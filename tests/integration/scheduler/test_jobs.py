"""The scheduler's jobs against a real store and real sources."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from aura_engine.errors import ModelError
from aura_engine.nlp import LazyScorer, TextScorer
from aura_engine.pipeline import RunParameters, run_full
from aura_engine.pipeline import reading as reading_texts
from aura_engine.sources import Source
from aura_engine.store.access import SYSTEM
from aura_engine.store.connect import reading
from aura_engine.store.queue import enqueue
from aura_engine.store.reads import ServiceStatus, services
from scheduler.jobs import PART, Jobs, tolerant
from tests.integration.pipeline.conftest import World, shipped_model, world

__all__ = ["shipped_model", "world"]


@pytest.fixture
def jobs(world: World) -> Jobs:
    return Jobs(world.context, ZoneInfo("America/Mexico_City"), instance="here:1")


def seen(world: World) -> dict[str, ServiceStatus]:
    with reading(world.context.store) as connection:
        return services(connection, SYSTEM)


def test_a_run_that_waits_is_made_and_one_that_fails_does_not_end_the_process(
    world: World, jobs: Jobs
) -> None:
    jobs.make_waiting_run()
    assert world.ask("SELECT count(*) FROM pipeline_run") == 0
    for parameters in (RunParameters(), RunParameters(n_clusters=10_000)):
        enqueue(world.context.store, kind="full", parameters=asdict(parameters), requested_by="ana")
        jobs.make_waiting_run()
    statuses = world.ask("SELECT string_agg(status, ',' ORDER BY id) FROM pipeline_run")
    assert statuses == "succeeded,failed"


def test_a_scheduler_that_stops_cancels_its_run_and_says_so(world: World, jobs: Jobs) -> None:
    enqueue(
        world.context.store, kind="full", parameters=asdict(RunParameters()), requested_by="ana"
    )
    jobs.stopping.set()
    jobs.take()
    assert world.ask("SELECT status FROM pipeline_run") == "cancelled"
    assert "planificador" in str(world.ask("SELECT error FROM pipeline_run"))
    assert jobs.wait_for_run(timeout=0.1)


def test_it_reports_itself_and_its_language_model(world: World, jobs: Jobs) -> None:
    jobs.report_self()
    assert seen(world)[PART].details == {"text_model": None}
    jobs.load_language()
    jobs.report_self()
    status = seen(world)[PART]
    assert status.is_up
    assert status.details["text_model"] == world.scorer.name


def test_silence_is_taken_for_absence_since_it_was_last_seen(world: World, jobs: Jobs) -> None:
    jobs.report_self()
    with world.context.store.begin() as connection:
        last = connection.scalar(
            text(
                "UPDATE service_state SET seen_at = now() - interval '16 seconds',"
                " since = now() - interval '1 hour' RETURNING seen_at"
            )
        )
    status = seen(world)[PART]
    assert not status.is_up
    assert status.since == last


def test_a_model_that_cannot_be_loaded_is_said_and_tried_again(world: World, jobs: Jobs) -> None:
    answers: list[TextScorer | ModelError] = [ModelError("no hay modelo"), world.scorer]

    def load() -> TextScorer:
        answer = answers.pop(0)
        if isinstance(answer, ModelError):
            raise answer
        return answer

    broken = Jobs(replace(world.context, scorer=LazyScorer(load)), jobs.zone, "here:2")
    broken.load_language()
    broken.report_self()
    assert seen(world)[PART].details == {"text_model": None, "problem": "no hay modelo"}
    enqueue(
        world.context.store, kind="full", parameters=asdict(RunParameters()), requested_by="ana"
    )
    broken.take()
    assert world.ask("SELECT status FROM pipeline_run") == "succeeded"
    broken.report_self()
    assert seen(world)[PART].details["text_model"] == world.scorer.name


def test_a_model_that_a_run_refused_is_looked_for_anew(world: World, jobs: Jobs) -> None:
    loads = []

    def load() -> TextScorer:
        loads.append(world.scorer)
        return world.scorer

    careful = Jobs(replace(world.context, scorer=LazyScorer(load)), jobs.zone, "here:3")
    parameters = asdict(RunParameters())
    for revision in ("0123456789abcdef0123456789abcdef01234567", world.scorer.revision):
        world.scorer.revision = revision
        enqueue(world.context.store, kind="full", parameters=parameters, requested_by="ana")
        careful.take()
    assert world.ask("SELECT string_agg(status, ',' ORDER BY id) FROM pipeline_run") == (
        "succeeded,failed"
    )
    careful.report_self()
    assert "NLP_MODEL_NAME" in seen(world)[PART].details["problem"]
    assert len(loads) == 1
    careful.load_language()
    assert len(loads) == 2


def test_a_source_that_does_not_answer_is_reported_with_since_when(
    world: World, jobs: Jobs
) -> None:
    jobs.report_source(Source.SOCIAL)
    up = seen(world)["aura_social"]
    assert up.is_up
    world.context.sources.close()
    name = world.service[Source.SOCIAL].url.database
    world.change(Source.AUTH, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    jobs.report_source(Source.SOCIAL)
    down = seen(world)["aura_social"]
    assert not down.is_up
    assert down.since > up.since
    assert "aura_social" in down.details["problem"]
    jobs.report_source(Source.SOCIAL)
    assert seen(world)["aura_social"].since == down.since


def test_jobs_outlive_a_store_that_is_away(world: World, jobs: Jobs) -> None:
    with world.context.store.begin() as connection:
        connection.execute(text("ALTER TABLE service_state RENAME TO moved"))
    tolerant(jobs.report_self)()
    with world.context.store.begin() as connection:
        connection.execute(text("ALTER TABLE moved RENAME TO service_state"))
    tolerant(jobs.report_self)()
    assert PART in seen(world)


def test_a_new_language_model_reads_ahead_and_then_asks_for_one_run(
    world: World, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_texts, "MOST_UNREAD", 50)
    run_full(world.context)
    jobs.load_language()
    jobs.read_ahead()
    assert world.ask("SELECT count(*) FROM pipeline_run WHERE status = 'queued'") == 0
    world.scorer.revision = "another-1"
    jobs.read_ahead()
    jobs.report_self()
    assert seen(world)[PART].details["read_ahead"]["unread"] == 0
    assert world.ask("SELECT count(*) FROM pipeline_run WHERE status = 'queued'") == 1
    jobs.make_waiting_run()
    assert (
        world.ask("SELECT text_revision FROM pipeline_run ORDER BY id DESC LIMIT 1") == "another-1"
    )
    jobs.read_ahead()
    jobs.report_self()
    assert "read_ahead" not in seen(world)[PART].details
    assert world.ask("SELECT count(*) FROM pipeline_run WHERE status = 'queued'") == 0


def test_reading_ahead_gives_way_to_a_run_that_waits(
    world: World, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_texts, "MOST_UNREAD", 50)
    run_full(world.context)
    jobs.load_language()
    world.scorer.revision = "another-1"
    world.scorer.asked.clear()
    enqueue(
        world.context.store, kind="full", parameters=asdict(RunParameters()), requested_by="ana"
    )
    jobs.read_ahead()
    assert world.scorer.asked == []


def test_once_through_the_window_it_waits_for_the_next_run(
    world: World, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_texts, "MOST_UNREAD", 50)
    run_full(world.context)
    jobs.load_language()
    world.scorer.revision = "another-1"
    jobs.read_ahead()
    with world.context.store.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE pipeline_run SET status = 'cancelled' WHERE status = 'queued'"
        )
        connection.exec_driver_sql("DELETE FROM text_score WHERE model_revision = 'another-1'")
    jobs.read_ahead()
    assert world.ask("SELECT count(*) FROM text_score WHERE model_revision = 'another-1'") == 0


def test_a_step_down_that_is_not_read_ahead_is_said_and_logged_once(
    world: World, jobs: Jobs
) -> None:
    run_full(world.context)
    jobs.load_language()
    with world.context.store.begin() as connection:
        connection.exec_driver_sql("UPDATE model_version SET text_revision = 'better'")
    with capture_logs() as events:
        jobs.read_ahead()
        jobs.read_ahead()
    assert [e["event"] for e in events if e["log_level"] == "warning"] == ["read_ahead_ended_badly"]
    jobs.report_self()
    assert "NLP_MODEL_NAME" in seen(world)[PART].details["read_ahead"]["problem"]


@pytest.mark.parametrize("job", ["read_ahead", "sweep_texts"])
def test_jobs_of_texts_outlive_a_store_that_is_away(world: World, jobs: Jobs, job: str) -> None:
    jobs.load_language()
    with world.context.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE text_ref RENAME TO away")
        connection.exec_driver_sql("ALTER TABLE pipeline_run RENAME TO gone")
    tolerant(getattr(jobs, job))()


def test_the_sweep_keeps_what_a_run_needs(world: World, jobs: Jobs) -> None:
    held = "SELECT (SELECT count(*) FROM text_ref) || ' ' || (SELECT count(*) FROM text_score)"
    run_full(world.context)
    jobs.load_language()
    before = world.ask(held)
    with world.context.store.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO text_score (hmac, model_revision, p_negative) VALUES ('x', 'old', 0.5)"
        )
        connection.exec_driver_sql("UPDATE text_score SET scored_at = now() - interval '4 days'")
    jobs.sweep_texts()
    assert world.ask(held) == before
    world.now[0] += timedelta(days=world.context.window_days + 2, minutes=1)
    jobs.sweep_texts()
    assert world.ask(held) == "0 0"


def test_without_a_language_model_references_go_all_the_same(world: World, jobs: Jobs) -> None:
    run_full(world.context)
    world.now[0] += timedelta(days=world.context.window_days + 2, minutes=1)
    jobs.sweep_texts()
    assert world.ask("SELECT count(*) FROM text_ref") == 0
    assert world.ask("SELECT count(*) FROM text_score") != 0
