"""The ensemble's benchmark runs at a reduced size and ends with its figures."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks import ensemble
from benchmarks.measuring import Measured

KEYS = ["ratio_1m_vs_kmeans_iforest", "peak_mb_1m", "growth_100k_1m", "speedup_dbscan_20k"]


def measured_here(work: Callable[..., Any], *arguments: Any) -> Measured:
    """Stand in for processes of their own, each of which imports scikit-learn for seconds."""
    timed = work(*arguments)
    return Measured(timed.seconds, 100.0, timed.result)


def test_it_says_its_sizes_and_ends_with_its_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ensemble, "measure", measured_here)
    monkeypatch.setattr(sys, "argv", ["ensemble", "--people", "20000", "--rounds", "2"])
    ensemble.main()
    told = capsys.readouterr()
    *table, last = told.out.splitlines()
    figures = json.loads(last)
    assert list(figures) == KEYS
    assert all(isinstance(value, float) and value > 0 for value in figures.values())
    sizes = [line.split()[-3] for line in table[1:]]
    assert sizes == ["20,000", "20,000", "2,000", "400", "400", "400"]
    assert told.err == ""


def test_a_part_is_measured_in_a_process_of_its_own() -> None:
    (part,) = ensemble.fastest(1, (ensemble.density_vote, 400))
    assert part.seconds > 0
    assert part.peak_mb > 50
    assert 0 <= part.result < 400


def test_a_vote_that_is_not_dbscans_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    def another(work: Callable[..., Any], *arguments: Any) -> Measured:
        result = 1 if work is ensemble.dbscan else 0
        return Measured(1.0, 100.0, result)

    monkeypatch.setattr(ensemble, "measure", another)
    monkeypatch.setattr(sys, "argv", ["ensemble"])
    with pytest.raises(RuntimeError, match="noise: 0, 1 and 1 people"):
        ensemble.main()
