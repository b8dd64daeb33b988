"""Slices of time: cut anywhere, made anywhere, they are the same rows."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura_engine.demo.journal import Batch
from aura_engine.demo.population import Population, SliceRows
from aura_engine.demo.texts import TextPool
from aura_engine.errors import DemoError
from tests.counting import calls
from tests.unit.demo.stage import EPOCH, SEED, ZONE, moment

USERS = 60
DAYS = 6


@pytest.fixture(scope="module")
def small(pool: TextPool) -> Population:
    return Population(SEED, USERS, EPOCH, ZONE, pool=pool)


@pytest.fixture(scope="module")
def whole(small: Population) -> dict[object, pd.DataFrame]:
    return tables([small.rows(None, moment(DAYS))])


def tables(slices: list[SliceRows]) -> dict[object, pd.DataFrame]:
    """Put consecutive slices together, one table a kind of row."""
    parts: dict[object, list[pd.DataFrame]] = {}
    for rows in slices:
        for batch in [*rows.inserts, *rows.updates]:
            frame = pd.DataFrame({"_at": batch.at, **batch.columns}, dtype=object)
            parts.setdefault(batch.kind, []).append(frame)
    return {kind: pd.concat(frames, ignore_index=True) for kind, frames in parts.items()}


def digest(rows: SliceRows) -> str:
    total = hashlib.sha256()
    for batch in [*rows.inserts, *rows.updates]:
        total.update(repr(batch.kind).encode())
        for values in batch.columns.values():
            total.update(repr(values.tolist()).encode())
    return total.hexdigest()


@settings(max_examples=8, deadline=None)
@given(
    cuts=st.lists(st.floats(-7, DAYS, allow_nan=False), min_size=1, max_size=5, unique=True).map(
        sorted
    )
)
def test_consecutive_slices_are_one_big_slice(
    small: Population, whole: dict[object, pd.DataFrame], cuts: list[float]
) -> None:
    ends: list[datetime] = [*map(moment, cuts), moment(DAYS)]
    starts = [None, *ends[:-1]]
    pieces = [small.rows(t0, t1) for t0, t1 in zip(starts, ends, strict=True)]
    put_together = tables(pieces)
    assert put_together.keys() == whole.keys()
    for kind, frame in whole.items():
        pd.testing.assert_frame_equal(put_together[kind], frame, check_dtype=False)


def test_another_process_with_another_hash_seed_makes_the_same_rows(small: Population) -> None:
    program = (
        "from tests.unit.demo.test_slices import *\n"
        "people = Population(SEED, USERS, EPOCH, ZONE, pool=TextPool(SEED))\n"
        "print(digest(people.rows(None, moment(DAYS))))"
    )
    made = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONHASHSEED": "4321", "PYTHONPATH": str(Path(__file__).parents[3])},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.strip() == digest(small.rows(None, moment(DAYS)))


def test_another_seed_makes_other_people(small: Population, pool: TextPool) -> None:
    other = Population(SEED + 1, USERS, EPOCH, ZONE, pool=pool)
    assert not set(other.cast.auth_id) & set(small.cast.auth_id)


def test_a_slice_further_back_is_lived_through_again(small: Population) -> None:
    early = digest(small.rows(moment(1), moment(2)))
    small.rows(moment(20), moment(21))
    assert digest(small.rows(moment(1), moment(2))) == early


def test_one_more_day_of_600_people_does_not_live_through_the_others_again(
    history: tuple[Population, SliceRows],
) -> None:
    """A day takes 11,000 calls, all 120 of them 1.4 million."""
    population, _ = history
    population.rows(moment(119), moment(120))
    days: list[SliceRows] = []
    assert calls(lambda: days.append(population.rows(moment(120), moment(121)))) < 30_000
    (rows,) = days
    assert len(rows.inserted("messaging", "messages")) > 100


def test_life_goes_on_long_after_the_history(pool: TextPool) -> None:
    population = Population(SEED, USERS, EPOCH, ZONE, pool=pool)
    rows = population.rows(moment(170), moment(172))
    assert len(rows.inserted("messaging", "messages")) > 20
    assert not any(len(rows.inserted(database, "users")) for database in ("auth", "messaging"))


def test_no_row_lies_outside_its_slice(small: Population) -> None:
    rows = small.rows(moment(2.3), moment(4.6))
    first, last = (pd.Timestamp(moment(day)).tz_localize(None) for day in (2.3, 4.6))
    batches: list[Batch] = [*rows.inserts, *rows.updates]
    assert batches
    for batch in batches:
        for name, values in batch.columns.items():
            if values.dtype.kind == "M":
                assert (values > first).all(), name
                assert (values <= last).all(), name


def test_a_moment_without_a_zone_and_one_before_the_history_are_refused(
    small: Population,
) -> None:
    with pytest.raises(DemoError, match="zona horaria"):
        small.rows(None, moment(3).replace(tzinfo=None))
    with pytest.raises(DemoError, match="empieza"):
        small.rows(None, moment(-20))
