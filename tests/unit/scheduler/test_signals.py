"""The wish to end is heard whatever the main thread is at."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from scheduler.signals import StopSignal


@pytest.fixture
def stop() -> Iterator[StopSignal]:
    numbers = (signal.SIGINT, signal.SIGTERM)
    former = {number: signal.getsignal(number) for number in numbers}
    made = StopSignal()
    made.listen()
    yield made
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait_and_is_remembered(stop: StopSignal, number: int) -> None:
    threading.Timer(0.05, os.kill, (os.getpid(), number)).start()
    assert stop.wait()
    assert stop.wait()
    assert (stop.is_set(), stop.name) == (True, signal.Signals(number).name)


def test_a_wait_that_is_woken_or_over_is_no_signal(stop: StopSignal) -> None:
    assert not stop.wait(0.01)
    threading.Timer(0.05, stop.wake).start()
    assert not stop.wait()
    assert not stop.is_set()


def test_signals_in_a_tight_loop_of_waits_are_all_survived(stop: StopSignal) -> None:
    done = threading.Event()

    def send() -> None:
        for _ in range(300):
            os.kill(os.getpid(), signal.SIGTERM)
        done.set()

    sender = threading.Thread(target=send)
    sender.start()
    while not done.is_set():
        stop.name = None
        stop.wait(0.0001)
    sender.join()
    os.kill(os.getpid(), signal.SIGTERM)
    assert stop.wait()
