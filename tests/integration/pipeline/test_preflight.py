"""Production's first run looks at its sources before it reads them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from aura_engine.errors import RunError
from aura_engine.pipeline import run_full, run_next
from aura_engine.sources import Source
from aura_engine.store.queue import enqueue
from tests.integration.pipeline.conftest import World
from tests.integration.pipeline.people import NOW, PEOPLE, person_id

KEPT = "SELECT counts->'preflight' FROM pipeline_run ORDER BY id DESC LIMIT 1"
STATUS = "SELECT status FROM pipeline_run ORDER BY id DESC LIMIT 1"


@pytest.fixture
def production(world: World) -> World:
    with world.context.store.begin() as connection:
        connection.execute(text("UPDATE installation SET kind = 'production'"))
    return world


def test_the_first_run_keeps_what_was_found(production: World) -> None:
    run_full(production.context)
    kept = production.ask(KEPT)
    assert isinstance(kept, dict)
    assert kept["fit"] is True
    assert kept["duration"]["people"] == PEOPLE
    assert kept["duration"]["texts"] == PEOPLE * 23
    assert person_id(1) not in json.dumps(kept)


def test_a_missing_grant_stops_it_before_anybody_is_saved(production: World) -> None:
    production.change(Source.SOCIAL, "REVOKE SELECT (bio) ON user_profiles FROM aura_reader")
    with pytest.raises(RunError, match=r"user_profiles\.bio.*\./aura sources check"):
        run_full(production.context)
    assert production.ask(STATUS) == "failed"
    assert "user_profiles.bio" in str(production.ask("SELECT error FROM pipeline_run"))
    kept = production.ask(KEPT)
    assert isinstance(kept, dict)
    assert kept["fit"] is False
    assert "check.missing" in [found["code"] for found in kept["findings"]]
    assert production.ask("SELECT count(*) FROM person") == 0


def test_a_run_of_the_queue_is_checked_as_well(production: World) -> None:
    production.change(Source.MESSAGING, "REVOKE SELECT (content) ON messages FROM aura_reader")
    enqueue(production.context.store, kind="full", parameters={}, requested_by="ana")
    with pytest.raises(RunError, match=r"messages\.content"):
        run_next(production.context, instance="test")
    assert production.ask(STATUS) == "failed"


def test_what_is_only_to_be_decided_does_not_stop_it(production: World) -> None:
    production.change(Source.SOCIAL, "GRANT DELETE ON posts TO aura_reader")
    run_full(production.context)
    kept = production.ask(KEPT)
    assert isinstance(kept, dict)
    assert "check.writable" in [found["code"] for found in kept["findings"]]
    assert production.ask(STATUS) == "succeeded"


def test_later_runs_and_the_demo_are_not_checked(world: World) -> None:
    run_full(world.context)
    assert world.ask(KEPT) is None
    with world.context.store.begin() as connection:
        connection.execute(text("UPDATE installation SET kind = 'production'"))
    world.now[0] = NOW + timedelta(hours=1)
    run_full(world.context)
    assert world.ask(KEPT) is None
