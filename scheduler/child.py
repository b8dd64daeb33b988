"""``python -m scheduler.child``: makes the one run that has waited longest, and ends.

Started by the leader, which watches it. Its run is made in a thread, so that a signal is heard
whatever the run is busy with: the run is handed back at once, and the process ends.
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass, field
from typing import Final

from aura_engine.errors import AuraError, ModelError, StoreError
from aura_engine.logs import get_logger
from aura_engine.pipeline import PipelineContext, run_next
from aura_engine.store.claims import hand_back
from aura_engine.store.leadership import Fence
from scheduler.signals import StopSignal

log = get_logger(__name__)

FAILED: Final = 1
MODEL_REFUSED: Final = 3
"""Exit status where the language model was the reason."""
NICENESS: Final = 10
"""How far pages, bridge and incremental runs go first."""


@dataclass
class Child:
    """One run, and what becomes of it when this process has to end.

    Parameters
    ----------
    context : PipelineContext
        Databases and language model.
    instance : str
        The name under which the run is taken.
    fence : Fence
        Of the leader that started this process.
    """

    context: PipelineContext
    instance: str
    fence: Fence
    _stop: StopSignal = field(default_factory=StopSignal)
    _code: int = 0

    def work(self) -> int:
        """Make the run and return the exit status; on SIGTERM hand it back and exit."""
        self._stop.listen()
        threading.Thread(target=self._run, name="run", daemon=True).start()
        if self._stop.wait():
            self._leave()
        return self._code

    def _run(self) -> None:
        try:
            run_next(self.context.led_by(self.fence), instance=self.instance)
        except AuraError as error:
            # On the run's row already; the leader reads it there.
            log.warning("run_ended_badly", kind=type(error).__name__, reason=str(error))
            self._code = MODEL_REFUSED if isinstance(error, ModelError) else FAILED
        except Exception as error:  # a thread's own traceback would not be redacted
            log.error("child_failed", exc_info=error)
            self._code = FAILED
        finally:
            self._stop.wake()

    def _leave(self) -> None:
        """End now: the thread may be within a call that takes minutes."""
        try:
            hand_back(self.context.store, self.instance)
        except StoreError as error:
            log.warning("run_not_handed_back", reason=str(error))
            os._exit(FAILED)
        os._exit(0)


def main(arguments: list[str]) -> int:
    """Make a run for the leader that gave these arguments: a name and its fence."""
    from aura_cli.orphan import end_with_parent
    from aura_cli.scheduler import opened

    instance, fence = arguments
    end_with_parent()
    os.nice(NICENESS)
    try:
        with opened() as (_, context):
            return Child(context, instance, Fence(int(fence))).work()
    except AuraError as error:
        log.error("child_did_not_start", kind=type(error).__name__, reason=str(error))
    return FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
