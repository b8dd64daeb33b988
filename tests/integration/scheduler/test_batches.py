"""What can never be scored keeps nobody else waiting for long, and is not forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event
from typing import Any

import pytest
from sqlalchemy import text

from aura_engine.errors import SourceError
from aura_engine.pipeline.incremental import IncrementalRuns
from aura_engine.settings import Settings
from aura_engine.sources import Source
from aura_engine.sources.changes import Change
from aura_engine.sources.feed import ChangeFeed
from aura_engine.store.change_cursors import WaitingChange, cursors, let_wait
from aura_engine.store.leadership import leading
from scheduler.batches import CHANGES_PASSED_OVER, TRIES, Batches
from scheduler.parts import Led
from tests.integration.pipeline.conftest import World
from tests.integration.pipeline.people import person_id
from tests.integration.pipeline.scored import ScoredWorlds

FIRST, POISONED, LAST = (person_id(number) for number in (1, 2, 3))
MANY = 60
RESCORED = text("SELECT user_id_raiz::text FROM rescored")
PASSED_OVER = text("SELECT count(*) FROM event WHERE payload ->> 'code' = :code")


@pytest.fixture
def world(scored_worlds: ScoredWorlds) -> Iterator[World]:
    with scored_worlds.copy() as made:
        yield made


@pytest.fixture
def batches(world: World) -> Iterator[Batches]:
    store = world.context.store
    with leading(store, instance="here:1") as held:
        assert held is not None
        context = world.context.led_by(held.fence)
        led = Led(context, Settings.load({}), store, "here:1", held.fence, held.since)
        feeds = {source: ChangeFeed(source, Event()) for source in Source}
        yield Batches(led, feeds, lambda _: None)


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Let every batch fail in which the poisoned person is read."""
    read = IncrementalRuns._read

    def with_(error: Exception) -> None:
        def _read(self: IncrementalRuns, told: Any, as_of: Any) -> Any:
            if any(POISONED in people for people in told.to_read.values()):
                raise error
            return read(self, told, as_of)

        monkeypatch.setattr(IncrementalRuns, "_read", _read)

    return with_


def joined(who: str) -> Change:
    return Change(Source.SOCIAL, "community_members", "INSERT", who)


def failures_until(batches: Batches, is_done: Callable[[], bool]) -> int:
    """Score again and again until it is so; return how many batches failed."""
    failed = 0
    for _ in range(MANY):
        if is_done():
            return failed
        try:
            batches.score_next(frozenset(), is_one_back=True)
        except (RuntimeError, SourceError):
            failed += 1
    raise AssertionError(f"not done after {MANY} batches")


def waits(batches: Batches) -> int:
    return sum(feed.status().waiting for feed in batches.feeds.values())


def is_left_to_a_full_run(world: World, source: Source) -> bool:
    with world.context.store.connect() as connection:
        due = {name for name, held in cursors(connection).items() if held.resync_reason}
        told = connection.scalar(PASSED_OVER, {"code": CHANGES_PASSED_OVER})
    return due == {source.value} and told == 1


def who_was_scored(world: World) -> set[str]:
    with world.context.store.connect() as connection:
        return set(connection.scalars(RESCORED))


def test_one_whom_no_batch_can_score_is_passed_over_alone(
    world: World, batches: Batches, fails: Callable[[Exception], None]
) -> None:
    fails(RuntimeError("a row that nobody thought of"))
    batches.feeds[Source.SOCIAL].add([joined(FIRST), joined(POISONED), joined(LAST)])
    assert failures_until(batches, lambda: waits(batches) == 0) <= 3 * TRIES
    assert who_was_scored(world) == {FIRST, LAST}
    assert is_left_to_a_full_run(world, Source.SOCIAL)


def test_what_waited_for_a_source_and_cannot_be_scored_is_passed_over_too(
    world: World, batches: Batches, fails: Callable[[Exception], None]
) -> None:
    fails(RuntimeError("a row that nobody thought of"))
    waited = [WaitingChange("social", "community_members", "INSERT", POISONED, "messaging")]
    with world.context.store.begin() as connection:
        let_wait(connection, waited)
    batches.feeds[Source.AUTH].add([Change(Source.AUTH, "users", "UPDATE", LAST)])
    failures_until(batches, lambda: waits(batches) == 0)
    with world.context.store.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM waiting_change")) == 0
        due = {name for name, held in cursors(connection).items() if held.resync_reason}
    assert "social" in due


def test_a_source_that_cannot_answer_for_one_person_goes_on_with_the_next(
    world: World, batches: Batches, fails: Callable[[Exception], None]
) -> None:
    fails(SourceError("tardó demasiado", "social"))
    batches.feeds[Source.SOCIAL].add([joined(FIRST), joined(POISONED), joined(LAST)])
    batches.feeds[Source.AUTH].add([Change(Source.AUTH, "users", "UPDATE", LAST)])
    with suppress(SourceError):
        batches.score_next(frozenset(), is_one_back=False)
    assert batches.feeds[Source.AUTH].status().waiting == 0  # nobody waits for another source
    failed = failures_until(batches, lambda: waits(batches) == 0)
    assert failed >= 2 * TRIES
    assert {FIRST, LAST} <= who_was_scored(world)
    assert is_left_to_a_full_run(world, Source.SOCIAL)
