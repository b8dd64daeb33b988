"""How the benchmark of faults judges; tests/integration/faults does the faults themselves."""

from __future__ import annotations

import pytest

from benchmarks import faults
from benchmarks.faults import Survived
from benchmarks.faults_away import Absence

QUICK = Absence(noticed=8.0, others=0.2, waited=3, healed=1.0, lost=0)


@pytest.mark.parametrize(
    ("absence", "has_passed"),
    [
        (QUICK, True),
        (Absence(11.0, 0.2, 3, 1.0, 0), False),
        (Absence(8.0, 0.2, 3, 1.0, 1), False),
    ],
)
def test_a_source_away_is_to_be_noticed_in_time_and_loses_nothing(
    absence: Absence, has_passed: bool
) -> None:
    assert faults._absent("shut", absence).has_passed is has_passed


def test_who_waits_in_vain_has_failed_and_the_next_fault_is_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def hangs() -> Survived:
        raise RuntimeError("not so within 600 s")

    assert not faults._done("5 killed", hangs).has_passed
    assert faults._done("6 away", lambda: Survived("fine")).has_passed
    failed, passed = capsys.readouterr().out.splitlines()
    assert "FAILED" in failed
    assert "not so within" in failed
    assert "passed" in passed


def test_what_happened_twice_is_not_survived() -> None:
    assert Survived("").has_passed
    assert not Survived("", duplicates=1).has_passed
    assert not Survived("", lost=1).has_passed
