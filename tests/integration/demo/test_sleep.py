"""A demo that slept for three days lives through them before anyone looks."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from aura_engine.cluster import Lease, ensure_template
from aura_engine.demo.plan import DemoPlan
from aura_engine.demo.replay import DemoLife
from aura_engine.demo.team import TEAM
from aura_engine.nlp import TextScorer
from aura_engine.pipeline import PipelineContext
from aura_engine.settings import DatabaseUrls
from aura_engine.sources import Source, connect_sources
from aura_engine.store.connect import connect_store
from aura_engine.store.installation import ensure_installation
from tests.conftest import DatabaseFactory
from tests.integration.demo.conftest import build
from tests.integration.store.case_rows import OFFICE
from tests.integration.store.conftest import TEMPLATE, build_template
from tests.remembering import remembering_model

ZONE = ZoneInfo("America/Mexico_City")
BEDTIME = datetime(2026, 3, 20, 18, tzinfo=UTC)
MORNING = BEDTIME + timedelta(days=3)
PLAN = DemoPlan(100, 5, date(2026, 3, 8), date(2026, 3, 20), str(ZONE))


@pytest.fixture(scope="module")
def scorer() -> TextScorer:
    return remembering_model()


@contextmanager
def a_life(
    lease: Lease, database_factory: DatabaseFactory, scorer: TextScorer, truth: Path
) -> Iterator[tuple[DemoLife, list[datetime], Engine]]:
    """Yield a demo's life, its clock, and the store."""
    urls = {}
    for source in Source:
        template = f"demo_empty_{source.value}"
        ensure_template(lease, template, lambda url, source=source: build(url, source))
        urls[source] = database_factory(template)
    ensure_template(lease, TEMPLATE, build_template)
    store = connect_store(database_factory(TEMPLATE))
    ensure_installation(store, "demo")
    service = {source: connect_store(url) for source, url in urls.items()}
    clock = [BEDTIME]
    by_name = {source.value: url for source, url in urls.items()}
    with connect_sources(DatabaseUrls(analytics=store.url, **by_name)) as sources:
        context = PipelineContext(
            store=store,
            sources=sources,
            scorer=scorer,
            text_key=secrets.token_bytes(32),
            timezone=str(ZONE),
            window_days=90,
            refit_days=30,
            clock=lambda: clock[0],
        )
        yield DemoLife(PLAN, service, context, truth, OFFICE), clock, store
    for engine in (store, *service.values()):
        engine.dispose()


def inactivity(store: Engine) -> pd.Series:
    with store.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT user_id_raiz::text, raw_days_since_last_seen FROM user_feature_vector"
                " ORDER BY 1"
            )
        ).all()
    return pd.Series(dict(tuple(row) for row in rows))


def team_days(store: Engine) -> set[date]:
    """On which days the team worked on cases."""
    with store.connect() as connection:
        moments = connection.scalars(
            text("SELECT at FROM case_action WHERE actor = :team"), {"team": TEAM.name}
        )
        return {moment.astimezone(ZONE).date() for moment in moments}


def test_missed_nights_are_replayed_and_nobody_looks_silent_for_the_sleep(
    lease: Lease, database_factory: DatabaseFactory, scorer: TextScorer, tmp_path: Path
) -> None:
    with a_life(lease, database_factory, scorer, tmp_path / "slept.csv") as (life, clock, store):
        life.catch_up()
        clock[0] = MORNING
        _, nights = life.catch_up()
        slept = inactivity(store)
        days = team_days(store)
    local = [night.as_of.astimezone(ZONE) for night in nights]
    assert [(night.day, night.hour, night.minute) for night in local] == [
        (21, 3, 30),
        (22, 3, 30),
        (23, 3, 30),
    ]
    # The nights of 21, 22 and 23 March are a Saturday's to a Monday's; that Monday is the reader's.
    assert days == {date(2026, 3, 20)}
    with a_life(lease, database_factory, scorer, tmp_path / "awake.csv") as (life, clock, store):
        clock[0] = MORNING
        life.catch_up()
        awake = inactivity(store)
    assert len(slept) > 90  # some join later in the history
    pd.testing.assert_series_equal(slept, awake)
    assert slept.median() < 1.0
