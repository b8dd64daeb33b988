"""Parts are stopped side by side: the slowest decides how long it takes."""

from __future__ import annotations

import threading

from scheduler.parts import stop_all


class Waiting:
    """Ends when the other one has been asked to end."""

    def __init__(self, mine: threading.Event, other: threading.Event, ends: bool = True) -> None:
        self._mine, self._other, self._ends = mine, other, ends

    def start(self) -> None:
        raise AssertionError

    def stop(self, timeout: float) -> bool:
        self._mine.set()
        return self._other.wait(timeout) and self._ends


def test_all_are_asked_before_any_is_waited_for() -> None:
    one, two = threading.Event(), threading.Event()
    assert stop_all([Waiting(one, two), Waiting(two, one)], 600)


def test_one_that_does_not_end_is_told() -> None:
    one, two = threading.Event(), threading.Event()
    assert not stop_all([Waiting(one, two), Waiting(two, one, ends=False)], 600)
    assert stop_all([], 0)
