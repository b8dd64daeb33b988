"""Jobs on the clock: they survive what may fail, are counted when they miss a turn, and end."""

from __future__ import annotations

import threading

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from aura_engine.errors import LeadershipLost, StoreError
from scheduler.clock import Clock, Job
from tests.patience import eventually


def misfires(job: str) -> float:
    return REGISTRY.get_sample_value("aura_misfires_total", {"job": job}) or 0.0


@pytest.mark.parametrize("error", [StoreError("la base no responde"), LeadershipLost("otro")])
def test_a_job_that_fails_for_now_has_its_next_turn(error: Exception) -> None:
    turns: list[int] = []

    def fail() -> None:
        turns.append(len(turns))
        raise error

    clock = Clock([Job("failing", fail, 0.05)])
    with capture_logs() as events:
        clock.start()
        eventually(lambda: len(turns) >= 3)
        assert clock.stop(600)
    assert {"event": "job_without_store", "job": "failing", "reason": str(error)}.items() <= (
        events[0].items()
    )


def test_a_turn_that_overlaps_the_one_before_is_missed_counted_and_logged() -> None:
    go_on = threading.Event()
    before = misfires("long")
    clock = Clock([Job("long", lambda: go_on.wait(600) and None, 0.05)])
    with capture_logs() as events:
        clock.start()
        eventually(lambda: misfires("long") >= before + 2)
        assert not clock.stop(0)  # the turn goes on
        go_on.set()
        assert clock.stop(600)
    missed = [event for event in events if event["event"] == "job_missed_its_turn"]
    assert missed
    assert (missed[0]["job"], missed[0]["why"]) == ("long", "overlaps")


def test_the_first_turn_may_come_later_and_none_comes_after_the_end() -> None:
    turns: list[str] = []
    clock = Clock(
        [
            Job("late", lambda: turns.append("late"), 0.05, after=3600),
            Job("soon", lambda: turns.append("soon"), 0.05),
        ]
    )
    clock.start()
    eventually(lambda: turns.count("soon") >= 2)
    assert clock.stop(600)
    ended_with = list(turns)
    assert "late" not in ended_with
    assert turns == ended_with


def test_a_clock_that_never_started_has_ended() -> None:
    assert Clock([]).stop(0)
