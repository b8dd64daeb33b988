"""A new language model takes over only when it has read the window; until then nothing waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aura_engine.errors import ModelError
from aura_engine.pipeline import ahead, reading, run_full
from aura_engine.pipeline.ahead import read_ahead
from aura_engine.sources import Source
from tests.integration.pipeline.conftest import CountingScorer, World
from tests.integration.pipeline.people import NOW

FITTED_BECAUSE = "SELECT counts->>'fitted_because' FROM pipeline_run ORDER BY id DESC LIMIT 1"
LAST_REVISION = "SELECT text_revision FROM pipeline_run ORDER BY id DESC LIMIT 1"
LAST_MODEL = "SELECT text_model FROM pipeline_run ORDER BY id DESC LIMIT 1"
UNREAD = "SELECT (counts->'read_ahead'->>'unread')::int FROM pipeline_run ORDER BY id DESC LIMIT 1"
SCORED = "SELECT count(*) FROM text_score WHERE model_revision = :revision"
TEXTS = "SELECT count(*) FROM text_ref"
NEW = "another-1"


def never() -> bool:
    return False


@pytest.fixture
def changed(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in use, whose configured language model has become another one."""
    monkeypatch.setattr(reading, "MOST_UNREAD", 50)
    monkeypatch.setattr(ahead, "PAGE", 400)
    run_full(world.context)
    world.scorer.asked.clear()
    world.scorer.revision = NEW
    return world


@pytest.fixture
def former(changed: World) -> CountingScorer:
    model = CountingScorer(changed.scorer.model)
    changed.context = replace(changed.context, scorer_of=lambda _revision, _name: model)
    return model


def test_the_model_in_use_stays_while_the_new_one_has_much_to_read(changed: World) -> None:
    before = changed.ask(LAST_REVISION)
    run_full(changed.context)
    assert changed.scorer.asked == []
    assert changed.ask(LAST_REVISION) == before
    assert changed.ask(LAST_MODEL) == changed.scorer.name
    assert changed.ask("SELECT count(*) FROM model_version") == 1
    assert changed.ask(UNREAD) == changed.ask(TEXTS)


def test_new_texts_are_read_with_the_model_in_use_where_it_can_be_had(
    changed: World, former: CountingScorer
) -> None:
    changed.now[0] = NOW + timedelta(hours=2)
    changed.change(
        Source.MESSAGING,
        "UPDATE messages SET content = 'recién escrito', updated_at = :at"
        " WHERE content LIKE '% 3/4'",
        at=NOW + timedelta(hours=1),
    )
    run_full(changed.context)
    assert former.asked == ["recién escrito"]
    assert changed.scorer.asked == []


def test_it_reads_the_newest_first_and_keeps_what_it_read(changed: World) -> None:
    found = read_ahead(changed.context, stop=lambda: True)
    assert found is not None
    assert (found.revision, found.ended) == (NEW, False)
    assert found.scored == changed.ask(SCORED, revision=NEW)
    assert 0 < found.scored <= 400
    assert found.unread == int(str(changed.ask(TEXTS))) - found.scored
    oldest_read = (
        "SELECT min(written_at) FROM text_ref r JOIN text_score s USING (hmac)"
        " WHERE model_revision = :revision"
    )
    newest_unread = (
        "SELECT max(written_at) FROM text_ref r WHERE NOT EXISTS (SELECT FROM text_score s"
        " WHERE s.hmac = r.hmac AND model_revision = :revision)"
    )
    assert changed.ask(oldest_read, revision=NEW) >= changed.ask(newest_unread, revision=NEW)


def test_it_goes_on_where_it_stopped_and_reads_nothing_twice(changed: World) -> None:
    read_ahead(changed.context, stop=lambda: True)
    found = read_ahead(changed.context, stop=never)
    assert found is not None
    assert (found.ended, found.unread) == (True, 0)
    assert len(changed.scorer.asked) == len(set(changed.scorer.asked))
    assert changed.ask(SCORED, revision=NEW) == changed.ask(
        "SELECT count(DISTINCT hmac) FROM text_ref"
    )


def test_the_run_after_it_changes_to_the_new_model_and_fits_anew(changed: World) -> None:
    read_ahead(changed.context, stop=never)
    changed.scorer.asked.clear()
    run_full(changed.context)
    assert changed.scorer.asked == []
    assert changed.ask(LAST_REVISION) == NEW
    assert changed.ask(FITTED_BECAUSE) == "text_model"
    assert changed.ask("SELECT count(*) FROM event WHERE type = 'CRITICAL_ALERT'") == 0
    assert read_ahead(changed.context, stop=never) is None


def test_a_text_that_is_gone_does_not_hold_it_up(changed: World) -> None:
    gone = changed.change(Source.MESSAGING, "DELETE FROM messages WHERE content LIKE '% 7/_'")
    found = read_ahead(changed.context, stop=never)
    assert found is not None
    assert found.ended
    assert found.unread == gone
    run_full(changed.context)
    assert changed.ask(LAST_REVISION) == NEW


def test_nothing_is_read_ahead_before_a_first_run_or_with_the_model_in_use(world: World) -> None:
    assert read_ahead(world.context, stop=never) is None
    run_full(world.context)
    assert read_ahead(world.context, stop=never) is None


def test_an_edited_text_is_read_once_however_often_the_window_is_gone_through(
    changed: World,
) -> None:
    edited = changed.change(
        Source.MESSAGING, "UPDATE messages SET content = 'otra cosa' WHERE content LIKE '% 3/4'"
    )
    for _ in range(3):
        found = read_ahead(changed.context, stop=never)
        assert found is not None
        assert (found.ended, found.unread) == (True, edited)
    assert changed.scorer.asked.count("otra cosa") == 1


def test_a_run_with_few_unread_reads_just_those_and_takes_over(changed: World) -> None:
    read_ahead(changed.context, stop=never)
    changed.scorer.asked.clear()
    with changed.context.store.begin() as connection:
        lost = connection.exec_driver_sql(
            "DELETE FROM text_score WHERE model_revision = 'another-1' AND hmac IN"
            " (SELECT hmac FROM text_ref ORDER BY written_at LIMIT 30)"
        ).rowcount
    run_full(changed.context)
    assert len(changed.scorer.asked) == lost
    assert changed.ask(LAST_REVISION) == NEW
    assert changed.ask(
        "SELECT (counts->'texts'->>'read')::int < 1000 FROM pipeline_run ORDER BY id DESC LIMIT 1"
    )


def test_texts_that_no_model_at_hand_can_read_are_counted(changed: World) -> None:
    changed.now[0] = NOW + timedelta(hours=2)
    changed.change(
        Source.MESSAGING,
        "UPDATE messages SET content = 'recién escrito', updated_at = :at"
        " WHERE content LIKE '% 3/4'",
        at=NOW + timedelta(hours=1),
    )
    run_full(changed.context)
    unread = "SELECT (counts->'texts'->>'unread')::int FROM pipeline_run ORDER BY id DESC LIMIT 1"
    assert changed.ask(unread) == 1


def test_a_step_down_is_not_read_ahead(changed: World) -> None:
    with changed.context.store.begin() as connection:
        connection.exec_driver_sql("UPDATE model_version SET text_revision = 'better'")
    with pytest.raises(ModelError, match="NLP_MODEL_NAME"):
        read_ahead(changed.context, stop=never)
