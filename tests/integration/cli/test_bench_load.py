"""The benchmark of the load, at a reduced size."""

from __future__ import annotations

import json

import pytest

from benchmarks import load


def test_a_load_is_compared_and_watched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["load", "--rows", "2000"])
    load.main()
    said = capsys.readouterr().out.splitlines()
    figures = json.loads(said[-1])
    assert figures["speedup_vs_to_sql"] > 0
    assert figures["sample_vs_load"] > 0
    watched = [line for line in said if "transactions of readers" in line]
    assert len(watched) == 2
    assert all(int(line.split()[0].replace(",", "")) > 0 for line in watched)


def test_a_partial_population_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["load", "--rows", "500"])
    whole = load._watched

    def as_if_less_were_expected(store, rows, model_id, counts):
        return whole(store, rows, model_id, {max(counts) + 1})

    monkeypatch.setattr(load, "_watched", as_if_less_were_expected)
    with pytest.raises(RuntimeError, match="a reader under"):
        load.main()
