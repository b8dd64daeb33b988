"""The leader's supervisor: each run is made by a child process that it watches."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aura_cli.orphan import VARIABLE
from aura_engine.errors import LeadershipLost, StoreError
from aura_engine.logs import get_logger
from aura_engine.store.claims import EndedRun, end_claimed, hand_back
from aura_engine.store.queue import is_waiting
from aura_engine.store.runs import close_interrupted
from scheduler.child import MODEL_REFUSED
from scheduler.metrics import observe_run
from scheduler.parts import Led

log = get_logger(__name__)

QUEUE_SECONDS: Final = 1.0
"""Between two looks at the queue."""
CLOSE_SECONDS: Final = 30.0
"""Between two looks for runs of dead processes when nothing waits."""
CHILD_SECONDS: Final = 6.0
"""How long a child gets to hand back its run."""
LONGEST_PAUSE: Final = 60.0
"""After children that took no run and ended badly; the pause doubles from one second."""
_WATCH_SECONDS: Final = 0.2

RunEnded = Callable[[EndedRun, bool], None]
"""Told of a run that ended, and whether it ended because of its language model."""


@dataclass
class RunSupervisor:
    """Starts a child for each run that waits, and sees to it that no run is left unexplained.

    A run in a child gives its memory back, can be killed, and leaves the processor to others. If
    the leader stops, the child hands its run back to the queue; a child that died by itself or by
    somebody else's hand leaves a failed run, which is not repeated unasked.

    Parameters
    ----------
    led : Led
        What the leader works with.
    told : callable
        Called after each run.
    """

    led: Led
    told: RunEnded
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _pause: float = 0.0
    _closed: float = 0.0

    def start(self) -> None:
        """Begin to look at the queue."""
        self._thread = threading.Thread(target=self._work, name="runs", daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """End the child, if there is one, and hand its run back."""
        self._stopping.set()
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while not self._stopping.wait(max(QUEUE_SECONDS, self._pause)):
            try:
                self._look()
            except (StoreError, LeadershipLost) as error:
                log.warning("queue_not_seen", reason=str(error))
            except OSError as error:  # no memory or no process left for a child, for now
                log.error("child_not_started", reason=str(error))

    def _look(self) -> None:
        waiting = is_waiting(self.led.context.store)
        if not waiting and time.monotonic() - self._closed < CLOSE_SECONDS:
            return
        is_free = close_interrupted(self.led.context.store)
        self._closed = time.monotonic()
        if waiting and is_free:
            self._make()

    def _make(self) -> None:
        # Unique for ever: the fence is.
        instance = f"{self.led.instance}#{self.led.fence.number}/{next(self._numbers)}"
        child = subprocess.Popen(  # noqa: S603 -- our own module
            [sys.executable, "-P", "-m", "scheduler.child", instance, str(self.led.fence.number)],
            stdin=subprocess.DEVNULL,
            env=os.environ | {VARIABLE: str(os.getpid())},
            start_new_session=True,  # a Ctrl-C reaches the leader, which ends it in order
        )
        log.info("child_started", child=instance, pid=child.pid)
        while child.poll() is None:
            if self._stopping.wait(_WATCH_SECONDS):
                self._end(child, instance)
                return
        self._explain(child.returncode, instance)

    def _end(self, child: subprocess.Popen[bytes], instance: str) -> None:
        child.terminate()
        try:
            child.wait(CHILD_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("child_killed", child=instance)
            child.kill()
            child.wait()
        # Without the check of who leads: it changes only a run that this child has taken.
        hand_back(self.led.store, instance)

    def _explain(self, code: int, instance: str) -> None:
        run = end_claimed(self.led.context.store, instance)
        if run is not None:
            self._pause = 0.0
            observe_run(run)
            log.info("run_ended", run_id=run.run_id, kind=run.kind, status=run.status)
            self.told(run, code == MODEL_REFUSED)
        elif code != 0:
            self._pause = min(LONGEST_PAUSE, self._pause * 2 or 1.0)
            log.error("child_ended_badly", child=instance, code=code, pause=self._pause)
