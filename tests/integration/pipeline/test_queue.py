"""Runs that are asked for: queued, joined, taken, cancelled, and the nightly one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlalchemy import text

from aura_engine.errors import RunCancelled, RunConflict, RunError
from aura_engine.pipeline import RunParameters, run_full, run_next
from aura_engine.pipeline.nightly import NIGHTLY, request_nightly
from aura_engine.store.queue import Enqueued, cancel, enqueue, is_waiting
from tests.integration.pipeline.conftest import World
from tests.integration.pipeline.people import NOW, PEOPLE

STATUS = "SELECT status FROM pipeline_run WHERE id = :run_id"
DUE = NOW - timedelta(hours=1)


def ask(world: World, **parameters: object) -> Enqueued:
    return enqueue(
        world.context.store,
        kind="full",
        parameters=asdict(RunParameters(**parameters)),  # type: ignore[arg-type]
        requested_by="ana",
    )


def test_a_run_that_is_asked_for_waits_until_it_is_taken(world: World) -> None:
    assert run_next(world.context, instance="one") is None
    request = ask(world, n_clusters=5)
    assert is_waiting(world.context.store)
    assert world.ask(STATUS, run_id=request.run_id) == "queued"
    outcome = run_next(world.context, instance="one")
    assert outcome is not None
    assert outcome.run_id == request.run_id
    assert world.ask(STATUS, run_id=request.run_id) == "succeeded"
    assert world.ask("SELECT count(*) FROM user_feature_vector") == PEOPLE
    row = "SELECT (claimed_by, requested_by, parameters->>'n_clusters')::text FROM pipeline_run"
    assert world.ask(row) == "(one,ana,5)"
    assert not is_waiting(world.context.store)


def test_the_same_request_is_joined_and_another_one_is_a_conflict(world: World) -> None:
    first = ask(world, n_clusters=5)
    assert ask(world, n_clusters=5) == Enqueued(first.run_id, joined=True)
    with pytest.raises(RunConflict, match=str(first.run_id)):
        ask(world, n_clusters=6)


def test_a_waiting_run_is_cancelled_at_once(world: World) -> None:
    request = ask(world)
    assert cancel(world.context.store, request.run_id)
    assert world.ask(STATUS, run_id=request.run_id) == "cancelled"
    assert run_next(world.context, instance="one") is None
    assert not cancel(world.context.store, request.run_id)


def test_a_run_that_goes_on_stops_at_its_next_step(world: World) -> None:
    run_full(world.context)
    request = ask(world)

    def interfere(stage: str, _done: int, _total: int | None) -> None:
        if stage == "kpis":
            assert cancel(world.context.store, request.run_id)

    with pytest.raises(RunCancelled):
        run_next(world.context, instance="one", progress=interfere)
    assert world.ask(STATUS, run_id=request.run_id) == "cancelled"
    assert world.ask("SELECT data_version FROM active_run") == 1


def test_a_run_of_an_unknown_kind_fails_and_says_why(world: World) -> None:
    with world.context.store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO pipeline_run (kind, status, requested_by)"
                " VALUES ('incremental', 'queued', 'ana')"
            )
        )
    with pytest.raises(RunError, match="incremental"):
        run_next(world.context, instance="one")
    assert world.ask("SELECT status FROM pipeline_run") == "failed"


def test_the_nightly_run_is_asked_for_once_and_again_the_next_night(world: World) -> None:
    store, now = world.context.store, world.now[0]
    first = request_nightly(store, now=now, due=DUE)
    assert first is not None
    assert request_nightly(store, now=now, due=DUE) is None
    run_next(world.context, instance="one")
    assert request_nightly(store, now=now, due=DUE) is None
    by = "SELECT count(*) FROM pipeline_run WHERE requested_by = :who"
    assert world.ask(by, who=NIGHTLY) == 1
    with store.begin() as connection:
        connection.execute(text("UPDATE pipeline_run SET requested_at = :at"), {"at": now})
    assert (
        request_nightly(store, now=now + timedelta(days=1), due=DUE + timedelta(days=1)) is not None
    )


def test_a_nightly_run_that_failed_is_asked_for_again_an_hour_later(world: World) -> None:
    store, now = world.context.store, world.now[0]
    with store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO pipeline_run (kind, status, requested_by, requested_at, error)"
                " VALUES ('full', 'failed', :who, :at, 'x')"
            ),
            {"who": NIGHTLY, "at": now},
        )
    assert request_nightly(store, now=now + timedelta(minutes=59), due=DUE) is None
    assert request_nightly(store, now=now + timedelta(minutes=61), due=DUE) is not None


def test_the_nightly_run_waits_while_somebody_elses_goes_on(world: World) -> None:
    ask(world, n_clusters=7)
    assert request_nightly(world.context.store, now=world.now[0], due=DUE) is None
