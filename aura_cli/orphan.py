"""Servers that the demo starts end with it, even if it is killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Final

VARIABLE: Final = "AURA_PARENT"
"""Holds the process id of the demo in the environment of its servers."""
POLL_SECONDS: Final = 0.5


def end_with_parent() -> None:
    """Watch the process that started this one, if it asked for that, and end when it is gone."""
    asked = os.environ.get(VARIABLE)
    if asked is None:
        return
    threading.Thread(target=_watch, args=(int(asked),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
