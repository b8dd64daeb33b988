"""Running a coroutine to its end, whatever else holds this thread."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def in_a_loop(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run in a thread of its own: a browser that another test holds has a loop in this one."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, coroutine).result()
