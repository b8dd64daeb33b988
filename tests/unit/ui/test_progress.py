"""How far a run is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_engine.pipeline import STAGES
from aura_ui.rerun import progress


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
