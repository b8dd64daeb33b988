"""A person's own usual values: a sample a week, medians of what came before the last one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median, median_low
from uuid import UUID

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from aura_engine.errors import RunError
from aura_engine.store import reads
from aura_engine.store.access import SYSTEM, Role, Viewer
from aura_engine.store.generation import load_generation, sweep_generations
from aura_engine.store.people import remove_people, save_people
from aura_engine.store.samples import SAMPLED, is_sample_due, stage_samples, sweep_samples
from tests.integration.store.rows import (
    AS_OF,
    NO_MEMBERSHIPS,
    a_model,
    a_run,
    generation,
    ids,
    people,
    publish_rows,
    scalar,
)
from tests.integration.store.test_reads import read

EVA, LEO = ids(2)
NAME = "K7-FQ2M"
WEEK = timedelta(days=7)
SAMPLES = "SELECT count(*) FROM kpi_sample"
NIGHTS = "ratio_night_messages"
NEGATIVITY = "sentiment_negativity_index"


@pytest.fixture
def peopled(store: Engine) -> Engine:
    save_people(store, people([EVA, LEO]), NO_MEMBERSHIPS, as_of=AS_OF)
    with store.begin() as connection:
        connection.execute(
            text("UPDATE person SET pseudonym = :name WHERE user_id_raiz = :user"),
            {"name": NAME, "user": EVA},
        )
    return store


def rows(model_id: int, eva: float | None) -> pd.DataFrame:
    found = generation([EVA, LEO], model_id=model_id)
    raw = [f"raw_{column}" for column in SAMPLED]
    found.loc[EVA, raw] = eva
    found.loc[LEO, raw] = 99.0
    return found


def stage(store: Engine, run_id: int, found: pd.DataFrame) -> None:
    batches: list[None] = []
    stage_samples(store, run_id, found, staged=lambda: batches.append(None))
    assert len(batches) == 1


def weeks(store: Engine, values: Sequence[float | None], *, ends: timedelta = WEEK) -> None:
    """Publish a run and a sample a week with these values of Eva's, and a last run without."""
    model_id = a_model(store)
    for age, value in zip(range(len(values) - 1, -1, -1), values, strict=True):
        found = rows(model_id, value)
        run_id = publish_rows(store, found, as_of=AS_OF - ends - age * WEEK)
        stage(store, run_id, found)
    publish_rows(store, rows(model_id, 7.0), as_of=AS_OF)
    with store.begin() as connection:
        connection.execute(text("UPDATE pipeline_run SET text_revision = 'r1'"))


def usual(store: Engine, viewer: Viewer = SYSTEM) -> dict[str, float | None]:
    found: dict[str, float | None] = read(store, reads.usual_kpis, viewer, NAME)
    assert list(found) == list(SAMPLED)
    return found


def nothing() -> dict[str, float | None]:
    return dict.fromkeys(SAMPLED)


@pytest.mark.parametrize("values", [[0.1, 0.2, 0.9, 0.3, 0.2], [4.0, 0.0, 1.0, 3.0, 2.0, 2.5]])
def test_what_is_usual_is_the_median_of_the_person_s_own_weeks(
    peopled: Engine, values: list[float]
) -> None:
    weeks(peopled, values)
    expected = dict.fromkeys(SAMPLED, pytest.approx(median(values), abs=1e-6))
    # Nobody is in two and a half kinds of communities.
    expected["num_community_categories"] = pytest.approx(median_low(values), abs=1e-6)
    assert usual(peopled) == expected


def test_the_last_days_say_nothing_of_what_is_usual(peopled: Engine) -> None:
    weeks(peopled, [1.0, 1.0, 1.0, 1.0, 1.0, 50.0], ends=timedelta(days=3))
    assert usual(peopled)[NIGHTS] == 1.0


def test_nothing_is_usual_before_thirty_days(peopled: Engine) -> None:
    weeks(peopled, [1.0, 1.0, 1.0, 1.0], ends=timedelta(days=8))
    assert usual(peopled) == nothing()


def test_what_was_observed_too_seldom_is_not_told(peopled: Engine) -> None:
    weeks(peopled, [1.0, None, None, 1.0, 1.0])
    assert usual(peopled) == nothing()
    with peopled.begin() as connection:
        connection.execute(text(f"UPDATE kpi_sample SET {NIGHTS} = 2.0"))  # noqa: S608
    assert usual(peopled) == nothing() | {NIGHTS: 2.0}


def test_negativity_that_another_language_model_read_is_not_compared(peopled: Engine) -> None:
    weeks(peopled, [1.0] * 5)
    last = "UPDATE pipeline_run SET text_revision = 'r2' WHERE id = (SELECT run_id FROM active_run)"
    with peopled.begin() as connection:
        connection.execute(text(last))
    assert usual(peopled) == dict.fromkeys(SAMPLED, 1.0) | {NEGATIVITY: None}


@pytest.mark.parametrize(
    ("silent", "told"), [(timedelta(days=80), None), (timedelta(days=20), 2.0)]
)
def test_a_silence_that_lasts_is_not_what_is_usual(
    peopled: Engine, silent: timedelta, told: float | None
) -> None:
    """Days since somebody was last seen count up with each week of it."""
    weeks(peopled, [2.0] * 12)
    spoke = AS_OF - silent
    with peopled.begin() as connection:
        connection.execute(
            text("UPDATE person SET last_activity_at = :spoke WHERE pseudonym = :name"),
            {"spoke": spoke, "name": NAME},
        )
        connection.execute(
            text(
                "UPDATE kpi_sample s SET days_since_last_seen"
                " = extract(epoch FROM r.as_of - :spoke) / 86400"
                " FROM pipeline_run r WHERE r.id = s.run_id AND r.as_of > :spoke"
            ),
            {"spoke": spoke},
        )
    expected = dict.fromkeys(SAMPLED, 2.0) | {"days_since_last_seen": told}
    assert usual(peopled) == expected


def test_who_was_never_seen_has_no_usual_silence(peopled: Engine) -> None:
    weeks(peopled, [2.0] * 6)
    with peopled.begin() as connection:
        connection.execute(text("UPDATE person SET last_activity_at = NULL"))
    assert usual(peopled) == dict.fromkeys(SAMPLED, 2.0) | {"days_since_last_seen": None}


def test_samples_of_long_ago_count_for_nothing_and_go(peopled: Engine) -> None:
    weeks(peopled, [9.0] * 6 + [1.0] * 5, ends=timedelta(days=58))
    assert usual(peopled) == dict.fromkeys(SAMPLED, 1.0)
    assert sweep_samples(peopled, now=AS_OF) == 2 * 6
    assert scalar(peopled, SAMPLES) == 2 * 5


def test_of_whom_the_viewer_may_not_see_nothing_is_told(peopled: Engine) -> None:
    weeks(peopled, [1.0] * 5)
    elsewhere = Viewer("ana", Role.COUNSELOR, frozenset({UUID(int=1)}))
    assert usual(peopled, elsewhere) == nothing()


def test_a_sample_is_due_each_week_whatever_the_minute(peopled: Engine) -> None:
    def due(as_of: datetime) -> bool:
        with peopled.connect() as connection:
            return is_sample_due(connection, as_of)

    assert due(AS_OF)
    found = rows(a_model(peopled), 1.0)
    stage(peopled, publish_rows(peopled, found), found)
    assert not due(AS_OF + timedelta(days=6))
    assert due(AS_OF + WEEK - timedelta(minutes=9))


def test_samples_of_a_run_that_never_flipped_are_not_seen_and_go(peopled: Engine) -> None:
    weeks(peopled, [1.0, 1.0, 1.0, 1.0, 1.0])
    _fail(peopled, rows(a_model(peopled), 50.0), AS_OF - 2 * WEEK)
    _fail(peopled, rows(a_model(peopled), 50.0), AS_OF + timedelta(days=3))
    assert scalar(peopled, SAMPLES) == 2 * 7
    assert usual(peopled)[NIGHTS] == 1.0
    with peopled.connect() as connection:
        assert is_sample_due(connection, AS_OF)
    sweep_generations(peopled)
    assert scalar(peopled, SAMPLES) == 2 * 5


def _fail(store: Engine, found: pd.DataFrame, as_of: datetime) -> None:
    def run_and_fail() -> None:
        with a_run(store, as_of=as_of) as run:
            load_generation(store, run.run_id, found.reset_index())
            stage(store, run.run_id, found)
            raise RunError("stop here")

    with pytest.raises(RunError, match="stop here"):
        run_and_fail()


def test_whoever_leaves_takes_their_samples_along_and_gets_no_new_one(peopled: Engine) -> None:
    weeks(peopled, [1.0] * 5)
    with peopled.begin() as connection:
        remove_people(connection, [EVA], as_of=AS_OF)
    found = rows(a_model(peopled), 1.0)
    stage(peopled, publish_rows(peopled, found.loc[[LEO]]), found)
    assert scalar(peopled, "SELECT count(*) FROM kpi_sample WHERE user_id_raiz = :u", u=EVA) == 0
    assert scalar(peopled, SAMPLES) == 6
