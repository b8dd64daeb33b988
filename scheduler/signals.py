"""The wish that this process ends, as a signal brings it."""

from __future__ import annotations

import signal
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import FrameType


class StopSignal:
    """Set by SIGINT and SIGTERM; waited for in the main thread.

    A `threading.Event` takes a lock that a handler, which runs in the midst of the wait, may find
    taken by the very thread that it interrupts; putting into a simple queue takes none.
    """

    def __init__(self) -> None:
        self.name: str | None = None
        """Of the signal; None until one comes."""
        self._woken: SimpleQueue[None] = SimpleQueue()

    def listen(self) -> None:
        """Hear the signals from now on."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._hear)

    def wake(self) -> None:
        """End the wait that goes on, from any thread."""
        self._woken.put(None)

    def is_set(self) -> bool:
        """Tell whether a signal came."""
        return self.name is not None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for a signal, or until woken; tell whether a signal came."""
        if not self.is_set():
            with suppress(Empty):
                self._woken.get(timeout=timeout)
        return self.is_set()

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self.name = signal.Signals(number).name
        self._woken.put(None)
