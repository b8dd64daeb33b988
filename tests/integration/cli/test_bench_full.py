"""The benchmark of full runs, at a reduced size."""

from __future__ import annotations

import json

import pytest

from benchmarks import full


def test_runs_of_two_sizes_are_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["full", "--small", "300", "--large", "600"])
    full.main()
    said = capsys.readouterr().out.splitlines()
    figures = json.loads(said[-1])
    assert set(figures) == {"growth_per_user_20k_200k", "peak_mb_200k", "share_outside_postgres"}
    assert 0 < figures["share_outside_postgres"] < 1
    assert figures["peak_mb_200k"] > 50
    assert any(line.startswith("extract s") for line in said)
