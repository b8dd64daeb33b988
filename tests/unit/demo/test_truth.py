"""The truth file: written whole, read back as it was."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from aura_engine.demo.population import Population, SliceRows
from aura_engine.demo.truth import read_truth, write_truth
from aura_engine.errors import DemoError
from tests.unit.demo.stage import moment

History = tuple[Population, SliceRows]


def test_the_truth_comes_back_as_it_was_written(history: History, tmp_path: Path) -> None:
    population, _ = history
    write_truth(tmp_path / "truth.csv", population, moment(100))
    read = read_truth(tmp_path / "truth.csv")
    pd.testing.assert_frame_equal(read, population.truth(moment(100)), check_dtype=False)
    assert [path.name for path in tmp_path.iterdir()] == ["truth.csv"]


def test_the_truth_names_everyone_once_and_nobody_of_the_staff(history: History) -> None:
    population, rows = history
    truth = population.truth(moment(119))
    accounts = rows.inserted("auth", "users")
    assert truth.index.is_unique
    assert set(truth.index) == set(accounts["user_id"][accounts["id_role"] == 2])


def test_whoever_is_going_to_turn_is_not_at_risk_yet(history: History) -> None:
    population, _ = history
    early, late = population.truth(moment(10)), population.truth(moment(119))
    to_come = early["onset_day"] > 10
    assert to_come.any()
    assert not early.loc[to_come, "at_risk"].any()
    assert 0.08 < late["at_risk"].mean() < 0.1
    assert (late.loc[late["turned"], "progress"] > 0).any()


def test_a_file_that_is_not_the_truth_is_refused(tmp_path: Path) -> None:
    stray = tmp_path / "truth.csv"
    with pytest.raises(DemoError, match=r"truth\.csv"):
        read_truth(stray)
    stray.write_text("user_id,secret\na,b\n", encoding="utf-8")
    with pytest.raises(DemoError, match=r"truth\.csv"):
        read_truth(stray)
