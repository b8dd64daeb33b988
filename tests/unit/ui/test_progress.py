"""How far a run is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_engine.pipeline import STAGES
from aura_engine.pipeline.pace import pace
from aura_ui.rerun import pace_in_words, progress

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def run(done, stage_done=0, stage_total=None):
    stages = [{"name": name, "seconds": 1.0} for name in STAGES[:done]]
    stage = STAGES[min(done, len(STAGES) - 1)]
    return {
        "stages": stages,
        "stage": stage,
        "stage_done": stage_done,
        "stage_total": stage_total,
    }


@pytest.mark.parametrize("done", range(len(STAGES) + 1))
def test_each_stage_behind_it_counts_the_same(done):
    assert progress(run(done)) == pytest.approx(done / len(STAGES))


@given(st.integers(0, len(STAGES)), st.integers(0, 2_000), st.integers(0, 1_000))
def test_it_never_leaves_the_bar(done, stage_done, stage_total):
    assert 0.0 <= progress(run(done, stage_done, stage_total)) <= 1.0


def test_half_of_a_stage_is_half_of_its_share():
    assert progress(run(1, 50, 100)) == pytest.approx(1.5 / len(STAGES))


def test_a_stage_that_ended_is_not_counted_twice():
    ended = run(1, 100, 100) | {"stage": STAGES[0]}
    assert progress(ended) == pytest.approx(1 / len(STAGES))


def test_the_pace_says_how_many_a_second_and_how_long_it_takes():
    going = run(1, 300, 1_500) | {"stage_started_at": NOON, "heartbeat_at": NOON + MINUTE}
    assert pace_in_words(going) == "300 de 1,500 · 5 por segundo · quedan 4 min 00 s"


@pytest.mark.parametrize(
    "unknown",
    [
        {"stage_done": 0},
        {"stage_total": None},
        {"stage_started_at": None},
        {"heartbeat_at": NOON},
    ],
)
def test_without_a_beginning_or_an_end_there_is_no_pace(unknown):
    going = run(1, 300, 1_500) | {"stage_started_at": NOON, "heartbeat_at": NOON + MINUTE}
    assert pace_in_words(going | unknown) is None


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.floats(0.01, 10_000))
def test_the_time_left_is_never_negative_and_fits_the_speed(done, total, elapsed):
    found = pace(done, total, elapsed)
    assert found.seconds_left >= 0
    assert found.seconds_left * found.per_second == pytest.approx(max(0, total - done))
