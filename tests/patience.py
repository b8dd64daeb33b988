"""How long tests wait: until it is so, however slow the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

PATIENCE: Final = 900.0
"""Seconds after which what a test waits for hangs; no healthy machine comes near it."""
PATIENCE_ON_PAGES: Final = 300.0
"""For one thing on one page, which a demo that is being made is not."""
_LOOK_SECONDS: Final = 0.02

Found = TypeVar("Found")


def eventually(check: Callable[[], Found]) -> Found:
    """Return what `check` returns once it is true; fail when patience has run out."""
    deadline = time.monotonic() + PATIENCE
    while not (found := check()):
        assert time.monotonic() < deadline, f"not so within {PATIENCE:g} s: {check}"
        time.sleep(_LOOK_SECONDS)
    return found
