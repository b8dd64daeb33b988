"""A full run that may keep what it cannot read: a source is away, and accounts come and go."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import create_engine

from aura_engine.errors import SourceError
from aura_engine.pipeline import PipelineContext, RunParameters, run_full
from aura_engine.sources import Source
from aura_engine.sources.answers import with_links
from tests.integration.pipeline.conftest import World
from tests.integration.pipeline.live import stored_rows
from tests.integration.pipeline.people import PEOPLE, person_id

NOWHERE = "postgresql+psycopg2://reader:secret@127.0.0.1:1/nowhere"


def without(context: PipelineContext, source: Source) -> PipelineContext:
    """Return a context one of whose sources does not answer."""
    nowhere = with_links(create_engine(NOWHERE))
    return replace(context, sources=replace(context.sources, **{source.value: nowhere}))


@pytest.mark.parametrize("source", [Source.SOCIAL, Source.MESSAGING])
def test_rows_that_cannot_be_read_anew_are_kept_and_who_left_goes(
    world: World, source: Source
) -> None:
    run_full(world.context)
    before = stored_rows(world)
    world.now[0] += timedelta(hours=6)
    world.change(Source.AUTH, "DELETE FROM users WHERE user_id = :u", u=person_id(3))
    context = without(world.context, source)
    with pytest.raises(SourceError):
        run_full(context)
    kept = run_full(context, parameters=RunParameters(keep_unread=True))
    after = stored_rows(world)
    assert set(before.index) - set(after.index) == {person_id(3)}
    assert len(after) == PEOPLE - 1
    assert kept.results["total_users"] == PEOPLE - 1
    same = before.loc[after.index]
    for column in ("raw_reciprocity_ratio", "raw_num_community_categories"):
        assert after[column].equals(same[column]), column
    # Six hours went by for everyone: what they did is old news, and older now.
    moved = after["raw_days_since_last_seen"] - same["raw_days_since_last_seen"]
    assert moved.round(6).eq(0.25).all()
    assert world.ask("SELECT counts ->> 'unread' FROM pipeline_run ORDER BY id DESC LIMIT 1") == (
        source.value
    )


def test_without_the_accounts_nobody_can_be_kept(world: World) -> None:
    run_full(world.context)
    with pytest.raises(SourceError):
        run_full(without(world.context, Source.AUTH), parameters=RunParameters(keep_unread=True))


def test_a_first_run_has_nothing_to_keep(world: World) -> None:
    with pytest.raises(SourceError):
        run_full(
            without(world.context, Source.MESSAGING), parameters=RunParameters(keep_unread=True)
        )
