"""The leader's jobs against a real store and real sources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from aura_engine.errors import LeadershipLost, StoreError
from aura_engine.pipeline import run_full
from aura_engine.pipeline.nightly import NIGHTLY
from aura_engine.sources import Source
from aura_engine.store.access import SYSTEM
from aura_engine.store.audit import record_list
from aura_engine.store.connect import reading
from aura_engine.store.leadership import leading
from aura_engine.store.reads import ServiceStatus, services
from aura_engine.store.services import LEADER
from scheduler.jobs import Jobs
from scheduler.language import Language
from scheduler.parts import Led
from tests.integration.pipeline.conftest import World
from tests.integration.pipeline.people import PEOPLE


def seen(world: World) -> dict[str, ServiceStatus]:
    with reading(world.context.store) as connection:
        return services(connection, SYSTEM)


def test_it_reports_itself_as_the_leader_and_its_language_model(
    world: World, led: Led, jobs: Jobs, language: Language
) -> None:
    jobs.report_self()
    told = {"fence": led.fence.number, "leads_since": led.since.isoformat(), "text_model": None}
    assert seen(world)[LEADER].details.items() >= told.items()
    language.load()
    jobs.report_self()
    status = seen(world)[LEADER]
    assert (status.is_up, status.instance) == (True, "here:1")
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
    status = seen(world)[LEADER]
    assert not status.is_up
    assert status.since == last


def test_a_source_that_does_not_answer_is_reported_with_since_when(
    world: World, jobs: Jobs
) -> None:
    jobs.report_source(Source.SOCIAL)
    up = seen(world)["aura_social"]
    assert up.is_up
    assert REGISTRY.get_sample_value("aura_source_up", {"source": "aura_social"}) == 1
    world.context.sources.close()
    name = world.service[Source.SOCIAL].url.database
    world.change(Source.AUTH, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    jobs.report_source(Source.SOCIAL)
    down = seen(world)["aura_social"]
    assert not down.is_up
    assert down.since > up.since
    assert "aura_social" in down.details["problem"]
    assert REGISTRY.get_sample_value("aura_source_up", {"source": "aura_social"}) == 0
    jobs.report_source(Source.SOCIAL)
    assert seen(world)["aura_social"].since == down.since


def test_the_nightly_run_is_asked_for_when_the_expression_says(world: World, jobs: Jobs) -> None:
    asked = "SELECT count(*) FROM pipeline_run WHERE requested_by = :who"
    run_full(world.context)
    jobs.ask_for_nightly()
    assert world.ask(asked, who=NIGHTLY) == 0
    world.now[0] += timedelta(days=1)
    jobs.ask_for_nightly()
    jobs.ask_for_nightly()
    assert world.ask(asked, who=NIGHTLY) == 1


def test_days_and_trend_points_are_recorded_once(world: World, jobs: Jobs) -> None:
    days = "SELECT count(DISTINCT day) FROM daily_snapshot"
    points = "SELECT count(*) FROM trend_point"
    jobs.record_days()
    jobs.record_trend()
    assert (world.ask(days), world.ask(points)) == (0, 0)
    run_full(world.context)
    world.now[0] += timedelta(days=2)
    for _ in range(2):
        jobs.record_days()
        jobs.record_trend()
    assert (world.ask(days), world.ask(points)) == (2, 1)
    everyone = "SELECT sum(people) FROM daily_snapshot WHERE cohort_kind = 'all' GROUP BY day"
    assert world.ask(everyone) == PEOPLE
    assert world.ask("SELECT people FROM trend_point") == PEOPLE
    world.now[0] += timedelta(minutes=31)
    jobs.record_trend()
    assert world.ask(points) == 2


def test_the_next_month_of_history_is_made_before_it_begins(world: World, jobs: Jobs) -> None:
    there = "SELECT to_regclass(:name) IS NOT NULL"
    world.now[0] = world.now[0].replace(year=2026, month=12, day=20)
    jobs.make_months()
    assert world.ask(there, name="risk_history_2026_12")
    assert not world.ask(there, name="risk_history_2027_01")
    world.now[0] += timedelta(days=6)
    jobs.make_months()
    jobs.make_months()
    assert world.ask(there, name="risk_history_2027_01")


def test_the_sweep_keeps_what_a_run_needs(world: World, jobs: Jobs, language: Language) -> None:
    held = "SELECT (SELECT count(*) FROM text_ref) || ' ' || (SELECT count(*) FROM text_score)"
    run_full(world.context)
    language.load()
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


def test_events_are_kept_for_a_week(world: World, jobs: Jobs) -> None:
    run_full(world.context)
    written = world.ask("SELECT count(*) FROM event")
    world.now[0] += timedelta(days=6, hours=23)
    jobs.sweep_events()
    jobs.sweep_runs()
    assert world.ask("SELECT count(*) FROM event") == written
    world.now[0] += timedelta(hours=2)
    jobs.sweep_events()
    assert world.ask("SELECT count(*) FROM event") == min(1, written)


def test_the_log_of_reads_is_kept_as_long_as_the_setting_says(world: World, jobs: Jobs) -> None:
    record_list(world.context.store, SYSTEM, action="hoy")
    held = "SELECT count(*) FROM audit_log"
    world.now[0] = datetime.now(UTC) + timedelta(days=jobs.led.settings.audit_days - 1)
    jobs.sweep_audit_log()
    assert world.ask(held) == 1
    world.now[0] += timedelta(days=2)
    jobs.sweep_audit_log()
    assert world.ask(held) == 0


WRITERS = ("report_self", "ask_for_nightly", "record_days", "record_trend", "make_months",
           "sweep_events", "sweep_runs", "sweep_samples", "sweep_audit_log",
           "sweep_texts")  # fmt: skip


@pytest.mark.parametrize("job", WRITERS)
def test_nothing_that_a_former_leader_does_counts(world: World, jobs: Jobs, job: str) -> None:
    world.now[0] += timedelta(days=40)
    with world.context.store.begin() as connection:
        connection.execute(text("UPDATE leader SET fence = fence + 1"))
    run_full(world.context, requested_by="cli")  # by hand, which needs no leader
    world.now[0] += timedelta(days=120)
    with pytest.raises(LeadershipLost):
        getattr(jobs, job)()
    assert world.ask("SELECT count(*) FROM service_state") == 0
    assert world.ask("SELECT count(*) FROM daily_snapshot") == 0
    assert world.ask("SELECT count(*) FROM pipeline_run") == 1


@pytest.mark.parametrize("job", [name for name in WRITERS if name != "make_months"])
def test_a_store_that_is_away_is_said_in_words(world: World, jobs: Jobs, job: str) -> None:
    with world.context.store.begin() as connection:
        tables = ("service_state", "pipeline_run", "text_ref", "event", "trend_point", "audit_log")
        for table in tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO away_{table}")
        connection.exec_driver_sql("ALTER TABLE daily_snapshot RENAME TO away_days")
    with pytest.raises(StoreError):
        getattr(jobs, job)()


def test_a_leader_s_context_is_refused_once_another_one_leads(world: World, led: Led) -> None:
    with led.store.begin() as connection:
        connection.execute(text("UPDATE leader SET fence = fence + 1"))
    with pytest.raises(LeadershipLost):
        run_full(led.context)
    assert world.ask("SELECT count(*) FROM pipeline_run") == 0
    with leading(led.store, instance="here:2") as other:
        assert other is None  # the lock is still held
