"""The benchmark of the triggers, at a reduced size."""

from __future__ import annotations

import json

import pytest

from benchmarks import triggers, triggers_load
from benchmarks.triggers_site import Pair

SMALL = ["triggers", "--rows", "3000", "--rounds", "1", "--seconds", "0.3", "--rate", "400"]


def test_a_source_with_and_without_triggers_is_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [*SMALL, "--writers", "3"])
    triggers.main()
    *table, last = capsys.readouterr().out.splitlines()
    figures = json.loads(last)
    assert set(figures) == {
        "bulk_update_ratio",
        "single_insert_added_ms",
        "notifications_per_statement",
    }
    assert figures["bulk_update_ratio"] > 0
    assert figures["notifications_per_statement"] == 1
    counts = {line[:34].strip(): int(line.split()[-2]) for line in table if "notifications" in line}
    assert counts["UPDATE"] == counts["MERGE"] == counts["DELETE"] == 1
    assert counts["UPDATE, nothing of ours"] == counts["UPDATE, no row"] == 0
    assert any(line.startswith("INSERTs of 3 writers") for line in table)


def test_a_ratio_is_that_of_a_round_and_not_of_its_parts() -> None:
    pair = Pair([1.0, 10.0, 2.0], [2.0, 11.0, 6.0])
    assert pair.ratio == 2.0
    assert pair.difference == 1.0


class FewRows:
    """Stands in for a source whose statements change three rows, and fail where they divide."""

    messages = people = 10
    rowcount = 3

    def connect(self) -> FewRows:
        return self

    def cursor(self) -> FewRows:
        return self

    def __enter__(self) -> FewRows:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was opened."""

    def execute(self, statement: str, _values: object = None) -> None:
        if "/" in statement:
            raise ZeroDivisionError(statement)

    def close(self) -> None:
        """Nothing was opened."""


def test_an_update_that_misses_messages_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match="3 of 10 messages changed"):
        triggers_load.seconds_of(FewRows(), "UPDATE messages")  # type: ignore[arg-type]


def test_a_writer_that_fails_fails_the_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triggers_load, "PREPARED", "PREPARE say AS SELECT 1 / 0")
    with pytest.raises(ZeroDivisionError):
        triggers_load.insert_milliseconds(FewRows(), rate=100, seconds=0.1)  # type: ignore[arg-type]
