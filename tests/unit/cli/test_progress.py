from __future__ import annotations

import pytest

from aura_cli.progress import steps


def test_where_nobody_watches_each_step_is_a_line_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with steps() as shown:
        shown.whole("demo_nights", 0, 2)
        shown.stage("extract", 0, None)
        shown.whole("demo_nights", 0, 2)
        shown.whole("demo_nights", 1, 2)
        shown.stage("extract", 5, None)
    told = capsys.readouterr()
    assert told.err.splitlines() == ["Noches repasadas: 0/2", "Noches repasadas: 1/2"]
    assert told.out == ""


def test_a_run_of_its_own_tells_its_stages(capsys: pytest.CaptureFixture[str]) -> None:
    with steps() as shown:
        shown.stage("extract", 0, None)
        shown.stage("texts", 0, None)
        shown.stage("texts", 500, None)
    assert capsys.readouterr().err.splitlines() == ["Extracción", "Textos"]


def test_a_whole_of_a_single_step_is_not_worth_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with steps() as shown:
        shown.whole("demo_people", 0, 1)
        shown.whole("demo_people", 1, 1)
    assert capsys.readouterr().err == ""
