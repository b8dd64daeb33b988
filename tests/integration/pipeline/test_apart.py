"""A run of production never reads the demo's people, whoever started it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from aura_engine.errors import SettingsError
from aura_engine.pipeline import run_full
from aura_engine.sources import Source
from tests.integration.pipeline.conftest import World


def test_a_marked_source_fails_a_run_of_production_before_anything_is_read(world: World) -> None:
    world.change(Source.SOCIAL, "CREATE SCHEMA aura_demo")
    with world.context.store.begin() as connection:
        connection.execute(text("UPDATE installation SET kind = 'production'"))
    with pytest.raises(SettingsError, match="DATABASE_URL_SOCIAL"):
        run_full(world.context)
    assert "DATABASE_URL_SOCIAL" in str(world.ask("SELECT error FROM pipeline_run"))
    assert world.ask("SELECT count(*) FROM person") == 0


def test_the_demo_reads_its_own_people(world: World) -> None:
    world.change(Source.SOCIAL, "CREATE SCHEMA aura_demo")
    run_full(world.context)
    assert world.ask("SELECT status FROM pipeline_run") == "succeeded"
