"""What counts as waiting for PostgreSQL, on calls that stand for the driver's."""

from __future__ import annotations

import time

from benchmarks.waiting import Waits

ROUNDING = 0.01


def busy(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


class Sink:
    spent = 0.0

    def write(self, _row: bytes) -> None:
        begun = time.perf_counter()
        time.sleep(0.05)  # another thread holds what this one needs
        self.spent += time.perf_counter() - begun


def driver_that_sends(sink: Sink) -> None:
    for _ in range(2):
        time.sleep(0.02)
        sink.write(b"row")


def test_standing_still_is_waiting() -> None:
    waits = Waits()
    waits.call(time.sleep, 0.1)
    assert waits.seconds >= 0.1 - ROUNDING


def test_computing_is_not_waiting() -> None:
    waits = Waits()
    begun = time.perf_counter()
    waits.call(busy, 0.1)
    assert waits.seconds <= time.perf_counter() - begun - 0.1 + ROUNDING


def test_what_is_done_with_rows_while_they_arrive_is_not_waiting_for_the_server() -> None:
    waits, sink = Waits(), Sink()
    begun = time.perf_counter()
    waits.call(driver_that_sends, sink)
    assert sink.spent >= 0.1
    assert 0.04 - ROUNDING <= waits.seconds <= time.perf_counter() - begun - sink.spent + ROUNDING
