"""A leader of each test's own, on a small world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aura_engine.settings import Settings
from aura_engine.store.leadership import leading
from scheduler.jobs import Jobs
from scheduler.language import Language
from scheduler.parts import Led
from scheduler.pulse import Pulse
from tests.integration.pipeline.conftest import World, scored_worlds, shipped_model, world

__all__ = ["scored_worlds", "shipped_model", "world"]


@pytest.fixture
def led(world: World) -> Iterator[Led]:
    store = world.context.store
    with leading(store, instance="here:1") as leadership:
        assert leadership is not None
        context = world.context.led_by(leadership.fence)
        settings = Settings.load({})
        yield Led(context, settings, store, "here:1", leadership.fence, leadership.since)


@pytest.fixture
def language(led: Led) -> Language:
    return Language(led.context)


@pytest.fixture
def jobs(led: Led, language: Language) -> Jobs:
    return Jobs(led, language, Pulse(led))
